# SPDX-License-Identifier: Apache-2.0
# config.md#root and config-linux.md: the root file system, its devices, and what is hidden in it.
load ../lib/common
setup() { begin; }
teardown() { finish; }

@test "a read-only root cannot be written to but its mounts can" {
  edit '.root.readonly = true'
  in_container writable / /etc /dev /dev/shm
  expect write:/ EROFS
  expect write:/etc EROFS
  expect write:/dev ok
  expect write:/dev/shm ok
}

@test "a writable root can be written to" {
  in_container writable / /etc
  expect write:/ ok
  expect write:/etc ok
}

@test "the root is the bundle's and keeps its mode" {
  chmod 0711 "$BUNDLE/rootfs"
  in_container root
  expect root "0711 0:0"
}

@test "an absolute root path is taken as it is" {
  mv "$BUNDLE/rootfs" "$BATS_TEST_TMPDIR/elsewhere"
  edit '.root.path = $path' --arg path "$BATS_TEST_TMPDIR/elsewhere"
  in_container say here
}

root_propagates() {
  edit '.linux.rootfsPropagation = $value' --arg value "$1"
  in_container mounts
  expect_match mount:/ "* $2"
}

# config-linux.md#rootfs-mount-propagation
@test "rootfsPropagation private" { root_propagates private private; }
@test "rootfsPropagation rprivate" { root_propagates rprivate private; }
@test "rootfsPropagation shared" { root_propagates shared shared; }
@test "rootfsPropagation unbindable" { root_propagates unbindable unbindable; }

# A host as systemd makes it shares all its mounts.
@test "a container that shares the host's mounts takes none away with it" {
  entry /bin/true
  mkdir "$BATS_TEST_TMPDIR/precious"
  cat >host <<'HOST'
mount --make-rshared / && mount -t tmpfs precious "$1" && shift || exit 99
before=$(sort /proc/self/mountinfo)
"$@" || exit
[ "$(sort /proc/self/mountinfo)" = "$before" ] || { echo gone && exit 98; }
HOST
  for value in shared rshared slave private; do
    edit '.linux.rootfsPropagation = $value' --arg value "$value"
    ok unshare -m --propagation private sh host "$BATS_TEST_TMPDIR/precious" \
      "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  done
}

@test "without rootfsPropagation nothing is propagated to the host" {
  mkdir "$BATS_TEST_TMPDIR/peer"
  mount -t tmpfs peer "$BATS_TEST_TMPDIR/peer"
  mount --make-shared "$BATS_TEST_TMPDIR/peer"
  edit '.mounts += [{"destination": "/mnt", "type": "bind", "source": $path,
    "options": ["rbind"]}] | .process.capabilities.bounding += ["CAP_SYS_ADMIN"]
    | .process.capabilities.effective += ["CAP_SYS_ADMIN"]
    | .process.capabilities.permitted += ["CAP_SYS_ADMIN"]' --arg path "$BATS_TEST_TMPDIR/peer"
  entry /bin/sh -c 'mkdir /mnt/x && /bin/busybox mount -t tmpfs x /mnt/x && echo mounted'
  ok runtime run --bundle "$BUNDLE" c1
  count=$(grep -c "$BATS_TEST_TMPDIR/peer/x" /proc/self/mountinfo || true)
  umount -R "$BATS_TEST_TMPDIR/peer"
  [ "$output" = mounted ]
  [ "$count" -eq 0 ]
}

# config-linux.md#default-devices
@test "the default devices are there and open" {
  in_container devices
  expect dev:/dev/null "c 1:3 0666 0:0 opens"
  expect dev:/dev/zero "c 1:5 0666 0:0 opens"
  expect dev:/dev/full "c 1:7 0666 0:0 opens"
  expect dev:/dev/random "c 1:8 0666 0:0 opens"
  expect dev:/dev/urandom "c 1:9 0666 0:0 opens"
  expect_match dev:/dev/tty "c 5:0 0666 0:* ENXIO"
  expect dev:/dev/ptmx "-> pts/ptmx"
}

# runtime-linux.md#dev-symbolic-links
@test "the links into /proc/self/fd are there" {
  in_container devices
  expect dev:/dev/fd "-> /proc/self/fd"
  expect dev:/dev/stdin "-> /proc/self/fd/0"
  expect dev:/dev/stdout "-> /proc/self/fd/1"
  expect dev:/dev/stderr "-> /proc/self/fd/2"
}

@test "nothing else is in /dev" {
  in_container devices
  known='null|zero|full|random|urandom|tty|ptmx|fd|stdin|stdout|stderr|core|console'
  unless grep -P "^dev:/dev/(?!($known)=)" <<<"$output"
}

