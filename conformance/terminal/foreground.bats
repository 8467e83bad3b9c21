# SPDX-License-Identifier: Apache-2.0
# run and exec in the foreground with a terminal, on a real pseudoterminal.
load ../lib/common
setup() {
  begin
  require "$PYTHON"
}
teardown() { finish; }

# on_terminal ROWS COLUMNS COMMAND...: by the script on standard input; $output are the facts and
# ./screen is what was shown.
on_terminal() {
  local rows=$1 columns=$2
  shift 2
  status=0
  timeout 60 "$PYTHON" "$CONFORMANCE/lib/on-terminal.py" "$rows" "$columns" screen "$@" \
    >facts 2>err 3>&- || status=$?
  output=$(cat facts) err=$(cat err)
  [ "$status" -eq 0 ] || fail "exit $status; screen: $(cat -v screen)"
}

# run_on_terminal: c1 with a terminal, by the script on standard input.
run_on_terminal() {
  edit '.process.terminal = true'
  on_terminal 24 80 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
}

shown() { grep -qF -- "$1" <(tr -d '\r' <screen) || fail "not shown: $1: $(cat -v screen)"; }

@test "run gives the program a terminal of its own, with the size of the caller's" {
  probe tty
  run_on_terminal </dev/null
  shown 'winsize=24 80'
  shown 'controlling=yes'
  shown 'tty:0=/dev/pts/0'
  expect status 0
  expect sane yes
}

@test "consoleSize counts where the caller's terminal has no size" {
  edit '.process.terminal = true | .process.consoleSize = {"height": 33, "width": 99}'
  probe tty
  on_terminal 0 0 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 </dev/null
  shown 'winsize=33 99'
}

@test "what is typed goes to the program, and Ctrl-C is the program's" {
  entry /bin/sh -c 'trap "echo got-int" INT; echo ready; read -r line; echo "line=$line"
    while :; do read -r line || continue; [ "$line" != end ] || exit 5; done'
  run_on_terminal <<'STEPS'
expect ready
raw
send hello\r
expect line=hello
send \x03
expect got-int
send end\r
STEPS
  expect status 5
  expect sane yes
}

@test "a change of size reaches the program" {
  entry /bin/sh -c 'trap "/bin/busybox stty size" WINCH; echo ready; while :; do sleep 0.1; done'
  [ "$RUNTIME" = swrun ] || skip "needs kill by signal"
  run_on_terminal <<'STEPS'
expect ready
resize 50 132
expect 50 132
resize 10 20
expect 10 20
signal KILL
STEPS
  expect status -9
  runtime delete --force c1
}

@test "Ctrl-D ends the input" {
  entry /bin/sh -c 'cat; echo done'
  run_on_terminal <<'STEPS'
raw
send abc\r\x04
expect done
STEPS
  expect status 0
  expect sane yes
}

@test "all that is shown arrives, however slow the reader" {
  entry /bin/sh -c 'i=0; while [ $i -lt 20000 ]; do echo "line $i of many"; i=$((i+1)); done'
  run_on_terminal <<'STEPS'
expect line 10 of many
slow 1
STEPS
  expect status 0
  [ "$(grep -c 'of many' screen)" -eq 20000 ]
  shown 'line 19999 of many'
}

@test "a reader that is slow does not keep signals from the program" {
  entry /bin/sh -c 'trap "exit 9" TERM; while :; do echo more-and-more-and-more; done'
  run_on_terminal <<'STEPS'
expect more
slow 1
signal TERM
STEPS
  expect status 9
  expect sane yes
}

@test "all that is typed arrives, however slow the program" {
  entry /bin/sh -c '/bin/busybox stty raw -echo; echo ready; sleep 1
    /bin/busybox head -c 60000 | /bin/busybox wc -c; echo counted'
  block=$(printf 'x%.0s' {1..3000})
  {
    echo expect ready
    for ((i = 0; i < 20; i++)); do echo "send $block"; done
    echo expect counted
  } >steps
  run_on_terminal <steps
  shown 60000
}

@test "the terminal is sane after the container has been killed" {
  entry /bin/sh -c '/bin/busybox stty raw; echo ready; kill -9 $$; sleep 60'
  probe wait
  edit '.process.terminal = true'
  (
    eventually grep -q ready screen
    kill -KILL "$(container_pid c1)"
  ) 3>&- &
  on_terminal 24 80 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 </dev/null
  wait
  expect status 137
  expect sane yes
}

@test "a signal to the runtime goes to the program, and the terminal is sane at the end" {
  entry /bin/sh -c 'trap "exit 3" TERM; trap "exit 4" HUP; echo ready; while :; do sleep 0.1; done'
  run_on_terminal <<'STEPS'
expect ready
raw
signal TERM
STEPS
  expect status 3
  expect sane yes
  run_on_terminal <<'STEPS'
expect ready
raw
signal HUP
STEPS
  expect status 4
  expect sane yes
}

@test "a terminal that is hung up tells the program so, and leaves it its time" {
  entry /bin/sh -c 'trap "sleep 0.5; exit 4" HUP; echo ready; while :; do sleep 0.1; done'
  run_on_terminal <<'STEPS'
expect ready
raw
hangup
STEPS
  expect status 4
}

