# SPDX-License-Identifier: Apache-2.0
# Hooks that misbehave, and what becomes of hooks whose runtime is killed.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  NAP=300.$RANDOM$RANDOM
}
teardown() {
  pkill -KILL -f "sleep $NAP" || true
  finish
}

# hook MOMENT SCRIPT [MORE-JSON]
hook() {
  printf '#!/bin/sh\n%s\n' "$2" >"$BATS_TEST_TMPDIR/$1"
  chmod +x "$BATS_TEST_TMPDIR/$1"
  edit '.hooks[$moment] += [{"path": $path} + $more]' --arg moment "$1" \
    --arg path "$BATS_TEST_TMPDIR/$1" --argjson more "${3:-{\}}"
}

@test "a hook that prints a megabyte and fails gives one line of it" {
  hook createRuntime 'head -c 1000000 /dev/zero | tr "\0" x; exit 3'
  entry /bin/true
  refused runtime run --bundle "$BUNDLE" c1
  [ "${#err}" -lt 2000 ]
  says "exit status 3"
}

@test "a daemon that a hook leaves behind does not hold create up" {
  hook createRuntime "sleep $NAP &"
  entry /bin/true
  PATIENCE=10 ok runtime run --bundle "$BUNDLE" c1
}

@test "a daemon that prints without end does not hold create up" {
  hook createRuntime 'yes & yes & yes &'
  entry /bin/true
  PATIENCE=10 ok runtime run --bundle "$BUNDLE" c1
}

@test "a hook that prints without end is killed after its timeout" {
  hook createRuntime 'yes & yes & yes' '{"timeout": 1}'
  entry /bin/true
  PATIENCE=10 refused runtime run --bundle "$BUNDLE" c1
  says "timeout of 1 s"
}

# killed_in MOMENT: the creator is killed while a hook of the moment runs; nothing goes on.
killed_in() {
  hook "$1" "touch $BATS_TEST_TMPDIR/begun; exec sleep $NAP"
  probe wait
  "$SWRUN" --root "$STATE" create --bundle "$BUNDLE" c1 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
  creator=$!
  eventually test -e begun
  kill -KILL "$creator"
  wait "$creator" || true
  ok runtime delete --force c1
  eventually eval '! pgrep -f "sleep $NAP"'
}

@test "a createRuntime hook goes with its killed creator" { killed_in createRuntime; }
@test "a createContainer hook goes with the killed creator" { killed_in createContainer; }

@test "a createContainer hook on the host's process table goes with the killed creator" {
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  killed_in createContainer
}

@test "a createContainer hook goes with a creator that has not recorded init" {
  require strace
  hook createContainer "exec sleep $NAP"
  probe wait
  capture timeout 20 strace -o /dev/null -e trace=renameat -e inject=renameat:signal=KILL:when=2 \
    "$SWRUN" --root "$STATE" create --bundle "$BUNDLE" c1
  [ "$(jq .pid "$STATE/c1/state.json")" = null ]
  ok runtime delete --force c1
  unless pgrep -f "sleep $NAP"
}

@test "poststop hooks run when create is interrupted after its hooks" {
  hook createContainer "touch $BATS_TEST_TMPDIR/begun; exec sleep $NAP"
  hook createRuntime true
  hook poststop "touch $BATS_TEST_TMPDIR/undone"
  probe wait
  "$SWRUN" --root "$STATE" create --bundle "$BUNDLE" c1 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
  creator=$!
  eventually test -e begun
  ok runtime delete --force c1
  wait "$creator" && fail "create should have failed"
  [ -e undone ]
}

@test "each poststop hook that fails is a warning with its place in the list" {
  hook poststop 'exit 3'
  edit '.hooks.poststop += .hooks.poststop'
  entry /bin/true
  ok runtime run --bundle "$BUNDLE" c1
  says "poststop hook #0"
  says "poststop hook #1"
}

@test "poststop hooks run when the pid file cannot be written" {
  hook createRuntime true
  hook poststop "touch $BATS_TEST_TMPDIR/undone"
  probe wait
  refused runtime create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/no/such" c1
  [ -e undone ]
}

# interrupted_in MOMENT SIGNAL: run is told to end while a hook of the moment hangs.
interrupted_in() {
  rm -f begun
  hook "$1" "touch $BATS_TEST_TMPDIR/begun; exec sleep $NAP"
  probe wait
  "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 >/dev/null 2>err </dev/null 3>&- 4>&- &
  runner=$!
  eventually test -e begun
  kill "-$2" "$runner"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 1 ] || fail "status $status"
  grep -q 'EINTR' err
  eventually eval '! pgrep -f "sleep $NAP"'
  [ -z "$(containers)" ]
}

# Symptom: nothing but SIGKILL ended a run whose hook hung.
@test "SIGTERM ends a run whose createRuntime hook hangs, and nothing is left" {
  interrupted_in createRuntime TERM
}

@test "SIGHUP ends a run whose createContainer hook hangs, and nothing is left" {
  interrupted_in createContainer HUP
}

@test "SIGHUP ends a run whose poststart hook hangs, and nothing is left" {
  interrupted_in poststart HUP
}
