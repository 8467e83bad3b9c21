# SPDX-License-Identifier: Apache-2.0
# config-linux.md#offset-for-time-namespace, #memory-policy; config.md#linux-process: where and when a
# container's processes run.
load ../lib/common
setup() {
  require_runtime 1.2 1.9
  begin
}
teardown() { finish; }

# pointed POINTER: the message of a refusal names the place in config.json.
pointed() { [ "$RUNTIME" != swrun ] || says "$1:"; }

with_time() { edit '.linux.namespaces += [{"type": "time"}]'; }

@test "a time namespace is a new one, and its clocks differ by the offsets" {
  with_time
  edit '.linux.timeOffsets = {"monotonic": {"secs": 86400, "nanosecs": 5},
    "boottime": {"secs": 604800}}'
  in_container clocks namespaces
  local monotonic boottime
  monotonic=$("$PYTHON" -c 'import time; print(int(time.clock_gettime(time.CLOCK_MONOTONIC)))')
  boottime=$("$PYTHON" -c 'import time; print(int(time.clock_gettime(time.CLOCK_BOOTTIME)))')
  [ "$(fact ns:time)" != "$(readlink /proc/self/ns/time)" ]
  local difference=$(($(fact clock:monotonic) - monotonic))
  [ "$difference" -ge 86390 ] && [ "$difference" -le 86400 ] || fail "monotonic: $difference"
  difference=$(($(fact clock:boottime) - boottime))
  [ "$difference" -ge 604790 ] && [ "$difference" -le 604800 ] || fail "boottime: $difference"
}

