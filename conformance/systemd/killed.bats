# SPDX-License-Identifier: Apache-2.0
# Whoever is killed at whatever moment, and however many there are: nothing of them stays with systemd.
load systemd

survive() {
  probe wait
  "$PYTHON" -B "$CONFORMANCE/faults/kill_at_random.py" "$SWRUN" "$STATE" "$BUNDLE" "/$TAG" "$@" \
    3>&- 4>&-
}

@test "create is killed at random moments" { MANAGER=systemd survive create 25; }
@test "delete is killed at random moments" { MANAGER=systemd survive delete 15; }

# bats test_tags=long
@test "create is killed at 100 random moments" { MANAGER=systemd survive create 100; }
# bats test_tags=long
@test "run is killed at 100 random moments" { MANAGER=systemd survive run 100; }
# bats test_tags=long
@test "delete is killed at 100 random moments" { MANAGER=systemd survive delete 100; }

many() {
  local number
  probe wait
  for number in $(seq "$1"); do
    edit '.linux.cgroupsPath = $path' --arg path "$SLICE:$TAG:n$number"
    ok runtime create --bundle "$BUNDLE" "n$number"
  done
  [ "$(systemctl list-units --plain --no-legend "$TAG-*" 3>&- | wc -l)" -eq "$1" ]
  for number in $(seq "$1"); do ok bare delete --force "n$number"; done
  no_unit
  [ -z "$(systemctl list-jobs --no-legend 3>&-)" ]
  [ -z "$(find "$(cgroup2_root)/$SLICE" -mindepth 1 -type d)" ]
}

@test "30 containers at once leave no unit, cgroup or job" { many 30; }
# bats test_tags=long
@test "200 containers at once leave no unit, cgroup or job" { many 200; }
