# SPDX-License-Identifier: Apache-2.0
# --log and --log-level, as crun has them. listen.py is the daemon where none runs.
load ../lib/common
setup() { begin; [ "$RUNTIME" = swrun ] || skip "$RUNTIME has texts of its own"; }
teardown() { finish; }

# damaged ID: a state that can't be read, of which delete --force warns.
damaged() {
  mkdir "$STATE/$1"
  echo nonsense >"$STATE/$1/state.json"
}

# listening PATH CMD...: runs it where a datagram socket at PATH writes what it gets to datagrams, one
# a line. /run and /dev are others' there.
listening() {
  local path=$1
  shift
  # The program may be below /run itself.
  cp "$SWRUN" swrun
  # shellcheck disable=SC2016
  ok timeout 30 unshare -m --propagation private sh -c '
    mount -t tmpfs none /run && mkdir -p /run/systemd/journal /run/dev || exit
    for device in null zero full random urandom; do
      touch /run/dev/$device && mount --bind /dev/$device /run/dev/$device || exit
    done
    mount --rbind /run/dev /dev || exit
    path=$1 && shift
    exec "$@"' sh "$path" "$PYTHON" -B "$CONFORMANCE/observe/listen.py" "$path" datagrams "$@"
}

@test "a path and file: mean the same file" {
  refused runtime --log plain.log state nobody
  refused runtime --log "file:$PWD/named.log" state nobody
  grep -q 'level=error msg="container does not exist"' plain.log
  grep -q 'level=error msg="container does not exist"' named.log
}

@test "a path with a colon is a path" {
  refused runtime --log "$PWD/a:b" state nobody
  grep -q 'container does not exist' a:b
}

@test "by default errors and warnings are told, and no more" {
  damaged c9
  ok runtime delete --force c9
  says "warning: removing the state of container c9"
  unless grep -q debug <<<"$err"
}

@test "at level error there are no warnings, in the log neither" {
  damaged c9
  ok runtime --log-level error --log it.log delete --force c9
  [ -z "$err" ]
  [ ! -s it.log ]
}

@test "at level error a failure is told" {
  refused runtime --log-level error state nobody
  says "container does not exist"
}

@test "at level warning, asked for, there are warnings in the log" {
  damaged c9
  ok runtime --log-level warning --log it.log delete --force c9
  grep -q 'level=warning msg="removing the state' it.log
}

@test "--debug is --log-level debug" {
  probe say hello
  ok runtime --debug run --bundle "$BUNDLE" c1
  with_debug=$(grep -c debug <<<"$err" || true)
  ok runtime --log-level debug run --bundle "$BUNDLE" c1
  [ "$with_debug" -gt 0 ] && [ "$(grep -c debug <<<"$err" || true)" -eq "$with_debug" ]
}

@test "a level that is none is refused" {
  refused runtime --log-level loud list
  says "error, warning, debug"
}

@test "journald gets the message with level and name" {
  listening /run/systemd/journal/socket \
    sh -c './swrun --root "$0" --log journald:pod-7 state nobody; [ $? -eq 1 ]' "$STATE"
  [ "$(cat datagrams)" = 'PRIORITY=3\nSYSLOG_IDENTIFIER=pod-7\nMESSAGE=container does not exist\n' ]
}

@test "syslog gets the message with facility, level, time, name and process" {
  listening /dev/log \
    sh -c './swrun --root "$0" --log syslog: state nobody; [ $? -eq 1 ]' "$STATE"
  grep -qE '^<11>[A-Z][a-z]{2} [ 1-3][0-9] [0-9:]{8} swrun\[[0-9]+\]: container does not exist$' datagrams
}

@test "journald gets warnings too, and JSON where that is asked for" {
  damaged c9
  listening /run/systemd/journal/socket ./swrun --root "$STATE" --log journald:pod delete --force c9
  grep -q '^PRIORITY=4\\n.*MESSAGE=removing the state' datagrams
  rm datagrams
  listening /run/systemd/journal/socket sh -c '
    ./swrun --root "$0" --log journald:pod --log-format json state nobody; [ $? -eq 1 ]' "$STATE"
  sed -n 's/.*MESSAGE=\(.*\)\\n$/\1/p' datagrams | jq -e '.level == "error" and .time'
}

@test "a daemon that is not there is an error before anything is done" {
  probe wait
  [ ! -S /run/systemd/journal/socket ] || skip "missing: a machine without journald"
  refused runtime --log journald:pod create --bundle "$BUNDLE" c1
  says "/run/systemd/journal/socket"
  [ -z "$(containers)" ]
}

@test "the real journal shows it by name" {
  [ -d /run/systemd/system ] || skip "missing: systemd"
  require journalctl
  refused runtime --log "journald:$TAG" state nobody
  shown() { [ "$(journalctl -q -o cat -p err -t "$TAG")" = "container does not exist" ]; }
  eventually shown
}

@test "a json log has exactly one line on failure, at any level but debug" {
  for level in error warning; do
    rm -f it.log
    refused runtime --log-level $level --log it.log --log-format json state nobody
    [ "$(wc -l <it.log)" -eq 1 ]
    [ "$(jq -r .msg it.log)" = "container does not exist" ]
  done
}
