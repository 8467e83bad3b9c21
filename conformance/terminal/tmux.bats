# SPDX-License-Identifier: Apache-2.0
# Full-screen programs inside, judged by the screen that tmux has captured.
load ../lib/common
setup() {
  begin
  require tmux busybox
  edit '.process.terminal = true'
}
teardown() {
  tmux -S "$PWD/tmux" kill-server 2>/dev/null || true
  finish
}

screen() { tmux -S "$PWD/tmux" capture-pane -p -t work; }
on_screen() { screen | grep -qF -- "$1"; }
keys() { tmux -S "$PWD/tmux" send-keys -t work "$@"; }

# window COMMAND...: a shell of 24 lines in which it is run, and the settings of its terminal.
window() {
  rm -f before
  tmux -S "$PWD/tmux" -f /dev/null new-session -d -s work -x 80 -y 24 "env PS1='READY> ' sh" 3>&-
  eventually on_screen 'READY>'
  keys 'stty -a >before; clear' Enter
  eventually [ -s before ]
  keys "$*" Enter
}

# run_in_window: c1 with a terminal; its end is shown.
run_in_window() { window "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 '; echo back-$?'; }
is_back() { screen | grep -q 'back-[0-9]'; }

# sane: the shell is back, and its terminal exactly as it was.
sane() {
  keys 'stty -a >after; echo sane-$((40 + 2))' Enter
  eventually on_screen sane-42
  diff before after >&2 || fail "the terminal is not as it was"
}

# in_vi DIRECTORY COMMAND...: vi in a window, resized and typed into, with its screens in the directory.
in_vi() {
  local directory=$1
  shift
  mkdir "$directory"
  window "$@" '; echo back-$?'
  eventually on_screen 1/100
  screens "$directory/first"
  tmux -S "$PWD/tmux" resize-window -t work -x 60 -y 40
  eventually redrawn
  screens "$directory/larger"
  keys G
  eventually on_screen 100/100
  keys i 'new words ' Escape
  eventually on_screen 'new words 100'
  screens "$directory/typed"
  tmux -S "$PWD/tmux" resize-window -t work -x 80 -y 24
  sleep 0.3
  keys ':wq' Enter
  eventually is_back
}
# The line at the bottom names the file, and so differs.
screens() { screen | sed -E 's/^- [^ ]+/- FILE/' >"$1"; }
redrawn() { [[ "$(screen | sed -n 40p)" == "- "* ]]; }

@test "vi is drawn, resized and typed into as without a container, and the terminal is sane" {
  entry /bin/busybox vi /etc/motd
  seq 1 100 >"$BUNDLE/rootfs/etc/motd"
  seq 1 100 >motd
  in_vi expected busybox vi motd
  tmux -S "$PWD/tmux" kill-server
  in_vi shown "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  sane
  diff -r expected shown >&2
  [ "$(sed -n 23p shown/first)" = 23 ]
  [[ "$(sed -n 40p shown/larger)" == "- FILE 1/100"* ]]
  diff motd "$BUNDLE/rootfs/etc/motd"
  [ "$(tail -1 motd)" = 'new words 100' ]
}

@test "top is drawn to the size of the window, and the terminal is sane after kill -9" {
  entry /bin/busybox top -d 1
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  run_in_window
  eventually on_screen '%CPU COMMAND'
  sleep 0.2
  [ "$(screen | grep -c .)" -eq 24 ] || [ "$(screen | grep -c .)" -eq 23 ]
  tmux -S "$PWD/tmux" resize-window -t work -x 100 -y 12
  fits() { [ "$(screen | grep -c .)" -le 12 ] && screen | sed -n 1,6p | grep -q '%CPU COMMAND'; }
  eventually fits
  kill -KILL "$(container_pid c1)"
  eventually is_back
  tmux -S "$PWD/tmux" resize-window -t work -x 80 -y 24
  sane
}

# ends_by SIGNAL: the runtime gets it, the program makes its end of it.
ends_by() {
  entry /bin/sh -c 'trap "exit 3" TERM HUP; /bin/busybox stty raw; echo up; while :; do sleep 0.1; done'
  run_in_window
  eventually on_screen up
  unless cmp -s before <(stty -a <"$(tmux -S "$PWD/tmux" display -p -t work '#{pane_tty}')")
  kill -"$1" "$(pgrep -f "^$SWRUN --root $STATE run")"
  eventually on_screen back-3
  sane
}

@test "the terminal is sane after SIGTERM to the runtime" { ends_by TERM; }

@test "the terminal is sane after SIGHUP to the runtime" { ends_by HUP; }

@test "in the background it stops before it touches the terminal, and goes on in the foreground" {
  [ "$RUNTIME" = swrun ] || skip "others take the terminal from the shell"
  entry /bin/sh -c 'echo up; read -r line; echo "line=$line"; exit 5'
  window "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 '&'
  becomes running
  keys 'echo typed-$((40 + 2))' Enter
  eventually on_screen typed-42
  keys 'clear; stty -a >during; jobs' Enter
  eventually on_screen Stopped
  diff before during >&2
  grep -q '^State:.T' "/proc/$(pgrep -f "^$SWRUN --root $STATE run")/status"
  unless on_screen up
  keys fg Enter
  eventually on_screen up
  keys 'hello' Enter
  eventually on_screen line=hello
  keys 'echo status-$?' Enter
  eventually on_screen status-5
  sane
}

@test "continued in the background it leaves the terminal to others" {
  [ "$RUNTIME" = swrun ] || skip "others take the terminal from the shell"
  entry /bin/sh -c 'echo up; sleep 2'
  window "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  eventually on_screen up
  kill -TSTP "$(pgrep -f "^$SWRUN --root $STATE run")"
  eventually on_screen Stopped
  keys 'bg; stty -echo; stty -a >other' Enter
  eventually [ -s other ]
  sleep 3
  keys 'stty -a >after; stty echo; echo done-$((40 + 2))' Enter
  eventually on_screen done-42
  diff other after >&2
  keys fg Enter
  sane
}
