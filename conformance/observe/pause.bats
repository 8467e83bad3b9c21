# SPDX-License-Identifier: Apache-2.0
# cgroup-v2.rst, "cgroup.freeze"; runc's words, which callers match.
load ../lib/common
setup() { begin; require_cgroup2; }
teardown() { finish; }

group() { echo "$(cgroup2_root)/$TAG/c1"; }
frozen() { grep -qx "frozen $1" "$(group)/cgroup.events"; }

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
  mkdir "$(group)/below"
  child=$(pgrep -P "$(container_pid c1)" | head -1)
  echo "$child" >"$(group)/below/cgroup.procs"
  ok runtime pause c1
  grep -qx "frozen 1" "$(group)/below/cgroup.events"
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
  eventually grep -qx "populated 0" "$(group)/cgroup.events"
}

@test "delete of a paused container needs --force, which ends it" {
  started
  ok runtime pause c1
  refused runtime delete c1
  says "that is not stopped: paused"
  [ "$(container_status c1)" = paused ]
  ok runtime delete --force c1
  [ ! -d "$(group)" ]
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

# moby#48205: a pause that hangs, and nobody says at what
@test "a process that cannot be frozen is named, all go on, and a pause cut short can be resumed" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME does not say who it is"
  [ -c /dev/fuse ] || modprobe fuse 2>/dev/null || skip "missing: /dev/fuse"
  mkdir stuck
  "$PYTHON" "$CONFORMANCE/observe/stuck-files.py" stuck >stuck.log 2>&1 3>&- &
  daemon=$!
  eventually grep -q ready stuck.log
  edit '.mounts += [{"destination": "/mnt", "source": $dir, "options": ["bind"]}]' \
    --arg dir "$PWD/stuck"
  entry /bin/sh -c 'echo ready; cat /mnt/file & wait'
  launch run c1 --detach
  eventually grep -q 'lookup file' stuck.log
  verdict=good
  {
    refused runtime pause c1 &&
      says "can't be frozen: process $(pgrep -P "$(container_pid c1)" cat) (cat) waits" &&
      [ "$(cat "$(group)/cgroup.freeze")" = 0 ] && [ "$(container_status c1)" = running ]
  } || verdict=bad
  # What is left when pause is killed between its write and the kernel's answer.
  echo 1 >"$(group)/cgroup.freeze"
  {
    [ "$(container_status c1)" = running ] && ok runtime resume c1 &&
      [ "$(cat "$(group)/cgroup.freeze")" = 0 ]
  } || verdict=bad
  kill "$daemon"
  wait "$daemon" || true
  umount stuck || true
  [ $verdict = good ]
}
