# SPDX-License-Identifier: Apache-2.0
# swrun top: a live table on a terminal, one snapshot elsewhere. on-terminal.py is the terminal.
load ../lib/common
setup() { begin; require_cgroup2; [ "$RUNTIME" = swrun ] || skip "$RUNTIME has no top"; }
teardown() { finish; }

on_terminal() {
  ok timeout 60 "$PYTHON" -B "$CONFORMANCE/observe/on-terminal.py" "$@" -- \
    "$SWRUN" --root "$STATE" top --interval 200ms
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
    edit '.linux.cgroupsPath = $path' --arg path "/$TAG/$id"
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
  on_terminal "wait c1 " "key q" "ends 0" restored
}

@test "on a terminal it draws without flicker: no frame clears the screen first" {
  started
  on_terminal "wait c1 " "frames 3" "key q" "ends 0" restored
}

@test "a resized terminal gets a table that fits" {
  started
  on_terminal "wait c1 " "resize 10 30" "fits 10 30" "resize 40 120" "fits 40 120" "key q" "ends 0"
}

@test "keys sort" {
  started
  on_terminal "wait by cpu" "key m" "wait by memory" "key n" "wait by id" "key q" "ends 0" restored
}

@test "SIGTERM, SIGINT and SIGHUP end it with the terminal given back" {
  started
  on_terminal "wait c1 " "signal TERM" "ends 143" restored
  on_terminal "wait c1 " "signal INT" "ends 130" restored
  on_terminal "wait c1 " "signal HUP" "ends 129" restored
}

@test "control-C on the terminal ends it" {
  started
  on_terminal "wait c1 " "key ^C" "ends 130" restored
}

@test "stopped it gives the terminal back, continued it takes it again" {
  started
  on_terminal "wait c1 " "key ^Z" stopped restored "signal CONT" "wait c1 " "key q" "ends 0" restored
}

@test "a terminal that goes away ends it" {
  started
  on_terminal "wait c1 " "hang up" "ends"
}

@test "a container that ends is no longer shown" {
  started
  on_terminal "wait c1 " "run $SWRUN --root $STATE kill c1 KILL" "wait 0 containers" "key q" "ends 0"
}