# config-linux.md#devices
@test "a listed device has the given numbers, mode and owner" {
  edit '.linux.devices = [
    {"path": "/dev/own", "type": "c", "major": 1, "minor": 5, "fileMode": 416, "uid": 7, "gid": 8},
    {"path": "/dev/queue", "type": "p", "fileMode": 438},
    {"path": "/deep/er/block", "type": "b", "major": 7, "minor": 200, "fileMode": 384}]
    | if .linux.resources then .linux.resources.devices +=
      [{"allow": true, "type": "b", "major": 7, "minor": 200, "access": "rwm"}] else . end'
  in_container devices stat /deep/er/block
  expect_match dev:/dev/own "c 1:5 0640 7:8 *"
  expect_match dev:/dev/queue "p 0:0 0666 0:0 *"
  expect stat:/deep/er/block "b 0600 0:0"
}

@test "a listed default device replaces the default" {
  edit '.linux.devices = [{"path": "/dev/zero", "type": "c", "major": 1, "minor": 5,
    "fileMode": 384, "uid": 3, "gid": 4}]'
  in_container devices
  expect_match dev:/dev/zero "c 1:5 0600 3:4 *"
}

# Callers add devices to those of an image without a look at them.
@test "of several devices at one path the first is made" {
  edit '.linux.devices = [{"path": "/dev/own", "type": "c", "major": 1, "minor": 5},
    {"path": "/dev/own", "type": "c", "major": 1, "minor": 5, "fileMode": 384},
    {"path": "/dev/own", "type": "c", "major": 1, "minor": 3}]'
  in_container devices
  expect_match dev:/dev/own "c 1:5 0666 *"
  [ "$RUNTIME" = swrun ] || return 0
  [ "$err" = 'swrun: warning: /linux/devices/2 is ignored: /linux/devices/0 is another device at "/dev/own"' ]
}

# config-linux.md#masked-paths
@test "masked paths cannot be read and absent ones are no error" {
  mkdir "$BUNDLE/rootfs/secret" && echo data >"$BUNDLE/rootfs/secret/name"
  echo data >"$BUNDLE/rootfs/hidden"
  edit '.linux.maskedPaths += ["/secret", "/hidden", "/not/there"]'
  in_container masked /secret /hidden /not/there /proc/kcore /proc/keys /proc/timer_list /sys/firmware
  expect read:/secret empty
  expect read:/hidden empty
  expect read:/not/there absent
  unless grep -E '=(bytes|directory)$' <<<"$output"
}

@test "a masked directory cannot be written to" {
  mkdir "$BUNDLE/rootfs/secret"
  edit '.linux.maskedPaths += ["/secret"]'
  in_container writable /secret
  expect write:/secret EROFS
}

# CVE-2025-31133: the source of a mask must be the real null device
@test "a container that swaps /dev/null does not weaken the masks" {
  edit '.linux.devices = [{"path": "/dev/null", "type": "c", "major": 1, "minor": 5}]'
  in_container masked /proc/keys /proc/timer_list /proc/kcore
  unless grep -E '=(bytes|directory)$' <<<"$output"
}

# config-linux.md#readonly-paths
@test "read-only paths cannot be written to and absent ones are no error" {
  mkdir "$BUNDLE/rootfs/fixed" && touch "$BUNDLE/rootfs/fixed/file"
  edit '.linux.readonlyPaths += ["/fixed", "/fixed/file", "/not/there"]'
  in_container writable /fixed /fixed/file /proc/sys/kernel/hostname /proc/sysrq-trigger
  expect write:/fixed EROFS
  expect write:/fixed/file EROFS
  expect write:/proc/sys/kernel/hostname EROFS
  # Not every kernel has it.
  [ ! -e /proc/sysrq-trigger ] || expect write:/proc/sysrq-trigger EROFS
}

@test "read-only paths keep the flags of the mount below" {
  in_container mounts
  expect_match mount:/proc/sys "proc *ro* / *"
  edit '.mounts[0].options = ["nosuid", "noexec", "nodev"]'
  in_container mounts
  expect_match mount:/proc/sys "proc *nodev,noexec,nosuid*ro* / *"
}

# config-linux.md#sysctl
@test "sysctls of the container's own namespaces are set" {
  edit '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "4096",
    "fs.mqueue.msg_max": "7"}'
  in_container sysctl net.ipv4.ip_forward kernel.msgmax fs.mqueue.msg_max
  expect sysctl:net.ipv4.ip_forward 1
  expect sysctl:kernel.msgmax 4096
  expect sysctl:fs.mqueue.msg_max 7
}

@test "a sysctl of the host is refused" {
  before=$(cat /proc/sys/vm/swappiness)
  edit '.linux.sysctl = {"vm.swappiness": "1"}'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$(cat /proc/sys/vm/swappiness)" = "$before" ]
  [ "$RUNTIME" != swrun ] || says vm.swappiness
}

@test "a net sysctl without a network namespace is refused" {
  edit '.linux.namespaces |= map(select(.type != "network"))
    | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
  refused runtime create --bundle "$BUNDLE" c1
}

@test "hostname and domainname are set" {
  edit '.hostname = "box" | .domainname = "example.org"'
  in_container names
  expect hostname box
  expect domainname example.org
}

@test "the host's name stays as it is" {
  before=$(hostname)
  edit '.hostname = "box"'
  in_container names
  [ "$(hostname)" = "$before" ]
}
