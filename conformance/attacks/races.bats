# SPDX-License-Identifier: Apache-2.0
# Somebody who shares the root file system swaps a name for a link to the host while the container is
# being made. Each attack first has to succeed on a runtime that it is known to succeed on (Debian
# 12's runc 1.1.5), to show that it is one; then it has to fail on ours, in more rounds.
load ../lib/common
: "${RACER:=$REPOSITORY/.build/bin/racer}"
CONTROL=runc

setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  ROOT=$BUNDLE/rootfs HOST=$BATS_TEST_TMPDIR/host RACERS=()
  mkdir "$HOST"
}

teardown() {
  [ ${#RACERS[@]} -eq 0 ] || kill "${RACERS[@]}" 2>/dev/null || true
  finish
}

# race DIRECTORY NAME OTHER: exchanges two names until the case ends.
race() {
  "$RACER" "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- &
  RACERS+=($!)
}

# rounds NUMBER SEEN: runs the container so often, or until the attack is SEEN; sets $hit.
rounds() {
  local number=$1 seen=$2 round
  hit=''
  for ((round = 1; round <= number; round++)); do
    "${RUN[@]}" --bundle "$BUNDLE" "$TAG-$round" >round.out 2>round.err </dev/null 3>&- 4>&- || true
    "$seen" || continue
    hit=$round
    return
  done
}

# succeeds_on_control SEEN [WITHIN]: the attack, on a runtime that lets it through.
succeeds_on_control() {
  require "$CONTROL"
  mkdir -p control
  RUN=(in_cgroup2 ${2-} timeout -k 5 20 "$CONTROL" --root "$PWD/control" run)
  rounds 1000 "$1"
  [ -n "$hit" ] || fail "the attack never succeeds on $CONTROL, so it shows nothing"
  echo "# $CONTROL: in round $hit" >&3
}

# fails NUMBER SEEN [WITHIN]: on ours, in so many rounds.
fails() {
  RUN=(${3-} timeout -k 5 20 "$SWRUN" --root "$STATE" run)
  rounds "$1" "$2"
  [ -z "$hit" ] || fail "the attack succeeds in round $hit"
}

made_on_host() { [ -n "$(ls -A "$HOST")" ]; }
shows_secret() { grep -q secret round.out; }
# A file is no terminal: whoever takes it for one has opened what the name was swapped for.
takes_file_for_terminal() { grep -qs -e secret -e 'inappropriate ioctl' -e ENOTTY round.out round.err; }

# without_dev: /dev is the image's own directory.
without_dev() { edit '.mounts |= map(select(.destination | startswith("/dev") | not))'; }

# CVE-2024-45310, CVE-2021-30465, CVE-2019-18837
# bats test_tags=long
@test "no directory for a mount's target is made on the host" {
  mkdir "$ROOT/mnt/volume" source
  ln -s "$HOST" "$ROOT/mnt/link"
  edit '.mounts += [{"destination": "/mnt/volume/a/b/c", "type": "bind", "source": $from,
    "options": ["bind"]}]' --arg from "$PWD/source"
  entry /bin/true
  race "$ROOT/mnt" volume link
  succeeds_on_control made_on_host
  rm -rf "${HOST:?}"/* "$ROOT"/mnt/volume/*
  fails 300 made_on_host
}

# CVE-2024-45310, the file that a bind mount of a file needs
@test "no file for a mount's target is made on the host" {
  mkdir "$ROOT/mnt/volume" source
  touch source/file
  ln -s "$HOST" "$ROOT/mnt/link"
  edit '.mounts += [{"destination": "/mnt/volume/file", "type": "bind", "source": $from,
    "options": ["bind"]}]' --arg from "$PWD/source/file"
  entry /bin/sh -c 'rm -f /mnt/volume/file'
  race "$ROOT/mnt" volume link
  succeeds_on_control made_on_host
  rm -f "${HOST:?}"/* "$ROOT"/mnt/volume/*
  fails 300 made_on_host
}

# CVE-2025-31133: what masks a file is the image's /dev/null by name
# bats test_tags=long
@test "a masked file is not replaced by what /dev/null is swapped for" {
  without_dev
  echo masked >"$ROOT/mnt/masked"
  echo secret >"$ROOT/etc/target"
  mknod -m 666 "$ROOT/dev/null" c 1 3
  ln -s /etc/target "$ROOT/dev/link"
  edit '.linux.maskedPaths = ["/mnt/masked"]'
  entry /bin/cat /mnt/masked
  race "$ROOT/dev" null link
  succeeds_on_control shows_secret
  fails 300 shows_secret
}

# CVE-2025-52565: the terminal's end is bound to /dev/console by its name below /dev/pts
# bats test_tags=long
@test "the console is not what a name below /dev/pts is swapped for" {
  require script
  edit '.mounts |= map(select(.destination | IN("/dev", "/dev/shm", "/dev/mqueue") | not))
    | .process.terminal = true'
  echo secret >"$ROOT/etc/target"
  mkdir "$ROOT/dev/pts" "$ROOT/dev/evil"
  for number in $(seq 0 9); do ln -s /etc/target "$ROOT/dev/evil/$number"; done
  # What the console is, and not what is typed on it.
  entry /bin/sh -c 'if [ -f /dev/console ] && [ -s /dev/console ]; then cat /dev/console; fi'
  race "$ROOT/dev" pts evil
  printf '#!/bin/bash\nexec script -qec "$(printf "%%q " "$@")" /dev/null\n' >on-a-terminal
  chmod +x on-a-terminal
  succeeds_on_control takes_file_for_terminal "$PWD/on-a-terminal"
  fails 300 takes_file_for_terminal "$PWD/on-a-terminal"
}
