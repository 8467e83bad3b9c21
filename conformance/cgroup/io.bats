# SPDX-License-Identifier: Apache-2.0
# config-linux.md#block-io, read back and felt.
load cgroup
teardown() {
  finish
  detach_loop
}

# throttle KEY RATE: one of its entries for the loop device.
throttle() {
  printf '{"blockIO": {"%s": [{"major": %s, "minor": %s, "rate": %s}]}}' \
    "$1" "${NUMBERS%:*}" "${NUMBERS#*:}" "$2"
}

@test "each throttle becomes its word in io.max" {
  require_controller io
  loop_device 16M
  becomes_limited "$(throttle throttleReadBpsDevice 1048576)" \
    io.max "$NUMBERS rbps=1048576 wbps=max riops=max wiops=max"
  becomes_limited "$(throttle throttleWriteBpsDevice 1048576)" \
    io.max "$NUMBERS rbps=max wbps=1048576 riops=max wiops=max"
  becomes_limited "$(throttle throttleReadIOPSDevice 100)" \
    io.max "$NUMBERS rbps=max wbps=max riops=100 wiops=max"
  becomes_limited "$(throttle throttleWriteIOPSDevice 100)" \
    io.max "$NUMBERS rbps=max wbps=max riops=max wiops=100"
}

@test "all throttles of a device share its line" {
  require_controller io
  loop_device 16M
  local device='"major": '${NUMBERS%:*}', "minor": '${NUMBERS#*:}
  made '{"blockIO": {
    "throttleReadBpsDevice": [{'"$device"', "rate": 1000}],
    "throttleWriteBpsDevice": [{'"$device"', "rate": 2000}],
    "throttleReadIOPSDevice": [{'"$device"', "rate": 30}],
    "throttleWriteIOPSDevice": [{'"$device"', "rate": 40}]}}'
  reads io.max "$NUMBERS rbps=1000 wbps=2000 riops=30 wiops=40"
}

@test "a throttle of 0 is none" {
  require_controller io
  loop_device 16M
  becomes_limited "$(throttle throttleReadBpsDevice 0)" io.max ""
}

@test "a throttle of a device that is not there is refused by its file's name" {
  require_controller io
  is_refused '{"blockIO": {"throttleReadBpsDevice": [{"major": 250, "minor": 250, "rate": 1}]}}' \
    io.max
}

require_weight() {
  require_controller io
  [ -e "$(cgroup2_root)/init/$1" ] || [ -e "$(cgroup2_root)/job.service/$1" ] ||
    skip "missing: a kernel with $1"
}

@test "a weight becomes io.weight" {
  ! grep -q '^bfq ' /proc/modules || modprobe -r bfq || skip "missing: a kernel without bfq"
  echo +io >"$(cgroup2_root)/cgroup.subtree_control" || true
  require_weight io.weight
  local row
  for row in 10:1 500:4950 1000:10000; do
    becomes_limited '{"blockIO": {"weight": '"${row%:*}"'}}' io.weight "default ${row#*:}"
  done
}

@test "where the kernel has BFQ a weight becomes io.bfq.weight, as it is" {
  modprobe -q bfq || skip "missing: the scheduler bfq"
  echo +io >"$(cgroup2_root)/cgroup.subtree_control" || true
  require_weight io.bfq.weight
  becomes_limited '{"blockIO": {"weight": 500}}' io.bfq.weight "default 500"
}

@test "the weight of one device" {
  modprobe -q bfq || skip "missing: the scheduler bfq"
  echo +io >"$(cgroup2_root)/cgroup.subtree_control" || true
  require_weight io.bfq.weight
  loop_device 16M
  echo bfq >"/sys/block/${LOOP##*/}/queue/scheduler"
  made '{"blockIO": {"weight": 300, "weightDevice": [{"major": '"${NUMBERS%:*}"',
    "minor": '"${NUMBERS#*:}"', "weight": 200}]}}'
  has_line io.bfq.weight "default 300"
  has_line io.bfq.weight "$NUMBERS 200"
}

@test "a weight outside of 10 to 1000 is refused" {
  require_controller io
  is_refused '{"blockIO": {"weight": 9}}' blockIO.weight
  is_refused '{"blockIO": {"weight": 1001}}' blockIO.weight
}

@test "io.max holds on a loop device" {
  require_controller io
  loop_device 16M
  edit '.linux.devices = [{"path": "/dev/disk", "type": "b", "major": $major, "minor": $minor}]
    | .linux.resources.devices += [{"allow": true, "type": "b", "major": $major, "minor": $minor,
      "access": "rw"}]' --argjson major "${NUMBERS%:*}" --argjson minor "${NUMBERS#*:}"
  # Two columns of hundredths of a second, before and after.
  entry /bin/sh -c 'cat /proc/uptime
    busybox dd if=/dev/disk of=/dev/null bs=64k count=64 iflag=direct; cat /proc/uptime'
  resources "$(throttle throttleReadBpsDevice 1048576)"
  ok runtime run --bundle "$BUNDLE" c1
  local took
  took=$(awk 'NR == 1 { before = $1 } END { print int(($1 - before) * 1000) }' <<<"$output")
  # 4 MiB at 1 MiB/s; the first slice comes for free, and starting dd takes a moment.
  [ "$took" -ge 3600 ] && [ "$took" -le 6000 ] || fail "took $took ms"
}
