# SPDX-License-Identifier: Apache-2.0
# config-linux.md#control-groups: where the container lives, what it may use and open.
load ../lib/common
setup() { begin; require_cgroup2; }
teardown() { finish; }

# The path of a process in the v2 hierarchy.
path_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }

@test "the process is born in the cgroup of the given path" {
  created
  [ "$(path_of "$(container_pid c1)")" = "/$TAG/c1" ]
}

@test "from inside, a cgroup namespace shows / as the path" {
  in_container cgroup
  expect cgroup /
}

@test "without a cgroup namespace the process sees its path" {
  edit '.linux.namespaces |= map(select(.type != "cgroup"))'
  in_container cgroup
  expect cgroup "/$TAG/c1"
}

# docker and podman --cgroupns=host, privileged pods: what looks for its own place finds it.
@test "without a cgroup namespace the whole hierarchy is mounted, as writable as it was asked for" {
  edit '.linux.namespaces |= map(select(.type != "cgroup"))'
  entry /bin/sh -c 'own=$(cat /proc/self/cgroup) && own=/sys/fs/cgroup${own##*::}
    cat "$own/cgroup.procs"; if mkdir "$own/below" 2>/dev/null; then echo made; fi'
  ok runtime run --bundle "$BUNDLE" c1
  [ -n "$output" ]
  unless grep -q made <<<"$output"
  edit '.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
  ok runtime run --bundle "$BUNDLE" c2
  grep -q made <<<"$output"
}

@test "a relative path is below a cgroup that the runtime chooses" {
  edit '.linux.cgroupsPath = $path' --arg path "$TAG/c1"
  created
  [[ "$(path_of "$(container_pid c1)")" == */"$TAG/c1" ]]
}

# dockerd's BuildKit, where systemd is dockerd's manager of cgroups
@test "a path in systemd's form is a directory to the manager of directories" {
  edit '.linux.cgroupsPath = $path' --arg path "system.slice:docker:$TAG"
  created
  local own
  own=$(path_of "$(container_pid c1)")
  [[ "$own" == *"/system.slice:docker:$TAG" ]]
  ok runtime delete --force c1
  [ ! -e "$(cgroup2_root)$own" ]
}

@test "without a path the container has a cgroup of its own" {
  edit 'del(.linux.cgroupsPath)'
  # The cgroup is named by the id, for all who run here at this moment.
  local id=own-$$-$BATS_TEST_NUMBER
  created "$id"
  [ "$(path_of "$(container_pid "$id")")" != "$(path_of $$)" ]
  own=$(cgroup2_root)$(path_of "$(container_pid "$id")")
  [ -d "$own" ]
  ok runtime delete --force "$id"
  [ ! -d "$own" ]
}

@test "delete removes the cgroup, with what the container made in it" {
  created
  mkdir -p "$(cgroup2_root)/$TAG/c1/below/deeper"
  ok runtime delete --force c1
  [ ! -d "$(cgroup2_root)/$TAG/c1" ]
}

@test "a path with .. cannot leave" {
  edit '.linux.cgroupsPath = $path' --arg path "/$TAG/../../../../$TAG/c1"
  probe wait
  capture runtime create --bundle "$BUNDLE" c1
  [ "$status" -ne 0 ] || [ "$(path_of "$(container_pid c1)")" = "/$TAG/c1" ]
}

# config-linux.md#allowed-device-list; the program is eBPF
device_rules() {
  ! lacks_resources || skip "missing: CAP_SYS_RESOURCE, without which $RUNTIME sets no device rules"
  edit '.process.capabilities |= map_values(. + ["CAP_MKNOD"])
    | .linux.resources.devices = $rules' --argjson rules "$1"
}

@test "a device that no rule allows cannot be opened" {
  device_rules '[{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "access": "m"}]'
  in_container mknod /dev/rtc c 10 229
  expect mknod:/dev/rtc made
  expect read:/dev/rtc EPERM
  expect write:/dev/rtc EPERM
}

@test "what a rule allows works, and no more" {
  device_rules '[{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "access": "m"},
    {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "w"}]'
  in_container mknod /dev/mine c 10 229
  expect read:/dev/mine EPERM
  expect_match write:/dev/mine "[!E]*"
  [ "$(fact write:/dev/mine)" != EPERM ]
}

@test "mknod that no rule allows is refused" {
  device_rules '[{"allow": false, "access": "rwm"}]'
  in_container mknod /dev/block b 7 200
  if [ "$RUNTIME" = swrun ]; then
    # mknod of any device is harmless and allowed by default; opening it is not.
    expect_match mknod:/dev/block "*"
    [ "$(fact read:/dev/block || echo EPERM)" = EPERM ]
  else
    [ "$(fact read:/dev/block || echo EPERM)" = EPERM ]
  fi
}

@test "a later device rule wins" {
  device_rules '[{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "access": "rwm"},
    {"allow": false, "type": "c", "major": 10, "minor": 229, "access": "r"}]'
  in_container mknod /dev/mine c 10 229
  expect read:/dev/mine EPERM
  [ "$(fact write:/dev/mine)" != EPERM ]
}

