# SPDX-License-Identifier: Apache-2.0
# Two commands about one container at the same moment.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
}
teardown() {
  touch "$BATS_TEST_TMPDIR/stop"
  finish
}

# both OUT CMD...: the command twice at once; their statuses, sorted, in $statuses, and their
# messages in OUT.1 and OUT.2.
both() {
  local out=$1 first=0 second=0
  shift
  "$@" >/dev/null 2>"$out.1" </dev/null 3>&- 4>&- &
  "$@" >/dev/null 2>"$out.2" </dev/null 3>&- 4>&- || second=$?
  wait $! || first=$?
  statuses=$(printf '%s\n' "$first" "$second" | sort -n | tr '\n' ' ')
}

@test "of two creates of one id one succeeds and the other says that it exists" {
  probe wait
  for round in $(seq 10); do
    both log runtime create --bundle "$BUNDLE" c1
    [ "$statuses" = "0 1 " ]
    grep -hq 'already exists' log.1 log.2
    [ "$(container_status c1)" = created ]
    ok runtime delete --force c1
  done
}

@test "of two starts one succeeds and the other says that it is running" {
  for round in $(seq 5); do
    created
    both log runtime start c1
    [ "$statuses" = "0 1 " ]
    grep -hq 'cannot start container c1: it is running' log.1 log.2
    ok runtime delete --force c1
  done
}

@test "two forced deletes both succeed, and of two others one does not find it" {
  for round in $(seq 5); do
    created
    both log runtime delete --force c1
    [ "$statuses" = "0 0 " ]
    created
    both log runtime delete c1
    [ "$statuses" = "0 1 " ]
    grep -hq 'container does not exist' log.1 log.2
  done
}

@test "state and list during create and delete say something that is true" {
  probe wait
  (while [ ! -e stop ]; do
    runtime create --bundle "$BUNDLE" c1 >/dev/null 2>&1 </dev/null
    runtime delete --force c1
  done) 3>&- 4>&- &
  for round in $(seq 100); do
    capture runtime state c1
    case $status:$err in
      0:) [[ "$(jq -r .status <<<"$output")" =~ ^(creating|created|stopped)$ ]] ;;
      1:*"container does not exist") ;;
      *) fail "state: $status" || break ;;
    esac
    ok runtime list
    [ -z "$err" ]
  done
  touch stop
  wait $!
}

@test "create while delete is at work fails with what to do, or succeeds" {
  probe wait
  for round in $(seq 20); do
    created
    runtime delete --force c1 3>&- 4>&- &
    capture runtime create --bundle "$BUNDLE" c1
    wait $!
    case $status:$err in
      0:) ;;
      1:*"already exists"*) ;;
      1:*"at work on container c1: try again") ;;
      *) fail "create: $status" || return ;;
    esac
    ok runtime delete --force c1
  done
}

@test "run leaves alone a container that has got its id meanwhile" {
  require strace
  entry /bin/sleep 300
  # The foreground run sees the end of its container late: by then the id is another one's.
  strace -o /dev/null -e trace=wait4 -e inject=wait4:delay_exit=1000000:when=2+ \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 >/dev/null 2>&1 </dev/null 3>&- 4>&- &
  becomes running
  ok runtime delete --force c1
  created
  wait $! || true
  [ "$(container_status c1)" = created ]
}

@test "why init failed is told although it ended before it had read everything" {
  require strace
  entry /bin/true
  edit '.mounts += [{"destination": "/mnt", "type": "bind", "source": "/not/there", "options": ["bind"]}]'
  capture strace -o /dev/null -e trace=recvmsg -e inject=recvmsg:delay_enter=200000 \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ "$status" -eq 1 ]
  says "/not/there: open: no such file or directory (ENOENT)"
}

@test "the first commands on a new state directory don't stand in each other's way" {
  require strace
  # Each of them finds nothing there before any has made anything.
  for name in first second third; do
    timeout 30 strace -o "$name.trace" -e trace=mkdir -e inject=mkdir:delay_enter=200000 \
      "$SWRUN" --root "$STATE/new/a/b" list >/dev/null 2>"$name.err" </dev/null 3>&- 4>&- &
    declare "$name=$!"
  done
  wait "$first" || fail "$(cat first.err)"
  wait "$second" || fail "$(cat second.err)"
  wait "$third" || fail "$(cat third.err)"
  ok "$SWRUN" --root "$STATE/new/with/slash/" list
  rm -r "$STATE/new"
}

@test "an interruption that comes with a failure does not save init" {
  require strace
  probe wait
  edit 'del(.linux.resources)'
  capture timeout 30 strace -o trace -P "$PWD/no" -e inject=openat,openat2:signal=SIGTERM \
    "$SWRUN" --root "$STATE" --cgroup-manager disabled create --bundle "$BUNDLE" \
    --pid-file "$PWD/no/such" c1
  [ "$status" -eq 1 ]
  grep -q SIGTERM trace
  # That no process of it is left is what finish looks for.
  [ ! -e "$STATE/c1" ]
}
