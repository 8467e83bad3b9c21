# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the cases of attacks have in common:
#
#   setup()    { begin_attack; }     a world as of begin, with a directory $HOST that nobody in the
#   teardown() { finish_attack; }    container may get at; finish, and the host is as it was before
#
# An attack that can't succeed shows nothing. Where Debian 12's runc 1.1.5 or crun 1.8.1 lets it through
# it is carried out on that first. All others have been seen to succeed on a swrun without its defences:
# openat2 without RESOLVE_* and with waiting opens, /proc by its name, no second start, processes that can
# be dumped and keep their descriptors, no look at the working directory, /proc, the propagation of / or
# whose hierarchy is mounted. Repeat that for each new case.
: "${RACER:=$REPOSITORY/.build/bin/racer}" "${ATTACKER:=$REPOSITORY/.build/bin/attacker}"

begin_attack() {
  begin
  ROOT=$BUNDLE/rootfs HOST=$BATS_TEST_TMPDIR/host RACERS=()
  mkdir "$HOST"
  # Not the mode of a directory is what has to keep the container out.
  chmod 777 "$HOST"
  echo secret >"$BATS_TEST_TMPDIR/secret"
  picture_of_host >"$BATS_TEST_TMPDIR/.host-before"
}

finish_attack() {
  [ ${#RACERS[@]} -eq 0 ] || kill "${RACERS[@]}" 2>/dev/null || true
  finish || return
  [ -f "$BATS_TEST_TMPDIR/.host-before" ] || return 0
  picture_of_host | diff "$BATS_TEST_TMPDIR/.host-before" - || fail "the host is not as it was"
}

# picture_of_host: what an escape would change: the program itself, /dev, what the host executes and
# is configured by, who is told of crashes, and the mounts.
picture_of_host() {
  local node
  sha256sum "$SWRUN"
  find /dev -xdev -printf '%p %y %m %U:%G %l\n' | sort
  for node in null zero full random urandom tty console; do
    [ ! -e "/dev/$node" ] || stat -c '%n %t:%T' "/dev/$node"
  done
  find / -maxdepth 1 -printf '%p %y %m %U:%G %l\n' | sort
  find /etc /usr/bin /usr/sbin /root/.ssh /root/.profile -xdev -maxdepth 2 -printf '%p %y %m %U:%G %i %s %C@ %l\n' \
    2>/dev/null | sort
  grep -s . /proc/sys/kernel/{core_pattern,modprobe,hostname,domainname,randomize_va_space,msgmax} ||
    true
  cut -d ' ' -f 4- /proc/self/mountinfo | grep -vF "$BATS_TEST_TMPDIR" | sort
}

made_on_host() { [ -n "$(ls -A "$HOST")" ]; }
untouched() { ! made_on_host || fail "made on the host: $(ls -A "$HOST")"; }

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

# succeeds_on CONTROL SEEN [WITHIN]: the attack, on a runtime that lets it through. In a user namespace
# it is the same one, and what it costs is saved.
succeeds_on() {
  local control=$1 seen=$2 within=${3-}
  [ -z "${IN_USER_NAMESPACE-}" ] || return 0
  require "$control"
  mkdir -p control
  cp "$BUNDLE/config.json" config-of-ours
  if RUNTIME=$control lacks_resources; then edit "del(.linux.resources)"; fi
  # shellcheck disable=SC2206
  RUN=(in_cgroup2 $within timeout -k 5 20 "$control" --root "$PWD/control" run)
  rounds "${ROUNDS:-1000}" "$seen"
  mv config-of-ours "$BUNDLE/config.json"
  [ -n "$hit" ] || fail "the attack never succeeds on $control, so it shows nothing"
  echo "# $control: in round $hit" >&3
}

# fails_on_ours NUMBER SEEN [WITHIN]: in so many rounds.
fails_on_ours() {
  own_rootfs
  # shellcheck disable=SC2206
  RUN=(${3-} timeout -k 5 20 "$SWRUN" --root "$STATE" run)
  rounds "$1" "$2"
  [ -z "$hit" ] || fail "the attack succeeds in round $hit"
}

# in_hosts_process_table: the container has no pid namespace of its own.
in_hosts_process_table() {
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  # In a user namespace a new procfs would take a process table of its own.
  [ -z "${IN_USER_NAMESPACE-}" ] || edit '.mounts |= map(if .destination == "/proc" then
    .type = "bind" | .source = "/proc" | .options = ["rbind"] else . end)'
}

# hostile WAY: c1 is one that carries that attack out, with all the rights that it may have.
hostile() {
  cp "$ATTACKER" "$ROOT/attacker"
  edit '.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_FOWNER"])'
  [ -n "${lacks_tracing-}" ] || edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
  # In a user namespace of its own these are no right over the host.
  [ -z "${IN_USER_NAMESPACE-}" ] || edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
  entry /attacker "$1"
  launch run c1 --detach
  eventually grep -q ready c1.out
}

# make_trap PATH: a program of the rootfs at PATH that has the kernel execute the runtime. What runs it is
# a script itself: that much the runtime looks at beforehand.
make_trap() {
  printf '#!/proc/self/exe\n' >"$1-2"
  printf '#!%s-2\n' "${1#"$BUNDLE/rootfs"}" >"$1"
  chmod 755 "$1" "$1-2"
}

# appeased: the attack is over, was one, and has gained nothing.
appeased() {
  touch "$ROOT/tmp/stop"
  becomes stopped
  unless grep -qvE '^(ready|tried [1-9].*)$' c1.out || fail "$(sort c1.out | uniq -c)"
  grep -q '^tried [1-9]' c1.out || fail "nothing was tried: $(cat c1.out)"
}

# without_dev: /dev is the image's own directory.
without_dev() { edit '.mounts |= map(select(.destination | startswith("/dev") | not))'; }

# bind_at DESTINATION: a directory with the file "here" is bound there.
bind_at() {
  mkdir -p "$BATS_TEST_TMPDIR/source"
  touch "$BATS_TEST_TMPDIR/source/here"
  edit '.mounts += [{"destination": $to, "type": "bind", "source": $from, "options": ["bind"]}]' \
    --arg to "$1" --arg from "$BATS_TEST_TMPDIR/source"
}

# on_a_terminal: a program that runs its words on a terminal, in the foreground whatever shell it is that
# script starts: the child of one that stays would be a job in the background, and be stopped.
on_a_terminal() {
  require script
  printf '#!/bin/bash\nexec script -qec "exec $(printf "%%q " "$@")" /dev/null\n' >on-a-terminal
  chmod +x on-a-terminal
}
