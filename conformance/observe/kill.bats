# SPDX-License-Identifier: Apache-2.0
# What kill and delete can do beyond one container and one process: crun's --regex, the shim's --all.
load ../lib/common
setup() { begin; require_cgroup2; }
teardown() { finish; }

# named ID...: started containers, each with a cgroup of its own.
named() {
  local id
  for id in "$@"; do
    put_at "$id"
    started "$id"
  done
}

@test "kill takes a real-time signal by its distance from the first" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has names of its own"
  started
  ok runtime kill c1 RTMIN+3
  eventually grep -qx signal=37 c1.out
  ok runtime kill c1 SIGRTMAX-1
  eventually grep -qx signal=63 c1.out
}

@test "kill --regex reaches all that the expression matches, and no others" {
  [ "$RUNTIME" != runc ] || skip "runc has no --regex"
  named c1 c2 other
  ok runtime kill --regex '^c[0-9]$' KILL
  becomes stopped c1
  becomes stopped c2
  [ "$(container_status other)" = running ]
}

@test "delete --regex --force leaves no more than it does not match" {
  [ "$RUNTIME" != runc ] || skip "runc has no --regex"
  named c1 c2 other
  ok runtime delete --regex --force '^c'
  [ "$(containers)" = other ]
}

@test "an expression that is none is refused, and one that matches nothing does nothing" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME takes any text"
  started
  refused runtime kill --regex 'c(' KILL
  says "regular expression"
  ok runtime kill --regex nobody KILL
  [ "$(container_status c1)" = running ]
}

@test "one container that can't be killed does not save the others" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME reports success"
  named c1 c2
  ok runtime kill c1 KILL
  becomes stopped c1
  capture runtime kill --regex '^c' KILL
  [ "$status" -eq 1 ]
  says "container c1: container not running"
  says "1 of 2 containers failed"
  becomes stopped c2
}

@test "kill --all reaches those that outlive init in a shared pid namespace" {
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  probe spawn 2
  launch run c1 --detach
  eventually grep -q ready c1.out
  kill -KILL "$(container_pid c1)"
  becomes stopped
  grep -qx "populated 1" "$GROUP/cgroup.events"
  ok runtime kill --all c1 KILL
  eventually no_process_left
}

# A process that has a child and ends, over and over, is never long where a list says that it is.
@test "kill --all reaches also those that are just being made" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  entry /bin/sh -c 'hop() { echo >>/hops; hop & }
    trap : TERM; for n in 1 2 3; do hop; done; echo ready; while :; do sleep 1000; done'
  edit '.root.readonly = false'
  launch run c1 --detach
  eventually grep -q ready c1.out
  hops() { wc -l <"$BUNDLE/rootfs/hops"; }
  hopping() { [ "$(hops)" -gt 20 ]; }
  eventually hopping
  ok runtime kill --all c1 TERM
  sleep 0.3
  local before
  before=$(hops)
  sleep 0.5
  [ "$(hops)" -eq "$before" ] || fail "they go on"
  [ "$(container_status c1)" = running ]
}

# Who is killed while they are frozen can't thaw them: those at rest are not frozen at all.
@test "kill --all freezes nobody who makes no processes" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  require strace
  started
  ok timeout 60 strace -qq -o trace -e trace=openat2,openat,write \
    "$SWRUN" --root "$STATE" kill --all c1 USR1
  eventually grep -qx signal=10 c1.out
  grep -q cgroup.procs trace
  unless grep -q cgroup.freeze trace
}

# They ignore the signal, and so go on making others until they are frozen; at the thaw it is killed.
@test "a kill --all that is killed while they are frozen leaves nobody frozen for good" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  require strace
  entry /bin/sh -c 'trap "" TERM; hop() { hop & }
    for n in 1 2 3 4; do hop; done; echo ready; while :; do sleep 1000; done'
  launch run c1 --detach
  eventually grep -q ready c1.out
  local words
  for words in 'exec c1 /probe identity' 'resume c1' 'kill c1 CONT' 'pause c1'; do
    capture timeout 60 strace -qq -o trace -P "$GROUP/cgroup.freeze" -P "$GROUP/cgroup.procs" \
      -e trace=read,write -e inject=read:delay_exit=20000 \
      -e inject=write:signal=KILL:when=2 "$SWRUN" --root "$STATE" kill --all c1 TERM
    grep -q 'killed by SIGKILL' trace || fail "not killed" "$(cat trace)"
    [ "$(cat "$GROUP/cgroup.freeze")" = 1 ]
    ok runtime $words
    [ "$words" = 'pause c1' ] || [ "$(cat "$GROUP/cgroup.freeze")" = 0 ]
  done
  [ "$(container_status c1)" = paused ]
  ok runtime resume c1
  [ "$(container_status c1)" = running ]
  ok runtime delete --force c1
}

@test "kill --all leaves a paused container paused, and wakes none that is not" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  started
  ok runtime kill --all c1 USR1
  eventually grep -qx signal=10 c1.out
  [ "$(cat "$GROUP/cgroup.freeze")" = 0 ]
  ok runtime pause c1
  ok runtime kill --all c1 USR2
  [ "$(container_status c1)" = paused ]
  ok runtime resume c1
  eventually grep -qx signal=12 c1.out
}

