# SPDX-License-Identifier: Apache-2.0
# Many times over, and many at once: nothing stays.
load ../lib/common
setup() { begin; }
teardown() { finish; }

# What a leak would make grow: mounts, cgroups, this user's processes of the case, open files of ours.
inventory() {
  wc -l </proc/self/mountinfo
  find "$(cgroup2_root)" -xdev -type d -path "*$TAG/*" 2>/dev/null | wc -l
  find "$STATE" -mindepth 1 ! -path '*/.*' | wc -l
  living_in_cgroup | wc -l
  ls /proc/$$/fd | wc -l
  ls /dev/shm | wc -l
}

cycle() {
  local count=$1 round
  probe say done
  runtime run --bundle "$BUNDLE" c1 >/dev/null 3>&-
  before=$(inventory)
  for round in $(seq "$count"); do
    runtime create --bundle "$BUNDLE" --pid-file "$PWD/pid" c1 >out 2>err </dev/null 3>&- 4>&- ||
      fail "create $round: $(cat err)"
    runtime start c1 3>&- || fail "start $round"
    # A moment after the process has printed it is gone.
    until runtime delete c1 2>err 3>&-; do
      grep -qi 'is not in\|is running\|not stopped\|still' err || fail "delete $round: $(cat err)"
    done
  done
  after=$(inventory)
  [ "$before" = "$after" ] || fail "before: $before" "after: $after"
}

@test "50 cycles of create, start and delete leave nothing" { cycle 50; }

# bats test_tags=long
@test "1,000 cycles of create, start and delete leave nothing" { cycle 1000; }

at_once() {
  local count=$1 number running
  probe wait
  before=$(inventory)
  for number in $(seq "$count"); do
    cp "$BUNDLE/config.json" "$BUNDLE/base.json"
    mkdir "b$number"
    ln -s "$BUNDLE/rootfs" "b$number/rootfs"
    jq --arg root "$BUNDLE/rootfs" --arg cgroup "/$TAG/c$number" \
      '.root.path = $root | .linux.cgroupsPath = $cgroup' "$BUNDLE/config.json" \
      >"b$number/config.json"
  done
  for number in $(seq "$count"); do
    runtime run --detach --bundle "b$number" "c$number" >"o$number" 2>"e$number" </dev/null \
      3>&- 4>&- &
  done
  wait
  running=$(runtime list --format json 3>&- | jq 'map(select(.status == "running")) | length')
  [ "$running" -eq "$count" ] || fail "$running of $count run: $(cat e*)"
  for number in $(seq "$count"); do runtime delete --force "c$number" 3>&- & done
  wait
  [ -z "$(containers)" ]
  after=$(inventory)
  [ "$before" = "$after" ] || fail "before: $before" "after: $after"
}

@test "10 containers at once" { at_once 10; }

# bats test_tags=long
@test "100 containers at once" { at_once 100; }

@test "two creates of one id at the same moment: one wins, the other leaves it alone" {
  probe wait
  local round wins
  for round in 1 2 3 4 5; do
    for turn in 1 2 3 4; do
      (runtime create --bundle "$BUNDLE" c1 >/dev/null 2>&1 </dev/null 3>&- 4>&- && echo won >>wins) &
    done
    wait
    wins=$(wc -l <wins)
    [ "$wins" -eq "$round" ] || fail "$wins wins after round $round"
    [ "$(container_status c1)" = created ]
    runtime delete --force c1
  done
}
