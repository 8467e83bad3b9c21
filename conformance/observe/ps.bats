# SPDX-License-Identifier: Apache-2.0
# go-runc calls `ps --format json ID` and `ps --format table ID OPTION...`.
load ../lib/common
setup() { begin; require_cgroup2; }
teardown() { finish; }

crowd() {
  probe spawn 3
  launch run c1 --detach
  eventually grep -q ready c1.out
}

# User-mode Linux has no time of its boot, which the ps of some releases can't do without.
require_ps() {
  require ps
  ps -ef >/dev/null 2>&1 || skip "missing: a ps that works on this kernel"
}

# As ps prints them: one a line, sorted.
members() { sort -n "$GROUP/cgroup.procs"; }

@test "json is one array of the pids on the host" {
  crowd
  ok runtime ps --format json c1
  [ "$(wc -l <<<"$output")" -eq 1 ]
  [ "$(jq 'sort | .[]' <<<"$output")" = "$(members)" ]
  [ "$(wc -w <<<"$(members)")" -eq 4 ]
}

@test "processes in cgroups below are listed too" {
  crowd
  before=$(members)
  mkdir "$GROUP/below"
  tail -1 <<<"$before" >"$GROUP/below/cgroup.procs"
  ok runtime ps --format json c1
  [ "$(jq 'sort | .[]' <<<"$output")" = "$before" ]
}

@test "the table is that of ps -ef, of the container's processes alone" {
  require_ps
  crowd
  ok runtime ps c1
  [[ "$(head -1 <<<"$output")" == UID*PID*CMD ]]
  [ "$(tail -n +2 <<<"$output" | awk '{ print $2 }' | sort -n)" = "$(members)" ]
}

@test "options behind the id are those of ps" {
  require_ps
  crowd
  ok runtime ps --format table c1 -e -o comm,pid
  [[ "$(head -1 <<<"$output")" == COMMAND*PID ]]
  [ "$(tail -n +2 <<<"$output" | awk '{ print $2 }' | sort -n)" = "$(members)" ]
  ok runtime ps c1 aux
  [[ "$(head -1 <<<"$output")" == USER*PID*COMMAND ]]
}

@test "a created container has one process" {
  created
  ok runtime ps --format json c1
  [ "$(jq -c . <<<"$output")" = "[$(container_pid c1)]" ]
}

@test "a stopped container has none" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME prints null or fails"
  started
  ok runtime kill c1 KILL
  becomes stopped
  ok runtime ps --format json c1
  [ "$output" = "[]" ]
}

@test "a table without a PID column is refused" {
  require ps
  started
  refused runtime ps c1 -e -o comm
  says PID
}

@test "what ps does not like is told in its words" {
  require ps
  started
  refused runtime ps c1 --no-such-option
  says "unknown"
}

@test "without ps the table is refused by name, and json works" {
  started
  program=$(realpath "$(command -v "$SWRUN")")
  refused env PATH=/nonexistent "$program" --root "$STATE" ps c1
  says "ps"
  ok env PATH=/nonexistent "$program" --root "$STATE" ps --format json c1
  [ "$(jq length <<<"$output")" -eq 1 ]
}

@test "a program of the working directory is not taken for ps" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME trusts PATH"
  started
  printf '#!/bin/sh\necho PID\ntouch %s/taken\n' "$PWD" >ps
  chmod +x ps
  capture env PATH=.: "$SWRUN" --root "$STATE" ps c1
  [ "$status" -eq 1 ]
  [ ! -e taken ]
}

@test "ps of nobody is refused" {
  refused runtime ps --format json nobody
  says "does not exist"
}
