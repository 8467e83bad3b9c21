# SPDX-License-Identifier: Apache-2.0
# config-linux.md#unified: raw files.
load cgroup

@test "any file of a controller can be written" {
  require_controller memory pids cpu
  becomes_limited '{"unified": {"memory.high": "33554432", "memory.min": "4096",
    "memory.oom.group": "1", "pids.max": "21", "cpu.weight": "77"}}' \
    memory.high 33554432 memory.min 4096 memory.oom.group 1 pids.max 21 cpu.weight 77
}

@test "files of the core need no controller" {
  becomes_limited '{"unified": {"cgroup.max.depth": "3", "cgroup.max.descendants": "7"}}' \
    cgroup.max.depth 3 cgroup.max.descendants 7
}

@test "a value of several lines is written line by line" {
  require_runtime 1.2.0 -
  becomes_limited '{"unified": {"cgroup.max.depth": "3\n5\n"}}' cgroup.max.depth 5
}

@test "a unified value wins over the one that has a name" {
  require_controller pids
  becomes_limited '{"pids": {"limit": 30}, "unified": {"pids.max": "21"}}' pids.max 21
}

@test "a file that the kernel does not have is refused by name" {
  require_controller memory
  is_refused '{"unified": {"memory.nonsense": "1"}}' memory.nonsense
}

@test "a controller that the kernel does not have is refused by name" {
  is_refused '{"unified": {"nonsense.max": "1"}}' nonsense.max
}

@test "a value that the kernel refuses is named with its file" {
  require_controller pids
  is_refused '{"unified": {"pids.max": "many"}}' pids.max many
}
