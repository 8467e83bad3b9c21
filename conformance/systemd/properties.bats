# SPDX-License-Identifier: Apache-2.0
# Every limit is with systemd and in the cgroup's files. See: systemd.resource-control(5).
load systemd

# both RESOURCES [-p NAME VALUE]... [-f FILE TEXT]...: a row of a table.
both() {
  cp "$BUNDLE/config.json" "$BUNDLE/row.json"
  resources "$1"
  launch create c1 || fail "with $1" || return 1
  shift
  while [ $# -gt 0 ]; do
    if [ "$1" = -p ]; then shows "$2" "$3" || return 1; else reads "$2" "$3" || return 1; fi
    shift 3
  done
  ok bare delete --force c1
  mv "$BUNDLE/row.json" "$BUNDLE/config.json"
}

@test "memory" {
  both '{"memory": {"limit": 67108864, "reservation": 33554432, "swap": 100663296}}' \
    -p MemoryMax 67108864 -p MemoryLow 33554432 -p MemorySwapMax 33554432 \
    -f memory.max 67108864 -f memory.low 33554432
  both '{"memory": {"limit": -1}}' -p MemoryMax infinity -f memory.max max
}

@test "cpu" {
  both '{"cpu": {"shares": 512, "quota": 50000, "period": 200000}}' \
    -p CPUWeight 59 -p CPUQuotaPerSecUSec 250ms -p CPUQuotaPeriodUSec 200ms \
    -f cpu.weight 59 -f cpu.max "50000 200000"
}

@test "a quota is a whole percentage to systemd, rounded up, and exact in the file" {
  both '{"cpu": {"quota": 12345, "period": 100000}}' \
    -p CPUQuotaPerSecUSec 130ms -f cpu.max "12345 100000"
}

@test "idle" {
  both '{"cpu": {"idle": 1}}' -f cpu.idle 1
}

@test "pids" {
  both '{"pids": {"limit": 17}}' -p TasksMax 17 -f pids.max 17
  both '{"pids": {"limit": -1}}' -p TasksMax infinity -f pids.max max
}

@test "io" {
  grep -qw io "$(cgroup2_root)/cgroup.controllers" || skip "missing: the controller io"
  truncate -s 1M disk
  modprobe -q loop || true
  loop=$(losetup -f --show disk) || skip "missing: a loop device"
  numbers=$((0x$(stat -c %t "$loop"))):$((0x$(stat -c %T "$loop")))
  both '{"blockIO": {"throttleReadBpsDevice": [{"major": '"${numbers%:*}"', "minor": '"${numbers#*:}"',
    "rate": 1048576}]}}' \
    -p IOReadBandwidthMax "/dev/block/$numbers 1048576" -f io.max "$numbers rbps=1048576 wbps=max riops=max wiops=max"
  losetup -d "$loop"
}

@test "unified goes by property too, whatever the file" {
  both '{"unified": {"memory.high": "50331648", "pids.max": "21", "memory.oom.group": "1"}}' \
    -p MemoryHigh 50331648 -p TasksMax 21 \
    -f memory.high 50331648 -f pids.max 21 -f memory.oom.group 1
}

@test "what this systemd has no property for is in the file all the same" {
  # memory.zswap.max since 253, memory.oom.group of a scope since 253
  both '{"unified": {"memory.zswap.max": "1048576", "memory.oom.group": "1"}}' \
    -f memory.zswap.max 1048576 -f memory.oom.group 1
}

@test "what is not set is no limit, whatever systemd's default" {
  edit '.linux.resources = {}'
  both '{}' -p TasksMax infinity -p MemoryMax infinity -p CPUQuotaPerSecUSec infinity \
    -p DevicePolicy auto -f pids.max max
}

@test "a limit that systemd passes over in silence is an error" {
  ! grep -qw hugetlb "$(cgroup2_root)/cgroup.controllers" || skip "missing: a kernel without hugetlb"
  resources '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
  refused runtime create --bundle "$BUNDLE" c1
  says hugetlb
  no_unit
}

@test "device rules are with systemd, and ours go further" {
  resources '{"devices": [{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}]}'
  created
  shows DevicePolicy strict
  property DeviceAllow | grep -qx "/dev/char/10:229 rw"
  property DeviceAllow | grep -qx "/dev/char/1:3 rwm"
}

@test "what all devices of a type may beside the default of mknod is one entry" {
  resources '{"devices": [{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "access": "rw"}]}'
  created
  [ "$(property DeviceAllow | grep -c '^char-\*')" -eq 1 ]
  property DeviceAllow | grep -qx "char-\* rwm"
}

@test "the scope is as callers expect it" {
  created
  shows Slice "$SLICE"
  shows Delegate yes
  shows DefaultDependencies no
  shows ActiveState active
  [ "$(property Description)" = "swrun container c1 of $STATE" ]
  for kind in CPU Memory IO Tasks; do shows ${kind}Accounting yes; done
}

@test "annotations set properties" {
  edit '.annotations += {"org.systemd.property.TimeoutStopSec": "7",
    "org.systemd.property.CollectMode": "'"'inactive'"'",
    "org.systemd.property.MemoryMax": "uint64 41943040",
    "org.systemd.property.Description": "'"'a name of my own'"'",
    "org.systemd.property.After": "['"'a.service', 'b.service'"']",
    "org.systemd.property.SendSIGHUP": "true"}'
  created
  shows TimeoutStopUSec 7s
  shows CollectMode inactive
  shows MemoryMax 41943040
  # With what tells the unit from another container's.
  shows Description "a name of my own (swrun container c1 of $STATE)"
  shows SendSIGHUP yes
  property After | grep -qw a.service
  ok bare delete --force c1
  no_unit
}

