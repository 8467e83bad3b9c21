# SPDX-License-Identifier: Apache-2.0
# swrun update: each limit changes in the container's cgroup, under the semantics of runc's update.
# Spec: config-linux.md#control-groups; cgroup-v2.rst.
load ../lib/common
setup() { begin; require_cgroup2; }
teardown() { finish; }

# holds FILE TEXT: what the cgroup says.
holds() {
  local text
  text=$(cat "$GROUP/$1") || fail "no file $1" || return 1
  [ "$text" = "$2" ] || fail "$1 is '$text', wanted '$2'"
}

# with RESOURCES: a running container that has them from its config.json.
with() {
  edit '.linux.resources += $resources' --argjson resources "$1"
  started
}

# document RESOURCES: update by a document on standard input, as containerd does it.
document() {
  status=0
  runtime update --resources=- c1 >"$BATS_TEST_TMPDIR/.out" 2>"$BATS_TEST_TMPDIR/.err" \
    3>&- <<<"$1" || status=$?
  output=$(cat "$BATS_TEST_TMPDIR/.out") err=$(cat "$BATS_TEST_TMPDIR/.err")
}

# in_words TEXT...: what swrun says; others have words of their own.
in_words() {
  local text
  [ "$RUNTIME" != swrun ] || for text; do says "$text"; done
}

# updated RESOURCES: the same, and it has to work.
updated() {
  document "$1"
  [ "$status" -eq 0 ] || fail "update: exit $status"
}

@test "memory flags take bytes and units" {
  require_controller memory
  with '{"memory": {"limit": 67108864}}'
  ok runtime update --memory 128m --memory-reservation 65536k c1
  holds memory.max 134217728
  holds memory.low 67108864
  ok runtime update --memory=33554432 c1
  holds memory.max 33554432
  ok runtime update --memory 0.5g c1
  holds memory.max 536870912
}

@test "-1 takes limits away" {
  require_controller memory pids cpu
  with '{"memory": {"limit": 67108864, "swap": 67108864}, "pids": {"limit": 10},
    "cpu": {"quota": 50000}}'
  ok runtime update --memory -1 --pids-limit -1 --cpu-quota -1 c1
  holds memory.max max
  holds memory.swap.max max
  holds pids.max max
  holds cpu.max "max 100000"
}

@test "what is absent or 0 stays as it is" {
  require_controller memory cpu pids
  with '{"memory": {"limit": 67108864}, "cpu": {"quota": 50000, "period": 200000, "shares": 512},
    "pids": {"limit": 10}}'
  updated '{"memory": {"limit": 0}, "cpu": {"quota": 0, "period": 0, "shares": 0, "cpus": ""},
    "blockIO": {"weight": 0}, "pids": {}, "devices": []}'
  holds memory.max 67108864
  holds cpu.max "50000 200000"
  holds cpu.weight 59
  holds pids.max 10
}

@test "an option that is 0 leaves its limit as it is" {
  require_controller memory cpu pids
  with '{"memory": {"limit": 67108864, "reservation": 33554432}, "pids": {"limit": 10},
    "cpu": {"quota": 50000, "period": 200000, "shares": 512}}'
  ok runtime update --pids-limit 0 --memory-reservation 0 --cpu-quota 0 --cpu-period 0 --cpu-share 0 \
    --blkio-weight 0 c1
  holds pids.max 10
  holds memory.low 33554432
  holds cpu.max "50000 200000"
  holds cpu.weight 59
}

@test "quota and period are combined with what the other one is" {
  require_controller cpu
  with '{"cpu": {"quota": 50000, "period": 200000}}'
  ok runtime update --cpu-quota 80000 c1
  holds cpu.max "80000 200000"
  ok runtime update --cpu-period 100000 c1
  holds cpu.max "80000 100000"
  echo "30000 60000" >"$GROUP/cpu.max"
  ok runtime update --cpu-quota 20000 c1
  holds cpu.max "20000 60000"
  echo "30000 60000" >"$GROUP/cpu.max"
  ok runtime update --cpu-period 90000 c1
  holds cpu.max "30000 90000"
}

@test "the burst grows and shrinks with the quota" {
  require_controller cpu
  with '{"cpu": {"quota": 50000, "burst": 20000}}'
  holds cpu.max.burst 20000
  ok runtime update --cpu-quota 200000 --cpu-burst 150000 c1
  holds cpu.max.burst 150000
  holds cpu.max "200000 100000"
  ok runtime update --cpu-quota 10000 --cpu-burst 5000 c1
  holds cpu.max.burst 5000
  holds cpu.max "10000 100000"
  ok runtime update --cpu-burst 0 c1
  holds cpu.max.burst 0
}

@test "an idle container gets its weight back" {
  require_controller cpu
  with '{"cpu": {"shares": 512}}'
  [ -e "$GROUP/cpu.idle" ] || skip "missing: cpu.idle"
  ok runtime update --cpu-idle 1 c1
  holds cpu.idle 1
  ok runtime update --cpu-share 256 c1
  holds cpu.idle 1
  ok runtime update --cpu-idle 0 c1
  holds cpu.idle 0
  holds cpu.weight 35
}

