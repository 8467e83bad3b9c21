# SPDX-License-Identifier: Apache-2.0
# config.md#process, terminal; the console socket of go-runc and conmon.
load ../lib/common
setup() {
  begin
  require "$PYTHON"
  edit '.process.terminal = true'
}
teardown() { finish; }

# receiver: listens at ./socket, takes the terminal's master, and copies what it reads to ./screen.
receiver() {
  "$PYTHON" "$CONFORMANCE/lib/receive-console.py" "$PWD/socket" "$PWD/screen" \
    >receiver.log 2>&1 3>&- 4>&- &
  RECEIVER=$!
  eventually [ -S socket ]
}

on_terminal() {
  receiver
  probe "$@"
  launch create c1 --console-socket "$PWD/socket"
  ok runtime start c1
  wait "$RECEIVER"
  output=$(tr -d '\r' <screen)
}

@test "the master comes by the console socket and the slave is all three descriptors" {
  on_terminal tty
  expect tty:0 /dev/pts/0
  expect tty:1 /dev/pts/0
  expect tty:2 /dev/pts/0
}

@test "the terminal is the controlling one, and /dev/console is it" {
  on_terminal tty devices
  expect controlling yes
  expect_match dev:/dev/console "c 136:0 *"
}

# config.md#process: consoleSize
@test "the console has the given size" {
  edit '.process.consoleSize = {"height": 33, "width": 99}'
  on_terminal tty
  expect winsize "33 99"
}

@test "the console belongs to the user" {
  edit '.process.user = {"uid": 1000, "gid": 1000}'
  on_terminal tty
  expect_match console "* 1000:*"
}

@test "terminal without a console socket is refused by create" {
  refused runtime create --bundle "$BUNDLE" c1
}

@test "a console socket without terminal is refused" {
  receiver
  edit '.process.terminal = false'
  refused runtime create --bundle "$BUNDLE" --console-socket "$PWD/socket" c1
  kill "$RECEIVER"
}

@test "a console socket that is not there fails create and leaves nothing" {
  refused runtime create --bundle "$BUNDLE" --console-socket "$PWD/nobody" c1
  says nobody
}