@test "a program that is not there leaves the terminal sane" {
  entry nosuch
  run_on_terminal </dev/null
  expect status 1
  expect sane yes
}

@test "the runtime stops with a sane terminal and goes on with a raw one" {
  [ "$RUNTIME" = swrun ] || skip "others pass it to the container"
  entry /bin/sh -c 'echo ready; read -r line; echo "line=$line"'
  run_on_terminal <<'STEPS'
expect ready
raw
signal TSTP
stopped
cooked
resize 30 90
signal CONT
raw
send on\r
expect line=on
STEPS
  expect status 0
  expect sane yes
}

@test "exec -t joins a terminal too" {
  started
  on_terminal 30 100 "$SWRUN" --root "$STATE" exec -t c1 /bin/sh -c \
    '/probe tty; trap "echo got-int" INT; echo ready; read -r line; echo "line=$line"; exit 6' <<'STEPS'
expect winsize=30 100
expect controlling=yes
expect ready
raw
send \x03
expect got-int
send more\r
expect line=
STEPS
  expect status 6
  expect sane yes
}

@test "exec -t of a shell has job control" {
  started
  on_terminal 24 80 "$SWRUN" --root "$STATE" exec --tty c1 /bin/sh -i <<'STEPS'
expect #
send sleep 100\r
slow 0.3
send \x1a
expect Stopped
send kill %1; exit 4\r
send exit 4\r
STEPS
  expect status 4
  expect sane yes
}

@test "a terminal of an exec belongs to its user" {
  started
  on_terminal 24 80 "$SWRUN" --root "$STATE" exec -t -u 1000 c1 /bin/sh -c \
    'stat -c owner=%u /proc/self/fd/0 /dev/pts/0; echo hello >/dev/tty; echo x >/proc/self/fd/1' \
    </dev/null
  shown owner=1000
  shown hello
}

@test "standard input that is no terminal ends as one typed" {
  started
  printf 'one\ntwo' | timeout 20 "$SWRUN" --root "$STATE" exec -t c1 /bin/sh -c \
    'while read -r line; do echo "<$line>"; done; echo "rest=$line"' >out
  tr -d '\r' <out | grep -q '<one>$'
  tr -d '\r' <out | grep -qx 'rest=two'
}

@test "standard output that is a pipe gets everything" {
  started
  timeout 20 "$SWRUN" --root "$STATE" exec -t c1 /bin/busybox seq 1 30000 </dev/null | tr -d '\r' >out
  [ "$(tail -1 out)" = 30000 ]
  [ "$(wc -l <out)" -eq 30000 ]
}

@test "standard output that is a file is written to where others left off, and so by others" {
  started
  {
    echo before
    timeout 20 "$SWRUN" --root "$STATE" exec -t c1 /bin/echo between </dev/null
    echo after
  } >out
  [ "$(tr -d '\r' <out)" = $'before\nbetween\nafter' ] || fail "$(cat out)"
}

@test "standard output that nobody reads does not hold the process" {
  started
  status=0
  timeout 20 "$SWRUN" --root "$STATE" exec -t c1 /bin/sh -c \
    'for i in 1 2 3 4 5 6 7 8; do /bin/busybox seq 1 5000; done; exit 8' </dev/null 2>err |
    head -1 >out
  [ "${PIPESTATUS[0]}" -eq 8 ]
}

@test "a terminal and no console socket is refused when detached" {
  started
  capture runtime exec --detach --tty c1 /probe tty
  [ "$status" -ne 0 ]
  says 'cannot allocate tty if'
  says 'will detach without setting console socket'
  edit '.process.terminal = true'
  refused runtime run --detach --bundle "$BUNDLE" c2
  [ "$RUNTIME" != swrun ] || says 'cannot allocate tty if swrun will detach without setting console socket'
}

@test "exec sends the master of a terminal to a console socket" {
  started
  "$PYTHON" "$CONFORMANCE/lib/receive-console.py" "$PWD/socket" "$PWD/screen" >receiver.log 2>&1 3>&- &
  receiver=$!
  eventually [ -S socket ]
  jq '.process | .terminal = true | .args = ["/probe", "tty"] | .consoleSize = {"height": 7, "width": 77}' \
    "$BUNDLE/config.json" >process.json
  ok runtime exec --process process.json --console-socket "$PWD/socket" --detach \
    --pid-file "$PWD/pid" c1
  wait "$receiver"
  [[ "$(cat pid)" =~ ^[0-9]+$ ]]
  shown 'controlling=yes'
  shown 'winsize=7 77'
}

@test "a console socket without a terminal is refused" {
  [ "$RUNTIME" = swrun ] || skip "others pass it over"
  started
  capture runtime exec --console-socket "$PWD/nobody" --detach c1 /probe tty
  [ "$status" -eq 255 ]
}

@test "the terminal is not lost when the program closes and opens it again" {
  entry /bin/sh -c 'exec </dev/null >/dev/null 2>&1; sleep 0.3; exec >/dev/console; echo back'
  run_on_terminal </dev/null
  [ "$RUNTIME" != swrun ] || shown back
  expect sane yes
}
