# SPDX-License-Identifier: Apache-2.0
# runtime.md#kill; how the shim, conmon and CRI-O call it.
load ../lib/common
setup() { begin; }
teardown() { finish; }

sends() {
  started
  ok runtime kill c1 "$1"
  eventually grep -qx "signal=$2" c1.out
}

@test "kill takes a number" { sends 10 10; }
@test "kill takes a name" { sends USR2 12; }
@test "kill takes a name with SIG" { sends SIGHUP 1; }
@test "kill takes a name in lower case" { sends usr1 10; }
@test "kill takes IO, the other name of POLL" { sends IO 29; }
@test "kill takes a real-time signal" { sends 40 40; }

@test "kill without a signal sends SIGTERM" {
  started
  ok runtime kill c1
  eventually grep -qx signal=15 c1.out
  becomes stopped
}

@test "kill reaches a created container" {
  created
  ok runtime kill c1 KILL
  becomes stopped
}

@test "kill of a stopped container fails with the words that callers know" {
  started
  ok runtime kill c1 KILL
  becomes stopped
  refused runtime kill c1 KILL
  says "container not running"
}

@test "kill of an unknown container fails with the words that callers know" {
  refused runtime kill nobody KILL
  says "does not exist"
}

@test "an unknown signal is refused by name" {
  started
  refused runtime kill c1 NONSENSE
  says nonsense
  [ "$(container_status c1)" = running ]
}

@test "an absurd signal number is refused" {
  started
  refused runtime kill c1 4096
  refused runtime kill c1 -- -1
  [ "$(container_status c1)" = running ]
}

# containerd: kill --all after init has gone must work where the pid namespace is shared
@test "kill --all ends every process of a container without a pid namespace" {
  require_cgroup2
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  probe spawn 3
  launch run c1 --detach
  eventually grep -q ready c1.out
  pid=$(container_pid c1)
  children=$(pgrep -P "$pid")
  [ "$(wc -w <<<"$children")" -eq 3 ]
  ok runtime kill --all c1 KILL
  for child in $children $pid; do
    eventually eval '! kill -0 '"$child"' 2>/dev/null || grep -q "^State:.*[ZX]" /proc/'"$child"'/status'
  done
  becomes stopped
}

@test "delete --force ends children that outlive init without a pid namespace" {
  require_cgroup2
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  probe spawn 2
  launch run c1 --detach
  eventually grep -q ready c1.out
  children=$(pgrep -P "$(container_pid c1)")
  kill -KILL "$(container_pid c1)"
  becomes stopped
  ok runtime delete --force c1
  for child in $children; do
    eventually eval '! kill -0 '"$child"' 2>/dev/null || grep -q "^State:.*[ZX]" /proc/'"$child"'/status'
  done
}

# heir: c1 has ended, and c2 has its cgroup.
heir() {
  require_cgroup2
  started
  kill -KILL "$(container_pid c1)"
  becomes stopped
  started c2
}

@test "delete of a container that has ended spares the one that has its cgroup now" {
  heir
  ok runtime delete c1
  [ "$(container_status c2)" = running ]
}

@test "neither kill nor delete of a shared pid namespace reaches the one that has its cgroup now" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME ends whoever is in the cgroup"
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  heir
  capture runtime kill c1 KILL
  ok runtime kill --all c1 TERM
  [ "$(container_status c2)" = running ]
  ok runtime delete --force c1
  [ "$(container_status c2)" = running ]
}

# The verbs that could end somebody else's processes for those of c1, which has ended.
end_c1() {
  capture runtime kill c1 KILL
  ok runtime kill --all c1 TERM
  ok runtime kill --all c1 KILL
  ok runtime delete --force c1
}

# ended_with_heir PATH: c1 has ended, and c2 has a cgroup at PATH.
ended_with_heir() {
  require_cgroup2
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME ends whoever is in the cgroup, or fails"
  started
  kill -KILL "$(container_pid c1)"
  becomes stopped
  edit '.linux.cgroupsPath = $path' --arg path "$1"
  [ -n "${elsewhere-}" ] || started c2
}

@test "what has ended spares one whose cgroup is below its own" {
  local without
  for without in none pid; do
    edit '.linux.namespaces |= map(select(.type != $kind))' --arg kind "$without"
    ended_with_heir "$CGROUPS_PATH/deeper"
    end_c1
    [ "$(container_status c2)" = running ]
    ok runtime delete --force c2
    rmdir "$GROUP"
    edit '.linux.cgroupsPath = $path' --arg path "$CGROUPS_PATH"
  done
}

# Containers of other root directories are not to be seen.
@test "what has ended spares one of another root directory that has its cgroup now" {
  local without own=$STATE
  for without in none pid; do
    edit '.linux.namespaces |= map(select(.type != $kind))' --arg kind "$without"
    elsewhere=yes ended_with_heir "$CGROUPS_PATH"
    # As whoever tidies up does it: in a shared pid namespace it is the directory that tells.
    [ "$without" = none ] || rmdir "$GROUP"
    STATE=$BATS_TEST_TMPDIR/other-state
    mkdir -p "$STATE"
    started c2
    STATE=$own && end_c1
    STATE=$BATS_TEST_TMPDIR/other-state
    [ "$(container_status c2)" = running ]
    ok runtime delete --force c2
    STATE=$own
  done
}

@test "what has ended spares one that is just being made in its cgroup" {
  require strace
  local without
  for without in none pid; do
    edit '.linux.namespaces |= map(select(.type != $kind))' --arg kind "$without"
    elsewhere=yes ended_with_heir "$CGROUPS_PATH"
    probe wait
    strace -qq -o trace -e trace=clone3 -e inject=clone3:delay_exit=2500000 "$SWRUN" \
      --root "$STATE" create --bundle "$BUNDLE" c2 >c2.out 2>c2.err </dev/null 3>&- 4>&- &
    eventually grep -qs "populated 1" "$GROUP/cgroup.events"
    end_c1
    wait $! || fail "not made" "$(cat c2.err)"
    [ "$(container_status c2)" = created ]
    ok runtime delete --force c2
  done
}

@test "delete leaves a cgroup to processes that are not the container's, and says so" {
  ended_with_heir "$CGROUPS_PATH"
  ok runtime delete --force c2
  mkdir -p "$GROUP"
  sleep 600 3>&- 4>&- &
  local stranger=$!
  echo "$stranger" >"$GROUP/cgroup.procs"
  ok runtime delete c1
  says "process $stranger is in it"
  kill "$stranger"
  wait "$stranger" || [ $? -eq 143 ]
  eventually rmdir "$GROUP"
}

@test "kill --all takes its option before and after the id" {
  started
  ok runtime kill --all c1 USR1
  eventually grep -qx signal=10 c1.out
  ok runtime kill c1 -a USR2
  eventually grep -qx signal=12 c1.out
}
