# SPDX-License-Identifier: Apache-2.0
# cgroup-v2.rst, "cgroup.freeze"; runc's words, which callers match.
load ../lib/common
setup() { begin; require_cgroup2; }
teardown() { finish; }

frozen() { grep -qx "frozen $1" "$GROUP/cgroup.events"; }

@test "pause is done when it returns, resume too, and state shows it" {
  started
  ok runtime pause c1
  frozen 1
  [ "$(container_status c1)" = paused ]
  ok runtime resume c1
  frozen 0
  [ "$(container_status c1)" = running ]
}

@test "a paused process does nothing until it is resumed" {
  started
  ok runtime pause c1
  ok runtime kill c1 USR1
  sleep 0.2
  unless grep -q signal=10 c1.out
  ok runtime resume c1
  eventually grep -qx signal=10 c1.out
}

@test "list shows a paused container as paused" {
  started
  ok runtime pause c1
  ok runtime list --format json
  [ "$(jq -r '.[] | select(.id == "c1") | .status' <<<"$output")" = paused ]
}

@test "pause of a paused container is refused with the words that callers know" {
  started
  ok runtime pause c1
  refused runtime pause c1
  says "container not running"
  [ "$(container_status c1)" = paused ]
}

@test "resume of a running container is refused with the words that callers know" {
  started
  refused runtime resume c1
  says "container not paused"
}

@test "pause and resume of a stopped container are refused" {
  started
  ok runtime kill c1 KILL
  becomes stopped
  refused runtime pause c1
  says "container not running"
  refused runtime resume c1
  says "container not paused"
}

@test "pause and resume of nobody are refused" {
  refused runtime pause nobody
  says "does not exist"
  refused runtime resume nobody
  says "does not exist"
}

@test "a created container can be paused, and starts after it is resumed" {
  created
  ok runtime pause c1
  [ "$(container_status c1)" = paused ]
  refused runtime start c1
  says paused
  ok runtime resume c1
  [ "$(container_status c1)" = created ]
  ok runtime start c1
  eventually grep -q ready c1.out
}

@test "every process is paused, those of cgroups below too" {
  probe spawn 3
  launch run c1 --detach
  eventually grep -q ready c1.out
  mkdir "$GROUP/below"
  child=$(pgrep -P "$(container_pid c1)" | head -1)
  echo "$child" >"$GROUP/below/cgroup.procs"
  ok runtime pause c1
  grep -qx "frozen 1" "$GROUP/below/cgroup.events"
  ok runtime resume c1
}

@test "SIGKILL ends a paused container" {
  started
  ok runtime pause c1
  ok runtime kill c1 KILL
  becomes stopped
  ok runtime delete c1
}

@test "SIGKILL ends every process of a paused container without a pid namespace" {
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  probe spawn 2
  launch run c1 --detach
  eventually grep -q ready c1.out
  ok runtime pause c1
  ok runtime kill c1 KILL
  becomes stopped
  eventually no_process_left
}

@test "delete of a paused container needs --force, which ends it" {
  started
  ok runtime pause c1
  refused runtime delete c1
  says "that is not stopped: paused"
  [ "$(container_status c1)" = paused ]
  ok runtime delete --force c1
  [ ! -d "$GROUP" ]
}

@test "pause and resume wait for events and never sleep" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME sleeps between looks"
  require strace
  started
  for verb in pause resume; do
    ok timeout 60 strace -f -e trace=nanosleep,clock_nanosleep -o "$verb.trace" \
      "$SWRUN" --root "$STATE" "$verb" c1
    unless grep -q sleep "$verb.trace"
  done
}

@test "pause and resume wait for who is at work on the container" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  started
  for verb in pause resume; do
    flock "$STATE/c1" sleep 2 3>&- 4>&- &
    sleep 0.5
    before=$(date +%s%N)
    ok runtime $verb c1
    [ $((($(date +%s%N) - before) / 1000000)) -gt 1000 ] || fail "$verb did not wait"
  done
}

# in_stuck_container COMMAND...: does it while c1 has a process that waits for a file of ours, and so
# can't be frozen: $stuck.
in_stuck_container() {
  [ -c /dev/fuse ] || modprobe fuse 2>/dev/null || skip "missing: /dev/fuse"
  mkdir stuck
  "$PYTHON" "$CONFORMANCE/observe/stuck-files.py" stuck >stuck.log 2>&1 3>&- &
  local daemon=$! verdict=0
  eventually grep -q ready stuck.log
  edit '.mounts += [{"destination": "/mnt", "source": $dir, "options": ["bind"]}]' \
    --arg dir "$PWD/stuck"
  entry /bin/sh -c 'echo ready; cat /mnt/file & wait'
  launch run c1 --detach
  eventually grep -q 'lookup file' stuck.log
  stuck=$(pgrep -P "$(container_pid c1)" cat)
  "$@" || verdict=1
  kill "$daemon"
  wait "$daemon" || true
  umount stuck || true
  return $verdict
}

goes_on() { [ "$(cat "$GROUP/cgroup.freeze")" = 0 ] && [ "$(container_status c1)" = running ]; }

# moby#48205: a pause that hangs, and nobody says at what
@test "a process that cannot be frozen is named, all go on, and a pause cut short can be resumed" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME does not say who it is"
  named() {
    refused runtime pause c1 && says "can't be frozen: process $stuck (cat) waits" && goes_on ||
      return 1
    # What is left when pause is killed between its write and the kernel's answer.
    echo 1 >"$GROUP/cgroup.freeze"
    [ "$(container_status c1)" = running ] && ok runtime resume c1 && goes_on
  }
  in_stuck_container named
}

@test "all go on also when those that can't be frozen can't be looked at" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  require strace
  unseen() {
    refused timeout 60 strace -qq -o trace -P "$stuck/wchan" -e trace=openat2 \
      -e inject=openat2:error=EMFILE "$SWRUN" --root "$STATE" pause c1
    says EMFILE && grep -q INJECTED trace && goes_on
  }
  in_stuck_container unseen
}

@test "kill --all reaches a container that can't be frozen" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  reached() {
    ok runtime kill --all c1 TERM && grep -q '^SigPnd:.*4000$' "/proc/$stuck/status" ||
      grep -q '^ShdPnd:.*4000$' "/proc/$stuck/status" && goes_on
  }
  in_stuck_container reached
}
