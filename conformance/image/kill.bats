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
  [ "$(find "$STORE" -name '.swimg-*' | wc -l)" -eq 1 ] || fail "its temporary place is gone"
  # While it writes, blobs without an image stay.
  capture "$SWIMG" rm app:1.0
  [ "$status" -eq 0 ]
  says "in use"
  kill -KILL $pid
  wait $pid || true
  kill $holder
  ok "$SWIMG" load sound
  [ -z "$(find "$STORE" -name '.swimg-*')" ]
}
