# SPDX-License-Identifier: Apache-2.0
# config.md#linux-process, selinuxLabel; config-linux.md#mount-label: with SELinux in force and the small
# policy beside this file.
# Twice: with and without a user namespace.
load ../lib/common

LABEL=u:r:container_t:s0:c1,c2
MOUNT_LABEL=u:object_r:container_file_t:s0:c1,c2

setup_file() {
  [ -e /sys/fs/selinux/enforce ] || mount -t selinuxfs none /sys/fs/selinux 2>/dev/null || return 0
  secilc -c 33 -o "$BATS_FILE_TMPDIR/policy" -f /dev/null "$CONFORMANCE/labels/policy.cil"
  # The kernel wants it in one write.
  dd if="$BATS_FILE_TMPDIR/policy" of=/sys/fs/selinux/load bs=1M status=none
  echo 1 >/sys/fs/selinux/enforce
}

setup() {
  [ -e /sys/fs/selinux/enforce ] || skip "missing: SELinux in force; conformance/vm/suite uml+selinux direct"
  begin
  edit '.process.selinuxLabel = $own | .linux.mountLabel = $of_mounts' \
    --arg own $LABEL --arg of_mounts $MOUNT_LABEL
}
teardown() { finish; }

label_of() { getfattr --only-values -n security.selinux --absolute-names "$1" | tr -d '\0'; }

# of_root PATH: what the container has there.
of_root() { echo "/proc/$(container_pid c1)/root$1"; }

@test "init, and what exec adds, have the container's label" {
  started
  [ "$(cat "/proc/$(container_pid c1)/attr/current")" = $LABEL ]
  ok runtime exec c1 /probe labels
  expect label $LABEL
}

@test "a program with and without no_new_privs has the label" {
  local value
  for value in true false; do
    edit ".process.noNewPrivileges = $value"
    in_container labels
    expect label $LABEL
  done
}

@test "exec takes a label of its own, by option and by file" {
  started
  ok runtime exec --process-label u:r:other_t:s0 c1 /probe labels
  expect label u:r:other_t:s0
  jq '.process | .args = ["/probe", "labels"] | .selinuxLabel = "u:r:other_t:s0:c1"' \
    "$BUNDLE/config.json" >process.json
  ok runtime exec --process process.json c1
  expect label u:r:other_t:s0:c1
}

@test "the policy holds for the container's processes" {
  echo word >"$BUNDLE/rootfs/secret"
  setfattr -n security.selinux -v u:object_r:secret_t:s0 "$BUNDLE/rootfs/secret"
  probe file /secret
  ok runtime run --bundle "$BUNDLE" c1
  grep -q EACCES <<<"$output"
  edit '.process.selinuxLabel = "u:r:other_t:s0"'
  ok runtime run --bundle "$BUNDLE" c2
  grep -q word <<<"$output"
}

@test "the session keyring has the label of the container's processes" {
  in_container labels
  expect keyring-label $LABEL
}

@test "exec finds the container's session keyring" {
  started
  ok runtime exec c1 /probe labels knobs
  expect keyring-label $LABEL
  expect keyring _ses.c1
}

# What shows the kernel has labels of its own.
@test "new file systems have the mount label, and what shows the kernel has not" {
  local path
  started
  # In a user namespace it is the host's own.
  [ -n "${IN_USER_NAMESPACE-}" ] || [ "$(label_of "$(of_root /dev/null)")" = $MOUNT_LABEL ]
  for path in /dev /dev/pts /dev/shm /dev/mqueue; do
    [ "$(label_of "$(of_root $path)")" = $MOUNT_LABEL ] || fail "$path: $(label_of "$(of_root $path)")"
  done
  for path in /proc /sys /sys/fs/cgroup; do
    [ "$(label_of "$(of_root $path)")" = u:object_r:host_t:s0 ] || fail "$path"
  done
}

@test "a mount that brings its own context keeps it" {
  local own=u:object_r:secret_t:s0:c1,c2
  [ "$RUNTIME" != swrun ] || edit '.mounts += [
    {"destination": "/plain", "type": "tmpfs", "source": "m", "options": ["context=" + $own]}]' \
    --arg own $own
  edit '.mounts += [
    {"destination": "/quoted", "type": "tmpfs", "source": "m", "options": ["context=\"" + $own + "\""]}]
    | del(.linux.mountLabel)' --arg own $own
  started
  [ "$RUNTIME" != swrun ] || [ "$(label_of "$(of_root /plain)")" = $own ]
  [ "$(label_of "$(of_root /quoted)")" = $own ]
}

@test "a mount that brings its own context keeps it beside a mount label" {
  local own=u:object_r:secret_t:s0:c1,c2
  edit '.mounts += [
    {"destination": "/own", "type": "tmpfs", "source": "m", "options": ["context=\"" + $own + "\""]}]' \
    --arg own $own
  started
  [ "$(label_of "$(of_root /own)")" = $own ]
}

@test "a file system that a running container is given has the mount label, or its own" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's own verb"
  local own=u:object_r:secret_t:s0:c1,c2
  started
  ok runtime mounts add c1 '[{"destination": "/added", "type": "tmpfs", "source": "m"}]'
  [ "$(label_of "$(of_root /added)")" = $MOUNT_LABEL ] || fail "$(label_of "$(of_root /added)")"
  ok runtime mounts add c1 "$(jq -nc --arg own $own \
    '{destination: "/own", type: "tmpfs", source: "m", options: ["context=" + $own]}')"
  [ "$(label_of "$(of_root /own)")" = $own ] || fail "$(label_of "$(of_root /own)")"
}

@test "a label that the policy does not have is refused" {
  edit '.process.selinuxLabel = "u:r:nobody_t:s0"'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says "process.selinuxLabel u:r:nobody_t:s0"
  edit '.process.selinuxLabel = $own | .linux.mountLabel = "u:object_r:nobody_t:s0"' \
    --arg own $LABEL
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says /linux/mountLabel
}
