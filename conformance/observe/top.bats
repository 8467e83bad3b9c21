# SPDX-License-Identifier: Apache-2.0
# swrun top: a live table on a terminal, one snapshot elsewhere. lib/on-terminal.py is the terminal.
load ../lib/common
setup() { begin; require_cgroup2; [ "$RUNTIME" = swrun ] || skip "$RUNTIME has no top"; }
teardown() { finish; }

# on_terminal STATUS STEP...: top on a terminal of 24 rows and 80 columns, by these steps; then it ends
# with that status.
on_terminal() {
  local wanted=$1
  shift
  printf '%s\n' "$@" >steps
  status=0
  timeout 60 "$PYTHON" -B "$CONFORMANCE/lib/on-terminal.py" 24 80 screen \
    "$SWRUN" --root "$STATE" top --interval 200ms <steps >facts 2>err 3>&- 4>&- || status=$?
  output=$(cat facts) err=$(cat err)
  [ "$status" -eq 0 ] || fail "exit $status"
  [ -z "$wanted" ] || expect status "$wanted"
}

@test "in a pipe it is one snapshot, with a line for each container that runs" {
  started
  ok runtime top --interval 100ms
  [ "$(head -1 <<<"$output" | awk '{ print $1, $2 }')" = "ID STATUS" ]
  [ "$(wc -l <<<"$output")" -eq 2 ]
  [[ "$(tail -1 <<<"$output")" == c1\ *running* ]]
  unless grep -q $'\e' <<<"$output"
}

@test "json has numbers for programs" {
  entry /bin/sh -c 'echo ready; while :; do :; done'
  launch run c1 --detach
  eventually grep -q ready c1.out
  ok runtime top --format json --interval 300ms
  [ "$(jq -r '.[0] | "\(.id) \(.status) \(.pids)"' <<<"$output")" = "c1 running 1" ]
  [ "$(jq '.[0].cpuPercent > 5 and .[0].cpuPercent < 120' <<<"$output")" = true ]
}

@test "without containers there is a head, and an empty array" {
  ok runtime top --interval 1ms
  [ "$(wc -l <<<"$output")" -eq 1 ]
  ok runtime top --format json --interval 1ms
  [ "$output" = "[]" ]
}

@test "containers are sorted by what is asked for" {
  for id in c1 c2; do
    put_at "$id"
    probe spawn "$([ $id = c1 ] && echo 1 || echo 4)"
    launch run $id --detach
  done
  eventually grep -q ready c2.out
  ok runtime top --interval 1ms --sort pids
  [ "$(tail -n +2 <<<"$output" | awk '{ print $1 }' | xargs)" = "c2 c1" ]
  ok runtime top --interval 1ms --sort id
  [ "$(tail -n +2 <<<"$output" | awk '{ print $1 }' | xargs)" = "c1 c2" ]
}

@test "on a terminal it shows the containers, and gives the terminal back at q" {
  started
  on_terminal 0 "expect c1 " "send q" restored
}

@test "on a terminal it draws without flicker: no frame clears the screen first" {
  started
  on_terminal 0 "expect c1 " "frames 3" "send q" restored
}

@test "a resized terminal gets a table that fits" {
  started
  on_terminal 0 "expect c1 " "resize 10 30" "fits 10 30" "resize 40 120" "fits 40 120" "send q"
}

@test "keys sort" {
  started
  on_terminal 0 "expect by cpu" "send m" "expect by memory" "send n" "expect by id" "send q" restored
}

@test "SIGTERM, SIGINT and SIGHUP end it with the terminal given back" {
  started
  on_terminal 143 "expect c1 " "signal TERM" restored
  on_terminal 130 "expect c1 " "signal INT" restored
  on_terminal 129 "expect c1 " "signal HUP" restored
}

@test "control-C on the terminal ends it" {
  started
  on_terminal 130 "expect c1 " 'send \x03' restored
}

@test "stopped it gives the terminal back, continued it takes it again" {
  started
  on_terminal 0 "expect c1 " 'send \x1a' stopped restored "signal CONT" "expect c1 " "send q" restored
}

@test "a terminal that goes away ends it" {
  started
  on_terminal "" "expect c1 " hangup
}

@test "a container that ends is no longer shown" {
  started
  on_terminal 0 "expect c1 " "run $SWRUN --root $STATE kill c1 KILL" "expect 0 containers" "send q"
}
