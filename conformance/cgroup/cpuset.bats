# SPDX-License-Identifier: Apache-2.0
# config-linux.md#cpu, cpus and mems.
load cgroup

@test "cpus and mems become cpuset.cpus and cpuset.mems" {
  require_controller cpuset
  becomes_limited '{"cpu": {"cpus": "0"}}' cpuset.cpus 0 cpuset.cpus.effective 0
  becomes_limited '{"cpu": {"mems": "0"}}' cpuset.mems 0
  becomes_limited '{"cpu": {"cpus": "0-1", "mems": "0"}}' cpuset.cpus 0-1 cpuset.mems 0
}

@test "the process runs on the cpus that it was given" {
  require_controller cpuset
  resources '{"cpu": {"cpus": "1"}}'
  entry /bin/busybox grep Cpus_allowed_list /proc/self/status
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = $'Cpus_allowed_list:\t1' ]
}

@test "a processor that is not there is refused by its file's name" {
  require_controller cpuset
  is_refused '{"cpu": {"cpus": "4096"}}' cpuset.cpus
}

@test "words that are no list of processors are refused by their file's name" {
  require_controller cpuset
  is_refused '{"cpu": {"cpus": "all of them"}}' cpuset.cpus
}
