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

# window COMMAND...: a shell of 24 lines in which it is run.
window() {
  tmux -S "$PWD/tmux" -f /dev/null new-session -d -s work -x 80 -y 24 "env PS1='READY> ' sh" 3>&-
  eventually on_screen 'READY>'
  keys "$*" Enter
}

@test "vi is drawn, resized and left, and the terminal is sane" {
  entry /bin/busybox vi /etc/motd
  seq 1 100 >"$BUNDLE/rootfs/etc/motd"
  window "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  eventually on_screen '/etc/motd'
  [ "$(screen | sed -n 1p)" = 1 ]
  [ "$(screen | sed -n 23p)" = 23 ]
  tmux -S "$PWD/tmux" resize-window -t work -x 60 -y 40
  sleep 0.3
  keys G
  eventually on_screen '100/100'
  [[ "$(screen | sed -n 40p)" == "- /etc/motd 100/100"* ]]
  screen | grep -qx 100
  keys ':q!' Enter
  eventually on_screen 'READY>'
  keys 'stty -a | grep -c -w -e icanon -e isig; echo sane-$((40 + 2))' Enter
  eventually on_screen sane-42
}

@test "top is drawn, and the terminal is sane after kill -9 of the container" {
  entry /bin/busybox top
  window "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  eventually on_screen 'busybox top'
  kill -KILL "$(container_pid c1)"
  eventually on_screen 'READY>'
  keys 'echo alive-$((40 + 2))' Enter
  eventually on_screen alive-42
  keys 'clear; stty -a' Enter
  eventually on_screen ' icanon'
  screen | grep -q ' echo '
}
