# SPDX-License-Identifier: Apache-2.0
# config.md#linux-process and config-linux.md: what is set on the process before its program, and labels
# of security modules, which are had or an error.
load ../lib/common
setup() {
  require_runtime 1.2 1.8
  begin
}
teardown() { finish; }

# config-linux.md#personality
@test "the personality is the container's, for exec too" {
  edit '.linux.personality = {"domain": "LINUX32"}'
  in_container knobs
  expect personality 8
  started
  ok runtime exec c1 /probe knobs
  expect personality 8
  ok runtime delete --force c1
  edit '.linux.personality = {"domain": "LINUX"}'
  in_container knobs
  expect personality 0
}

@test "the I/O priority is as asked for" {
  edit '.process.ioPriority = {"class": "IOPRIO_CLASS_BE", "priority": 6}'
  in_container knobs
  expect ioprio $((2 << 13 | 6))
  edit '.process.ioPriority = {"class": "IOPRIO_CLASS_IDLE"}'
  in_container knobs
  expect ioprio $((3 << 13))
}

# podman 5 raises RLIMIT_NPROC so. It is the host's right, which root of the namespace has not.
@test "a resource limit above the caller's own is had in a user namespace too" {
  has_capability 24 || skip "missing: CAP_SYS_RESOURCE"
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings
    | .process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 1500, "hard": 2000}]'
  chown -R 100000:100000 "$BUNDLE/rootfs"
  chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/.. "$BATS_TEST_TMPDIR"/../.. "$BUNDLE"
  probe rlimits
  capture prlimit --nofile=900:1000 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  expect rlimit:NOFILE "1500 2000"
}

has_selinux() { [ -e /sys/fs/selinux/enforce ]; }
has_apparmor() { grep -qsx Y /sys/module/apparmor/parameters/enabled; }

@test "a label of SELinux where it is not in force is an error that says so" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME passes over labels without SELinux"
  ! has_selinux || skip "SELinux is in force here"
  edit '.process.selinuxLabel = "system_u:system_r:container_t:s0"'
  refused runtime create --bundle "$BUNDLE" c1
  says process.selinuxLabel
  says "is SELinux enabled"
}

@test "a label of mounts where SELinux is not in force is an error that says so" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME passes over labels without SELinux"
  ! has_selinux || skip "SELinux is in force here"
  edit '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
  refused runtime create --bundle "$BUNDLE" c1
  says /linux/mountLabel
  says SELinux
}

@test "a profile of AppArmor where it is not in force is an error that says so" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has words of its own"
  ! has_apparmor || skip "AppArmor is in force here"
  edit '.process.apparmorProfile = "some-profile"'
  refused runtime create --bundle "$BUNDLE" c1
  says process.apparmorProfile
  says "AppArmor is not enabled"
}

@test "a profile of AppArmor that is not loaded fails create" {
  has_apparmor || skip "missing: AppArmor"
  edit '.process.apparmorProfile = "no-such-profile-'"$TAG"'"'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says process.apparmorProfile
}

# config-linux.md#memory and others: what cgroup v2 has nothing for
@test "what cgroup v2 has nothing for is a warning by its pointer" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has words of its own"
  edit '.linux.resources += {"memory": {"swappiness": 5, "disableOOMKiller": true, "kernel": 1,
    "kernelTCP": 1, "useHierarchy": false}, "cpu": {"realtimeRuntime": 1, "realtimePeriod": 2},
    "blockIO": {"leafWeight": 10, "weightDevice": [{"major": 1, "minor": 1, "leafWeight": 10}]},
    "network": {"classID": 1, "priorities": [{"name": "lo", "priority": 1}]}}'
  capture runtime run --bundle "$BUNDLE" c1
  local pointer
  for pointer in memory/swappiness memory/disableOOMKiller memory/kernel memory/kernelTCP \
    memory/useHierarchy \
    cpu/realtimeRuntime cpu/realtimePeriod blockIO/leafWeight \
    blockIO/weightDevice/0/leafWeight network/classID network/priorities; do
    grep -qF "warning: /linux/resources/$pointer is ignored" <<<"$err" || fail "no $pointer"
  done
}
