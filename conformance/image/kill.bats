#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# SIGKILL at random points: what is under a name is whole, and the next run clears the rest away.

load image

setup() {
  begin_image
  require timeout
}

# kill_randomly LONGEST CMD...: runs it and kills it after at most that many milliseconds.
kill_randomly() {
  local longest=$1
  shift
  local after
  after=$(printf '0.%03d' $((RANDOM % longest)))
  timeout --signal=KILL "$after" "$@" >/dev/null 2>&1 3>&- || true
}

# sound_store: every blob has its digest, every name an image that unpacks.
sound_store() {
  [ -d "$STORE/blobs/sha256" ] || return 0
  local blob name
  for blob in "$STORE"/blobs/sha256/*; do
    [ -e "$blob" ] || continue
    [ "$(sha256sum <"$blob" | cut -d' ' -f1)" = "${blob##*/}" ] || fail "broken blob $blob"
  done
  for name in $("$SWIMG" list --quiet); do
    rm -rf check
    "$SWIMG" unpack --quiet "$name" check || fail "a named image is not whole: $name"
  done
}

# Who was killed holds what it has locked until it is really gone, which may be a moment later.
store_is_cleared() {
  "$SWIMG" load --quiet sound && [ -z "$(find "$STORE" -name '.swimg-*')" ]
}

bundles_are_cleared() {
  rm -rf bundle
  "$SWIMG" unpack --quiet app:1.0 bundle && [ -z "$(find . -maxdepth 1 -name '.*.swimg-*')" ]
}

killed_loads() {
  local round
  image sound
  for round in $(seq "$1"); do
    kill_randomly 90 "$SWIMG" load --name "app:$((round % 3))" sound
    [ $((round % 5)) -ne 0 ] || sound_store
    [ $((round % 7)) -ne 0 ] || kill_randomly 20 "$SWIMG" rm "app:$((round % 3))"
  done
  eventually store_is_cleared
  sound_store
  for name in $("$SWIMG" list --quiet); do ok "$SWIMG" rm "$name"; done
  clean_store
}

killed_unpacks() {
  local round
  loaded sound
  for round in $(seq "$1"); do
    kill_randomly 60 "$SWIMG" unpack app:1.0 bundle
    if [ -e bundle ]; then
      jq -e .process bundle/config.json >/dev/null || fail "half a bundle under its name"
      [ "$(cat bundle/rootfs/new)" = n ] && [ ! -e bundle/rootfs/gone ]
      rm -rf bundle
    fi
  done
  eventually bundles_are_cleared
  untouched
}

# killed_beside_another ROUNDS: loads, removals, tags and prunes are killed while another process loads
# and removes: verify never finds anything wrong, and what the other one made is whole.
killed_beside_another() {
  local round
  image sound
  image user
  (
    while [ ! -e stop ]; do
      "$SWIMG" load -q --name other:1 user && "$SWIMG" verify -q other:1 && "$SWIMG" rm -q other:1 ||
        { echo "round failed" >>other.failed; break; }
    done
  ) >/dev/null 2>other.err 3>&- &
  local other=$!
  for round in $(seq "$1"); do
    kill_randomly 120 "$SWIMG" load --name "app:$((round % 3))" sound
    [ $((round % 3)) -ne 0 ] || kill_randomly 30 "$SWIMG" rm "app:$((round % 2))"
    [ $((round % 4)) -ne 0 ] || kill_randomly 30 "$SWIMG" tag app:1 "new:$round"
    [ $((round % 5)) -ne 0 ] || kill_randomly 30 "$SWIMG" prune
    if [ $((round % 6)) -eq 0 ] && [ -e "$STORE/index.json" ]; then ok "$SWIMG" verify; fi
  done
  touch stop
  wait $other || true
  [ ! -e other.failed ] || fail "the other process: $(cat other.err)"
  ok "$SWIMG" load --quiet sound
  ok "$SWIMG" verify
  ok "$SWIMG" prune --all --quiet
  clean_store
}

@test "work killed 24 times beside another process leaves nothing wrong" { killed_beside_another 24; }

# bats test_tags=long
@test "work killed 200 times beside another process leaves nothing wrong" { killed_beside_another 200; }

@test "loads and removals killed 30 times leave a sound store" { killed_loads 30; }
@test "unpacks killed 30 times leave nothing under the bundle's name" { killed_unpacks 30; }

# bats test_tags=long
@test "loads and removals killed 500 times leave a sound store" { killed_loads 500; }

# bats test_tags=long
@test "unpacks killed 500 times leave nothing under the bundle's name" { killed_unpacks 500; }

@test "the leftovers of a living writer stay" {
  image sound
  mkfifo pipe
  sleep 30 >pipe 3>&- &
  holder=$!
  "$SWIMG" load --name slow:1 - <pipe 2>/dev/null 3>&- &
  pid=$!
  eventually sh -c 'ls -A "$SWIMG_STORE" 2>/dev/null | grep -q "^\.swimg-"'
  ok "$SWIMG" load sound
  [ "$(find "$STORE" -maxdepth 1 -name '.swimg-*' | wc -l)" -eq 2 ] || fail "its places are gone"
  # What it writes keeps nobody from removing something else.
  ok "$SWIMG" rm app:1.0
  [[ "$output" == *"freed "*" in 4 blobs"* ]]
  kill -KILL $pid
  wait $pid || true
  kill $holder
  ok "$SWIMG" load sound
  [ -z "$(find "$STORE" -name '.swimg-*')" ]
}