@test "a clock may be set back, and a time namespace needs no offsets" {
  [ "$(cut -d. -f1 /proc/uptime)" -gt 150 ] || skip "missing: a clock that has run for some minutes"
  with_time
  edit '.linux.timeOffsets = {"boottime": {"secs": -100}}'
  in_container clocks
  [ "$(fact clock:boottime)" -lt "$("$PYTHON" -c '
import time; print(int(time.clock_gettime(time.CLOCK_BOOTTIME)) - 90)')" ]
  edit 'del(.linux.timeOffsets)'
  in_container namespaces
  [ "$(fact ns:time)" != "$(readlink /proc/self/ns/time)" ]
}

@test "offsets in a user namespace" {
  chown -R 100000:100000 "$BUNDLE/rootfs"
  chmod 0755 "$BATS_TEST_TMPDIR" "$BUNDLE" "$STATE" "${BATS_TEST_TMPDIR%/*}" \
    "${BATS_TEST_TMPDIR%/*/*}"
  with_time
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings
    | .linux.timeOffsets = {"boottime": {"secs": 5000000}} | del(.linux.resources)'
  in_container clocks identity
  [ "$(fact clock:boottime)" -gt 5000000 ]
  expect uid "0 0 0 0"
}

@test "a time namespace is joined by path" {
  unshare --time --fork --boottime 4000000 sleep 60 3>&- 4>&- &
  local keeper=$!
  eventually eval 'pgrep -P '"$keeper"' >/dev/null'
  local inner wanted
  inner=$(pgrep -P "$keeper")
  edit '.linux.namespaces += [{"type": "time", "path": $path}]' --arg path "/proc/$inner/ns/time"
  probe clocks namespaces
  capture runtime run --bundle "$BUNDLE" c1
  wanted=$(readlink "/proc/$inner/ns/time")
  kill "$inner" && wait "$keeper" || true
  [ "$status" -eq 0 ] || fail "exit $status"
  expect ns:time "$wanted"
  [ "$(fact clock:boottime)" -gt 4000000 ]
}

@test "a process of exec has the container's clocks" {
  with_time
  edit '.linux.timeOffsets = {"boottime": {"secs": 7000000}}'
  started
  ok runtime exec c1 /probe clocks
  [ "$(fact clock:boottime)" -gt 7000000 ]
  ok runtime delete --force c1
}

@test "offsets without a new time namespace, of another clock or beyond a second are refused" {
  edit '.linux.timeOffsets = {"boottime": {"secs": 1}}'
  refused runtime create --bundle "$BUNDLE" c1
  pointed /linux/timeOffsets
  with_time
  edit '.linux.timeOffsets = {"realtime": {"secs": 1}}'
  refused runtime create --bundle "$BUNDLE" c1
  pointed /linux/timeOffsets/realtime
  edit '.linux.timeOffsets = {"boottime": {"nanosecs": 1000000000}}'
  refused runtime create --bundle "$BUNDLE" c1
  pointed /linux/timeOffsets/boottime/nanosecs
  edit '.linux.timeOffsets = {"boottime": {"secs": 9223372036854775807}}'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says "time namespace"
}

# config-linux.md#memory-policy
@test "the memory policy is the container's, for exec too" {
  [ -e /proc/self/numa_maps ] || skip "missing: a kernel with NUMA"
  edit '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}'
  in_container placement
  [ "$(fact memory)" != ENOSYS ] || skip "missing: a kernel with NUMA"
  expect memory "32770 1"
  started
  ok runtime exec c1 /probe placement
  expect memory "32770 1"
  ok runtime delete --force c1
}

@test "a memory policy that the kernel refuses fails create and is named" {
  edit '.linux.memoryPolicy = {"mode": "MPOL_BIND", "nodes": "1000"}'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says linux.memoryPolicy
}

@test "a memory policy that is none is refused" {
  local policy pointer
  while read -r pointer policy; do
    edit '.linux.memoryPolicy = '"$policy"
    refused runtime create --bundle "$BUNDLE" c1
    pointed "/linux/memoryPolicy/$pointer"
  done <<'EOF'
mode {"mode": "MPOL_MOST"}
mode {}
nodes {"mode": "MPOL_BIND"}
nodes {"mode": "MPOL_LOCAL", "nodes": "0"}
nodes {"mode": "MPOL_BIND", "nodes": "3-1"}
nodes {"mode": "MPOL_BIND", "nodes": "0,"}
nodes {"mode": "MPOL_BIND", "nodes": "99999999"}
flags/0 {"mode": "MPOL_DEFAULT", "flags": ["MPOL_F_NONE"]}
EOF
}

# config.md#linux-process, execCPUAffinity
@test "processes of exec run on the CPUs of execCPUAffinity, and init does not" {
  [ "$(nproc)" -ge 2 ] || skip "missing: two CPUs"
  edit '.process.execCPUAffinity = {"initial": "0-1", "final": "1"}'
  in_container placement
  [ "$(fact cpus)" != 1 ]
  started
  ok runtime exec c1 /probe placement
  expect cpus 1
  ok runtime exec --process /dev/stdin c1 < <(jq '.process | .args = ["/probe", "placement"]
    | .execCPUAffinity = {"initial": "0"}' "$BUNDLE/config.json") || true
  jq '.process | .args = ["/probe", "placement"] | .execCPUAffinity = {"initial": "0"}' \
    "$BUNDLE/config.json" >process.json
  ok runtime exec --process process.json c1
  expect cpus 0
  jq '.execCPUAffinity = {"final": "7000"}' process.json >impossible.json
  capture runtime exec --process impossible.json c1
  [ "$status" -ne 0 ]
  [ "$RUNTIME" != swrun ] || says process.execCPUAffinity.final
  ok runtime delete --force c1
}

@test "a list of CPUs that is none is refused" {
  edit '.process.execCPUAffinity = {"initial": "0-"}'
  refused runtime create --bundle "$BUNDLE" c1
  pointed /process/execCPUAffinity/initial
  edit '.process.execCPUAffinity = {"final": "one"}'
  refused runtime create --bundle "$BUNDLE" c1
  pointed /process/execCPUAffinity/final
}

# A kernel with CONFIG_RT_GROUP_SCHED gives none to cgroups of v2.
real_time_in_a_cgroup() {
  local group status=0
  group=$(cgroup2_root)/$TAG-rt
  mkdir "$group"
  sh -c 'echo 0 >"$0/cgroup.procs" && exec chrt -r 1 true' "$group" 2>/dev/null || status=1
  eventually rmdir "$group"
  return $status
}

# config.md#linux-process, scheduler
@test "the scheduler is as asked for: batch, idle, round robin" {
  edit '.process.scheduler = {"policy": "SCHED_BATCH", "nice": 3}'
  in_container placement
  expect_match scheduler "3 nice 3 priority 0 *"
  edit '.process.scheduler = {"policy": "SCHED_IDLE"}'
  in_container placement
  expect_match scheduler "5 nice *"
  has_capability 23 || skip "missing: CAP_SYS_NICE"
  real_time_in_a_cgroup || skip "missing: real time in a cgroup"
  edit '.process.scheduler = {"policy": "SCHED_RR", "priority": 2,
    "flags": ["SCHED_FLAG_RESET_ON_FORK"]}'
  in_container placement
  expect_match scheduler "2 nice 0 priority 2 flags 1 *"
}

@test "the deadline scheduler with its three times" {
  has_capability 23 || skip "missing: CAP_SYS_NICE"
  edit '.process.scheduler = {"policy": "SCHED_DEADLINE", "runtime": 1000000,
    "deadline": 50000000, "period": 100000000}'
  in_container placement
  expect scheduler "6 nice 0 priority 0 flags 0 1000000 50000000 100000000"
}