@test "memory and swap go together with the values that hold" {
  require_controller memory
  with '{"memory": {"limit": 67108864, "swap": 100663296}}'
  holds memory.swap.max 33554432
  ok runtime update --memory-swap 134217728 c1
  holds memory.max 67108864
  holds memory.swap.max 67108864
  # The memory limit alone leaves the swap limit be.
  ok runtime update --memory 33554432 c1
  holds memory.max 33554432
  holds memory.swap.max 67108864
  ok runtime update --memory 134217728 --memory-swap 134217728 c1
  holds memory.max 134217728
  holds memory.swap.max 0
  refused runtime update --memory-swap 67108864 c1
  says "below memory.limit"
  holds memory.swap.max 0
}

@test "a memory limit below what is used is refused where that is to be checked" {
  require_controller memory
  with '{"memory": {"limit": 268435456}}'
  document '{"memory": {"limit": 4096, "checkBeforeUpdate": true}, "pids": {"limit": 3}}'
  [ "$status" -eq 1 ]
  in_words "in use"
  holds memory.max 268435456
  # The container's process is as well as before.
  [ "$(container_status c1)" = running ]
}

@test "blkio weight and throttles, one device at a time" {
  require_controller io
  with '{}'
  local device
  device=$(lsblk -dno MAJ:MIN 2>/dev/null | head -1 | tr -d ' ')
  device=${device:-$(cat /sys/block/*/dev | head -1)}
  [ -n "$device" ] || skip "missing: a block device"
  updated "{\"blockIO\": {\"throttleReadBpsDevice\":
    [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 1048576}]}}"
  holds io.max "$device rbps=1048576 wbps=max riops=max wiops=max"
  updated "{\"blockIO\": {\"throttleWriteIOPSDevice\":
    [{\"major\": ${device%:*}, \"minor\": ${device#*:}, \"rate\": 100}]}}"
  holds io.max "$device rbps=1048576 wbps=max riops=max wiops=100"
}

@test "cpusets" {
  require_controller cpuset
  with '{}'
  ok runtime update --cpuset-cpus 0 --cpuset-mems 0 c1
  holds cpuset.cpus 0
  holds cpuset.mems 0
}

@test "a controller that is not enabled yet is enabled down the path" {
  require_controller pids
  with '{}'
  [ ! -e "$GROUP/pids.max" ] || skip "missing: a host that does not enable pids everywhere"
  ok runtime update --pids-limit 77 c1
  holds pids.max 77
}

@test "no limit where there is none enables nothing" {
  require_controller pids
  with '{}'
  [ ! -e "$GROUP/pids.max" ] || skip "missing: a host that does not enable pids everywhere"
  ok runtime update --pids-limit -1 c1
  [ ! -e "$GROUP/pids.max" ]
}

@test "unified takes any file, and wins" {
  require_controller memory pids
  with '{"memory": {"limit": 67108864}}'
  updated '{"pids": {"limit": 5}, "unified": {"pids.max": "9", "memory.high": "33554432"}}'
  holds pids.max 9
  holds memory.high 33554432
}

@test "what cgroup v2 has not is a warning" {
  require_controller memory
  with '{"memory": {"limit": 67108864}}'
  ok runtime update --kernel-memory 10m --kernel-memory-tcp 1m --cpu-rt-runtime 5 c1
  in_words "memory/kernel is ignored" "memory/kernelTCP is ignored" "cpu/realtimeRuntime is ignored"
  holds memory.max 67108864
}

@test "RDT is an error" {
  started
  refused runtime update --l3-cache-schema 'L3:0=f' c1
  in_words resctrl
  refused runtime update --mem-bw-schema 'MB:0=10' c1
}

@test "values that are none are refused before anything is done" {
  with '{}'
  refused runtime update --memory 12q c1
  refused runtime update --memory -2 c1
  refused runtime update --cpu-quota many c1
  refused runtime update --cpu-idle 2 c1
  document '{"memory": {"limit": "much"}}'
  [ "$status" -eq 1 ]
  in_words /memory/limit
  document '{"memory": '
  [ "$status" -eq 1 ]
}

@test "created and running containers take an update, stopped ones do not" {
  require_controller pids
  edit '.linux.resources.pids.limit = 20'
  created
  ok runtime update --pids-limit 30 c1
  holds pids.max 30
  ok runtime start c1
  ok runtime update --pids-limit 31 c1
  holds pids.max 31
  ok runtime kill c1 KILL
  becomes stopped
  refused runtime update --pids-limit 32 c1
  says "container not running"
  refused runtime update --pids-limit 32 nobody
  says "does not exist"
}

@test "a frozen container takes an update" {
  require_controller pids
  with '{"pids": {"limit": 20}}'
  echo 1 >"$GROUP/cgroup.freeze"
  ok runtime update --pids-limit 30 c1
  holds pids.max 30
  [ "$(container_status c1)" = paused ]
  echo 0 >"$GROUP/cgroup.freeze"
}

@test "the state says what holds" {
  [ "$RUNTIME" = swrun ] || skip "the state is $RUNTIME's own"
  require_controller memory
  with '{"memory": {"limit": 67108864}}'
  ok runtime update --memory 128m c1
  [ "$(jq .resources.memory.limit "$STATE/c1/state.json")" = 134217728 ]
  [ "$(jq .undo "$STATE/c1/state.json")" = null ]
}