@test "the default devices work whatever the rules deny" {
  device_rules '[{"allow": false, "access": "rwm"}]'
  in_container devices
  expect dev:/dev/null "c 1:3 0666 0:0 opens"
  expect dev:/dev/urandom "c 1:9 0666 0:0 opens"
}

@test "a tunnel can be made, but no other device" {
  [ -c /dev/net/tun ] || skip "missing: /dev/net/tun"
  device_rules '[{"allow": false, "access": "rwm"}]'
  in_container mknod /dev/tun c 10 200
  [ "$(fact read:/dev/tun)" != EPERM ] || fail "EPERM"
  [ "$(fact write:/dev/tun)" != EPERM ] || fail "EPERM"
}

# Whoever is born there would never run: no message and no end.
@test "a frozen cgroup, or one below a frozen one, is refused" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME looks at the group alone, if at all"
  local top
  top=$(cgroup2_root)/frozen$TAG
  mkdir -p "$top/inner"
  entry /bin/true
  echo 1 >"$top/cgroup.freeze"
  for path in "/frozen$TAG" "/frozen$TAG/inner" "/frozen$TAG/new"; do
    edit '.linux.cgroupsPath = $path' --arg path "$path"
    PATIENCE=10 refused runtime run --bundle "$BUNDLE" c1
    says "it is frozen, or one above it"
  done
  echo 0 >"$top/cgroup.freeze"
  ok runtime run --bundle "$BUNDLE" c1
  [ ! -d "$top/inner" ] || rmdir "$top/inner"
  rmdir "$top"
}

# issue: no silent fallback where a controller is missing
refuses_without() {
  local controller=$1
  ! lacks_resources || skip "missing: CAP_SYS_RESOURCE"
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has words of its own"
  ! grep -qsw "$controller" "$(cgroup2_root)/cgroup.controllers" ||
    skip "missing: a host without the controller $controller"
  edit '.linux.resources += $resources' --argjson resources "$2"
  refused runtime create --bundle "$BUNDLE" c1
  says "$controller"
}

@test "a memory limit without the controller is an error that names it" {
  refuses_without memory '{"memory": {"limit": 67108864}}'
}
@test "a cpu limit without the controller is an error that names it" {
  refuses_without cpu '{"cpu": {"quota": 50000, "period": 100000}}'
}
@test "a pids limit without the controller is an error that names it" {
  refuses_without pids '{"pids": {"limit": 10}}'
}
@test "a cpuset without the controller is an error that names it" {
  refuses_without cpuset '{"cpu": {"cpus": "0"}}'
}
@test "an io weight without the controller is an error that names it" {
  refuses_without io '{"blockIO": {"weight": 100}}'
}

# limit CONTROLLER RESOURCES FILE VALUE
limit() {
  require_controller "$1"
  edit '.linux.resources += $resources' --argjson resources "$2"
  created
  [ "$(cat "$(cgroup2_root)/$TAG/c1/$3")" = "$4" ]
}

@test "memory.limit is memory.max" {
  limit memory '{"memory": {"limit": 67108864}}' memory.max 67108864
}
@test "memory.reservation is memory.low" {
  limit memory '{"memory": {"reservation": 33554432}}' memory.low 33554432
}
@test "memory.swap is the difference" {
  limit memory '{"memory": {"limit": 67108864, "swap": 100663296}}' memory.swap.max 33554432
}
@test "cpu quota and period are cpu.max" {
  limit cpu '{"cpu": {"quota": 50000, "period": 200000}}' cpu.max "50000 200000"
}
@test "cpu shares are cpu.weight" {
  limit cpu '{"cpu": {"shares": 1024}}' cpu.weight 100
}
@test "pids.limit is pids.max" {
  limit pids '{"pids": {"limit": 17}}' pids.max 17
}
@test "cpus are cpuset.cpus" {
  limit cpuset '{"cpu": {"cpus": "0"}}' cpuset.cpus 0
}
@test "unified is written as it is" {
  limit pids '{"unified": {"pids.max": "21"}}' pids.max 21
}
@test "a hugetlb limit is hugetlb max" {
  [ -d /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "missing: huge pages of 2 MB"
  ! lacks_resources || skip "missing: CAP_SYS_RESOURCE"
  limit hugetlb '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}' hugetlb.2MB.max 4194304
}

@test "a unified key with a slash is refused" {
  edit '.linux.resources.unified = {"../cgroup.procs": "0"}'
  refused runtime create --bundle "$BUNDLE" c1
}

# The limit holds before init is born, so that nothing escapes it; init itself needs little.
@test "a memory limit of 1 MiB does not kill init" {
  require_controller memory
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME needs more"
  edit '.linux.resources.memory = {limit: 1048576, swap: 1048576}'
  entry /bin/true
  ok runtime run --bundle "$BUNDLE" c1
}
@test "a memory limit that is too low for init says so" {
  require_controller memory
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has words of its own"
  edit '.linux.resources.memory = {limit: 65536, swap: 65536}'
  entry /bin/true
  refused runtime run --bundle "$BUNDLE" c1
  says "memory limit is too low"
}
