# SPDX-License-Identifier: Apache-2.0
# exec as conmon and containerd's shim call it: detached, with files and descriptors.
load ../lib/common
load exec
setup() { begin; }
teardown() { finish; }

@test "detached, the pid file has digits only and nothing of the runtime stays" {
  started
  ok runtime exec --detach --pid-file "$PWD/pid" c1 /probe sleep
  [[ "$(cat pid)" =~ ^[0-9]+$ ]]
  [ "$(wc -c <pid)" -eq "$(printf %s "$(cat pid)" | wc -c)" ]
  [ "$(readlink "/proc/$(cat pid)/ns/pid")" = "$(readlink "/proc/$(container_pid c1)/ns/pid")" ]
  unless grep -lsaF -f <(printf '%s' "$STATE") /proc/[0-9]*/cmdline
}

# conmon reaps the pid itself
@test "the process is the child of whoever called, once the runtime has gone" {
  started
  cat >reaper.py <<'PY'
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run(sys.argv[1:], check=True, stdin=subprocess.DEVNULL)
pid, status = os.wait()
print(f"pid={pid}\nstatus={os.waitstatus_to_exitcode(status)}")
try:
    os.wait()
except ChildProcessError:
    print("children=none")
PY
  ok timeout 20 "$PYTHON" reaper.py "$SWRUN" --root "$STATE" exec --detach --pid-file "$PWD/pid" \
    c1 /probe exit 9
  expect pid "$(cat pid)"
  expect status 9
  expect children none
}

@test "a failure leaves no pid file and no process" {
  started
  not_executed --detach --pid-file "$PWD/pid" c1 nosuch
  [ ! -e pid ]
  not_executed --detach --pid-file /no/such/place c1 /probe sleep
  ok runtime exec c1 /bin/sh -c 'echo /proc/[0-9]*'
  [ "$(wc -w <<<"$output")" -eq 2 ]
}

@test "--preserve-fds passes just so many" {
  started
  echo from-the-caller >given
  capture_open sh -c 'exec 3<given 4<given 5<given; exec timeout 20 "$@"' sh \
    "$SWRUN" --root "$STATE" exec --preserve-fds 2 c1 /probe fds
  expect_match fd:3 '*/given'
  expect_match fd:4 '*/given'
  unless fact fd:5
}

@test "LISTEN_FDS are passed on with the pid that the process has in the container" {
  [ "$RUNTIME" = swrun ] || skip "as swrun's create does"
  started
  echo given >given
  capture_open sh -c 'exec 3<given; LISTEN_FDS=1 LISTEN_PID=$$ exec timeout 20 "$@"' sh \
    sh -c 'LISTEN_PID=$$ exec "$@"' sh "$SWRUN" --root "$STATE" \
    exec --env LISTEN_PID=7 --env LISTEN_FDS=8 c1 /probe env fds identity
  expect env:LISTEN_FDS 1
  [ "$(fact pid)" -gt 1 ]
  expect env:LISTEN_PID "$(fact pid)"
  [ "$(grep -c '^env:LISTEN_' <<<"$output")" -eq 2 ]
  expect_match fd:3 '*/given'
}

# capture_open CMD...: as capture, with all descriptors left open.
capture_open() {
  status=0
  "$@" >out 2>err </dev/null || status=$?
  output=$(cat out) err=$(cat err)
  [ "$status" -eq 0 ] || fail "exit $status"
}

@test "--pidfd-socket sends a descriptor of the process" {
  [ "$RUNTIME" = swrun ] || skip "since runc 1.2; crun has none"
  started
  cat >receive.py <<'PY'
import array, os, select, signal, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(1)
listener.settimeout(20)
connection, _ = listener.accept()
message, fds, _, _ = socket.recv_fds(connection, 4096, 2)
print("pid=" + [l.split()[1] for l in open(f"/proc/self/fdinfo/{fds[0]}") if l.startswith("Pid:")][0],
      flush=True)
signal.pidfd_send_signal(fds[0], signal.SIGKILL)
PY
  "$PYTHON" receive.py "$PWD/socket" >received 2>&1 3>&- &
  eventually [ -S socket ]
  ok runtime exec --detach --pid-file "$PWD/pid" --pidfd-socket "$PWD/socket" c1 /probe sleep
  wait $!
  [ "$(cat received)" = "pid=$(cat pid)" ]
  "$PYTHON" receive.py "$PWD/socket2" >received 2>&1 3>&- &
  eventually [ -S socket2 ]
  edit '.linux.cgroupsPath += "2"'
  launch create c2 --pidfd-socket "$PWD/socket2"
  wait $!
  [[ "$(cat received)" == pid=* ]]
}

@test "in the foreground signals go to the process" {
  started
  timeout 30 "$SWRUN" --root "$STATE" exec --pid-file "$PWD/pid" c1 /probe wait \
    >out 2>err </dev/null 3>&- &
  runner=$!
  eventually grep -q ready out
  # The runner is timeout: the runtime is its child.
  runtime_pid=$(pgrep -P "$runner")
  kill -USR1 "$runtime_pid"
  eventually grep -q signal=10 out
  kill -TERM "$runtime_pid"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 42 ]
}

@test "a signal that comes as soon as the pid file is there goes to the process" {
  require strace
  started
  timeout 30 strace -qq -o /dev/null -e trace=renameat -e inject=renameat:delay_exit=1000000 \
    "$SWRUN" --root "$STATE" exec --pid-file "$PWD/pid" c1 /probe wait >out 2>err </dev/null 3>&- &
  runner=$!
  eventually test -s pid
  eventually grep -q ready out
  # Below timeout and strace.
  kill -TERM "$(pgrep -P "$(pgrep -P "$runner")")"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 42 ] || fail "exit $status"
}

@test "in the foreground the orphans of the process are reaped" {
  started
  ok runtime exec c1 /bin/sh -c '(sleep 0.3 &) ; exit 3' || true
  [ "$status" -eq 3 ]
}

many() {
  local count=$1 before after
  started
  before=$(find "/proc/$(container_pid c1)/fd" | wc -l)
  processes=$(cat /proc/[0-9]*/comm | wc -l)
  for ((i = 0; i < count; i++)); do
    "$SWRUN" --root "$STATE" exec c1 /probe exit 0 </dev/null >/dev/null 3>&-
  done
  after=$(find "/proc/$(container_pid c1)/fd" | wc -l)
  [ "$before" -eq "$after" ]
  ok runtime exec c1 /bin/sh -c 'echo /proc/[0-9]*'
  [ "$(wc -w <<<"$output")" -eq 2 ]
  [ "$(find "$STATE/c1" -type f -o -type p | wc -l)" -le 6 ]
  keys=$(grep -c "_ses.c1" /proc/keys || true)
  [ "$keys" -le 1 ]
}

@test "200 execs leave nothing" { many 200; }

# bats test_tags=long
@test "10000 execs leave nothing" { many 10000; }
