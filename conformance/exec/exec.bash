# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the cases of exec have in common: a container c1 that runs and waits.

# inside WORD...: runs the probe in c1; $output are its facts.
inside() { ok runtime exec c1 /probe "$@"; }

# not_executed ARGUMENT...: an exec that fails before there is a process, with a message.
not_executed() {
  capture runtime exec "$@"
  [ "$status" -ne 0 ] || fail "should not have been executed: $*"
  [ -n "$err" ] || fail "no message"
  [ "$RUNTIME" != swrun ] || [ "$status" -eq 255 ] || fail "exit $status, wanted 255"
}

# group_of PID: its cgroup v2 path.
group_of() { awk -F: '$1 == 0 { print $3 }' "/proc/$1/cgroup"; }

# process_file FILTER: ./process.json, the container's process section changed.
process_file() { jq ".process | $1" "$BUNDLE/config.json" >process.json; }

freeze() {
  local directory
  directory=$(cgroup2_root)$(group_of "$(container_pid c1)")
  echo "$1" >"$directory/cgroup.freeze"
  eventually grep -q "frozen $1" "$directory/cgroup.events"
}
