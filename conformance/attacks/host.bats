# SPDX-License-Identifier: Apache-2.0
# Ways from a container to what is the host's.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
}
teardown() { finish; }

# CVE-2023-25809
@test "without a cgroup and a cgroup namespace the host's hierarchy is read-only" {
  require_cgroup2
  edit '.linux.namespaces |= map(select(.type != "cgroup")) | del(.linux.resources)
    | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
  entry /bin/sh -c 'while read -r _ _ _ _ place options _; do
    if [ "$place" = /sys/fs/cgroup ]; then echo "$options"; fi; done </proc/self/mountinfo'
  capture unshare -m --propagation private sh -c 'umount -R /sys/fs/cgroup
    mount -t cgroup2 none /sys/fs/cgroup && mount -o remount,bind,ro /sys/fs/cgroup && exec "$@"' sh \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ "$status" -eq 0 ]
  says "running without a cgroup"
  [[ "$output" == ro,* ]]
}

# CVE-2016-9962: another container in the same pid namespace, with the same user and rights.
@test "a container that shares the process table can't open what a waiting init has open" {
  require setpriv
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  created
  pid=$(container_pid c1)
  number=$(ls "/proc/$pid/fd" | sort -n | awk '$1 > 2 { print; exit }')
  capture setpriv --inh-caps=-all \
    --bounding-set=-all,+audit_write,+kill,+net_bind_service readlink "/proc/$pid/fd/$number"
  [ "$status" -ne 0 ]
  readlink "/proc/$pid/fd/$number"
}

# CVE-2024-21626: an image whose program is a link over what init has open to a file of the host.
@test "a program can't be found over a descriptor of init" {
  # Static, and by a name that only the host has.
  cp "$(command -v busybox)" of-the-host
  entry /tmp/busybox echo escaped
  for number in {3..20}; do
    for rest in .. 1/root; do
      ln -sfn "/proc/self/fd/$number/$rest$PWD/of-the-host" "$BUNDLE/rootfs/tmp/busybox"
      capture runtime run --bundle "$BUNDLE" c1
      [ "$status" -eq 1 ] || fail "descriptor $number/$rest"
      capture runtime create --bundle "$BUNDLE" c1
      [ "$status" -eq 1 ] || fail "create, descriptor $number/$rest"
    done
  done
}

@test "a directory that the caller has left open leads to no program of the host" {
  cp "$(command -v busybox)" of-the-host
  entry /tmp/busybox echo escaped
  ln -s /proc/self/fd/30/of-the-host "$BUNDLE/rootfs/tmp/busybox"
  capture bash -c 'exec 30<. && exec timeout 20 "$@"' bash \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ "$status" -eq 1 ] || fail "it was executed"
}

@test "a hook in the container can't be found over a descriptor of init" {
  cp "$(command -v busybox)" of-the-host
  probe say done
  edit '.hooks.startContainer = [{"path": "/tmp/busybox", "args": ["busybox", "touch", "/tmp/hooked"]}]'
  for number in {3..20}; do
    ln -sfn "/proc/self/fd/$number/..$PWD/of-the-host" "$BUNDLE/rootfs/tmp/busybox"
    capture runtime run --bundle "$BUNDLE" c1
    [ ! -e "$BUNDLE/rootfs/tmp/hooked" ] || fail "descriptor $number"
  done
}

# The file is the host root's once init has another user: it was refused.
@test "the OOM score can be set in a user namespace" {
  edit '.linux.namespaces += [{"type": "user"}] | .process.oomScoreAdj = 500
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings'
  chown -R 100000:100000 "$BUNDLE/rootfs"
  chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/.. "$BATS_TEST_TMPDIR"/../.. "$BUNDLE"
  entry /bin/cat /proc/self/oom_score_adj
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = 500 ]
}

@test "nothing of the directory that swrun is called in is looked for as a program" {
  require strace
  probe say done
  # The Swift runtime of a binary on a detached mount went on to ./swift-backtrace: root's crash
  # would have run whatever a bundle has of that name.
  mkdir called
  cd called
  timeout 20 strace -f -e trace=execve,execveat,newfstatat,stat,access,faccessat2 -o ../calls \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 </dev/null
  unless grep -q swift-backtrace ../calls
}
