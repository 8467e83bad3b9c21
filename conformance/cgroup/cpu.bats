# SPDX-License-Identifier: Apache-2.0
# config-linux.md#cpu, read back and felt.
load cgroup

# cpu.shares to cpu.weight: a quadratic in the logarithm, which maps 1024 to 100.
@test "shares become weights" {
  require_controller cpu
  local row
  for row in 1:1 2:1 3:2 10:4 100:17 256:35 512:59 1024:100 2048:174 4096:303 10240:639 \
    262144:10000 1000000:10000; do
    becomes_limited '{"cpu": {"shares": '"${row%:*}"'}}' cpu.weight "${row#*:}"
  done
}

@test "shares of 0 are none" {
  require_controller cpu
  # Something else has to ask for the controller, or there is no file to read.
  becomes_limited '{"cpu": {"shares": 0, "quota": 50000}}' cpu.weight 100
}

@test "quota and period become cpu.max" {
  require_controller cpu
  becomes_limited '{"cpu": {"quota": 50000, "period": 200000}}' cpu.max "50000 200000"
  becomes_limited '{"cpu": {"quota": 50000}}' cpu.max "50000 100000"
  becomes_limited '{"cpu": {"period": 200000}}' cpu.max "max 200000"
  becomes_limited '{"cpu": {"quota": -1, "period": 50000}}' cpu.max "max 50000"
  becomes_limited '{"cpu": {"quota": -1, "shares": 1024}}' cpu.max "max 100000"
}

@test "a burst becomes cpu.max.burst" {
  require_controller cpu
  becomes_limited '{"cpu": {"quota": 50000, "period": 100000, "burst": 40000}}' \
    cpu.max "50000 100000" cpu.max.burst 40000
  becomes_limited '{"cpu": {"quota": 50000, "burst": 0}}' cpu.max.burst 0
}

@test "a burst above the quota is refused by its file's name" {
  require_controller cpu
  is_refused '{"cpu": {"quota": 50000, "period": 100000, "burst": 60000}}' cpu.max
}

@test "a quota or a period that no kernel takes is refused by its file's name" {
  require_controller cpu
  is_refused '{"cpu": {"quota": 100}}' cpu.max
  is_refused '{"cpu": {"quota": 50000, "period": 2000000}}' cpu.max
}

@test "idle becomes cpu.idle" {
  require_controller cpu
  becomes_limited '{"cpu": {"idle": 1}}' cpu.idle 1
  becomes_limited '{"cpu": {"idle": 0, "shares": 1024}}' cpu.idle 0
}

@test "idle together with shares" {
  require_controller cpu
  becomes_limited '{"cpu": {"idle": 1, "shares": 1024}}' cpu.idle 1
}

# usage: microseconds of processor time that the container has had.
usage() { event cpu.stat usage_usec; }

# share: thousandths of one processor that it gets in three seconds.
share() {
  local used before after
  before=$(date +%s%N) used=$(usage)
  sleep 3
  used=$(($(usage) - used)) after=$(date +%s%N)
  echo $((used * 1000 * 1000 / (after - before)))
}

@test "cpu.max holds within a tenth" {
  require_controller cpu
  entry /bin/sh -c 'while :; do :; done'
  made '{"cpu": {"quota": 20000, "period": 100000}}'
  ok runtime start c1
  sleep 0.5
  # Where the guest itself has to wait for its turn, its kernel comes too late to stop the process.
  local try measured=''
  for try in 1 2 3 4 5; do
    measured+=" $(share)"
    [ "${measured##* }" -lt 180 ] || [ "${measured##* }" -gt 220 ] || return 0
  done
  fail "thousandths in $try measurements:$measured, wanted 180 to 220"
}
