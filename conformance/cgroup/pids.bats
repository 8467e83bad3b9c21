# SPDX-License-Identifier: Apache-2.0
# config-linux.md#pids, read back and felt.
load cgroup

@test "a limit becomes pids.max" {
  require_controller pids
  becomes_limited '{"pids": {"limit": 17}}' pids.max 17
}

# The container's first process is one, so it is the same as a limit of 1. Before version 1.3 of the
# specification 0 was what callers wrote for none.
@test "0 is a limit since 1.3" {
  require_controller pids
  becomes_limited '{"pids": {"limit": 0}, "unified": {"pids.max": "max"}}' pids.max max
  edit '.ociVersion = "1.3.0"'
  becomes_limited '{"pids": {"limit": 0}}' pids.max 1
}

@test "-1 is none" {
  require_controller pids
  becomes_limited '{"pids": {"limit": -1}, "unified": {"pids.max": "max"}}' pids.max max
}

@test "a fork bomb stops at pids.max" {
  require_controller pids
  entry /bin/sh -c 'for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 1000 & done; wait'
  made '{"pids": {"limit": 9}}'
  ok runtime start c1
  eventually eval '[ "$(event pids.events max)" -ge 1 ]'
  # A shell that can't fork may end, and its scope with it.
  [ "$(cat "$GROUP/pids.current" 2>/dev/null || echo 0)" -le 9 ]
}