@test "delete waits until the last process has gone" {
  probe spawn 20
  launch run c1 --detach
  eventually grep -q ready c1.out
  ok runtime delete --force c1
  [ ! -d "$GROUP" ]
  [ -z "$(living_in_cgroup)" ]
}

@test "a container whose end waits for somebody else is stopped, and takes no signal" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME takes it for a running one"
  started
  "$SWRUN" --root "$STATE" exec c1 /probe sleep >/dev/null 2>&1 </dev/null 3>&- 4>&- &
  caller=$!
  eventually two_processes
  # Nobody reaps the process of exec, and the kernel does not end its pid namespace before that.
  kill -STOP "$caller"
  ok runtime kill c1 KILL
  eventually stopped
  capture runtime kill c1 TERM
  kill -CONT "$caller"
  [ "$status" -eq 1 ]
  says 'container not running'
  wait "$caller" || [ $? -eq 137 ]
}

@test "a container whose first thread has ended runs, and takes signals" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  probe headless
  launch run c1 --detach --pid-file c1.pid
  eventually first_thread_has_ended
  [ "$(container_status c1)" = running ]
  [ "$(container_pid c1)" = "$(<c1.pid)" ]
  refused runtime delete c1
  ok runtime pause c1
  ok runtime resume c1
  ok runtime kill c1 KILL
  becomes stopped
  ok runtime delete c1
}

@test "delete --force ends a container whose first thread has ended, with and without a cgroup" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  local manager
  for manager in "$MANAGER" disabled; do
    probe headless
    manager_options=(--cgroup-manager "$manager")
    [ "$manager" != disabled ] || edit 'del(.linux.resources)'
    launch run c1 --detach --pid-file c1.pid
    eventually first_thread_has_ended
    PATIENCE=5 ok runtime delete --force c1
    eventually is_silent
  done
}

# cgroup.kill passes over a process whose first thread ends.
@test "in a shared pid namespace none whose first thread has ended outlives kill or delete" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  local words
  for words in 'kill c1 KILL' 'kill --all c1 KILL' 'delete --force c1'; do
    edit '.linux.namespaces |= map(select(.type != "pid"))'
    probe headless 3
    launch run c1 --detach --pid-file c1.pid
    eventually first_thread_has_ended
    PATIENCE=5 ok runtime $words
    eventually is_silent
    eventually no_process_left
    ok runtime delete --force c1
  done
}

first_thread_has_ended() {
  grep -q beat c1.out && grep -q '^State:.Z' "/proc/$(<c1.pid)/status"
}

is_silent() {
  local before
  before=$(wc -l <c1.out)
  sleep 0.3
  [ "$(wc -l <c1.out)" -eq "$before" ]
}

# busy_with WORD...: another swrun, $verb, has the lock of c1 and waits for it.
busy_with() {
  "$SWRUN" --root "$STATE" "$@" >verb.out 2>verb.err </dev/null 3>&- 4>&- &
  verb=$!
}

# ends_by_force: c1 is gone within a few seconds, and the verb with it, which says what has happened.
ends_by_force() {
  PATIENCE=5 ok runtime delete --force c1
  unless wait "$verb"
  killed_before_program verb.err "${1-start}"
  eventually no_process_left
}

@test "delete --force waits for no start, nor run, that waits for a hook in the container" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  probe wait
  edit '.root.readonly = false | .hooks.startContainer = [{path: "/bin/sh", args:
    ["sh", "-c", "echo >/began; exec sleep 600"]}]'
  launch create c1
  busy_with start c1
  eventually [ -e "$BUNDLE/rootfs/began" ]
  ends_by_force
  rm "$BUNDLE/rootfs/began"
  busy_with run --detach --bundle "$BUNDLE" c1
  eventually [ -e "$BUNDLE/rootfs/began" ]
  ends_by_force run
}

@test "delete --force waits for no start whose init has been stopped" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  created
  kill -STOP "$(container_pid c1)"
  busy_with start c1
  sleep 0.3
  ends_by_force
}

killed_before_program() {
  [ "$(cat "$1")" = "swrun: ${2:-start}: init ended before its program ran: it was killed from outside" ] ||
    fail "other words" "$(cat "$1")"
}

# A start that comes to nothing is none, however little is left to tell of it.
@test "start and run fail where init is killed before its program runs" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  created
  kill -STOP "$(container_pid c1)"
  busy_with start c1
  sleep 0.3
  ok runtime kill c1 KILL
  unless wait "$verb"
  killed_before_program verb.err
  becomes stopped
  ok runtime delete c1
  edit '.root.readonly = false | .hooks.startContainer = [{path: "/bin/sh", args:
    ["sh", "-c", "echo >/began; exec sleep 600"]}]'
  launch create c1
  busy_with start c1
  eventually [ -e "$BUNDLE/rootfs/began" ]
  ok runtime kill c1 KILL
  unless wait "$verb"
  killed_before_program verb.err
  ok runtime delete c1
  rm "$BUNDLE/rootfs/began"
  busy_with run --detach --bundle "$BUNDLE" c1
  eventually [ -e "$BUNDLE/rootfs/began" ]
  ok runtime kill c1 KILL
  unless wait "$verb"
  killed_before_program verb.err run
  [ -z "$(containers)" ]
}

two_processes() { [ "$(runtime ps --format json c1 | jq length)" -eq 2 ]; }
stopped() { [ "$(container_status c1)" = stopped ]; }