@test "an annotation that is no property is an error that names it" {
  for line in 'TimeoutStopUSec|soon' 'PIDs|[uint32 1]' 'Nonsense|true' 'MemoryMax|true'; do
    edit '.annotations = {("org.systemd.property." + $name): $value}' \
      --arg name "${line%|*}" --arg value "${line#*|}"
    refused runtime create --bundle "$BUNDLE" c1
    says "${line%|*}"
    no_unit
  done
}

@test "update goes to systemd and to the files" {
  resources '{"memory": {"limit": 67108864}, "pids": {"limit": 17}}'
  started
  ok bare update --memory 134217728 --pids-limit 21 --cpu-quota 30000 c1
  shows MemoryMax 134217728
  shows TasksMax 21
  shows CPUQuotaPerSecUSec 300ms
  reads memory.max 134217728
  reads pids.max 21
  systemctl daemon-reload 3>&-
  reads memory.max 134217728
  reads cpu.max "30000 100000"
}

@test "a container that is idle no more stays so, whatever systemd changes next" {
  started
  [ -e "$GROUP/cpu.idle" ] || skip "missing: cpu.idle"
  ok bare update --cpu-idle 1 c1
  ok bare update --cpu-idle 0 c1
  systemctl set-property --runtime "$UNIT" CPUQuota=50% 3>&-
  reads cpu.idle 0
  reads cpu.max "50000 100000"
}

# throttled DEVICE RATE [DEVICE RATE]: resources with a limit of reads for each device.
throttled() {
  local list=()
  while [ $# -gt 0 ]; do
    list+=("{\"major\": $((0x$(stat -c %t "$1"))), \"minor\": $((0x$(stat -c %T "$1"))), \"rate\": $2}")
    shift 2
  done
  (IFS=, && echo "{\"blockIO\": {\"throttleReadIOPSDevice\": [${list[*]}]}}")
}

two_devices_keep_limits() {
  local changed
  resources "$(throttled "$1" 100 "$2" 200)"
  started || return 1
  [ "$(wc -l <"$GROUP/io.max")" -eq 2 ] || fail "io.max has not two lines" || return 1
  changed=$(grep ' riops=100 ' "$GROUP/io.max")
  bare update -r - c1 3>&- <<<"$(throttled "$1" 300)" || return 1
  # Has systemd write what it knows.
  systemctl set-property --runtime "$UNIT" \
    IOWriteIOPSMax="/dev/block/${changed%% *} 50" 3>&- || return 1
  grep -q ' riops=200 ' "$GROUP/io.max" && grep -q ' riops=300 ' "$GROUP/io.max" ||
    fail "io.max is now" "$(cat "$GROUP/io.max")"
}

@test "an update for one device leaves the limits of another" {
  require_controller io
  local verdict=good one other
  modprobe -q loop || true
  truncate -s 1M one other
  one=$(losetup -f --show one) || skip "missing: a loop device"
  other=$(losetup -f --show other) || { losetup -d "$one" && skip "missing: a second loop device"; }
  two_devices_keep_limits "$one" "$other" || verdict=bad
  losetup -d "$one" "$other"
  [ $verdict = good ]
}

@test "an update that fails leaves systemd with the old values" {
  resources '{"memory": {"limit": 67108864}}'
  started
  refused bare update --resources - c1 </dev/null || true
  status=0
  bare update --resources - c1 2>err <<<'{"memory": {"limit": 134217728},
    "unified": {"memory.nonsense": "1"}}' || status=$?
  [ "$status" -eq 1 ]
  shows MemoryMax 67108864
  reads memory.max 67108864
}

@test "an update of device rules is with systemd too" {
  resources '{"devices": [{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}]}'
  started
  status=0
  bare update --resources - c1 <<<'{"devices": [{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "major": 10, "minor": 237, "access": "rw"}]}' 3>&- || status=$?
  [ "$status" -eq 0 ]
  property DeviceAllow | grep -qx "/dev/char/10:237 rw"
  unless grep -q "10:229" <<<"$(property DeviceAllow)"
}

# The weight of a device is in io.bfq.weight where the kernel has BFQ, and always IODeviceWeight.
@test "weights that a failed update takes back are with systemd no longer" {
  modprobe -q bfq && modprobe -q loop || skip "missing: the scheduler bfq"
  truncate -s 1M disk
  loop=$(losetup -f --show disk) || skip "missing: a loop device"
  echo bfq >"/sys/block/${loop##*/}/queue/scheduler"
  device='"major": '$((0x$(stat -c %t "$loop")))', "minor": '$((0x$(stat -c %T "$loop")))
  node=/dev/block/$((0x$(stat -c %t "$loop"))):$((0x$(stat -c %T "$loop")))
  started
  [ -e "$GROUP/io.bfq.weight" ] || { losetup -d "$loop" && skip "missing: a kernel with io.bfq.weight"; }
  weighted() {
    echo "{\"blockIO\": {\"weight\": $1, \"weightDevice\": [{$device, \"weight\": $2}]}$3}" >update.json
  }
  verdict=good
  {
    weighted 600 700 ', "unified": {"pids.max": "x"}'
    refused bare update -r update.json c1 && shows IODeviceWeight "" && shows IOWeight 100
    weighted 300 500 ""
    ok bare update -r update.json c1 && shows IODeviceWeight "$node 4950" && shows IOWeight 2930
    weighted 600 700 ', "unified": {"pids.max": "x"}'
    refused bare update -r update.json c1 && shows IODeviceWeight "$node 4950" && shows IOWeight 2930
  } || verdict=bad
  losetup -d "$loop"
  [ $verdict = good ]
}
