# SPDX-License-Identifier: Apache-2.0
# config-linux.md#namespaces and #user-namespace-mappings.
load ../lib/common
setup() { begin; }
teardown() { finish; }

own() { readlink "/proc/self/ns/$1"; }

@test "each listed namespace is a new one" {
  in_container namespaces
  local kind
  for kind in pid net ipc uts mnt cgroup; do
    [ "$(fact ns:$kind)" != "$(own $kind)" ] || fail "$kind is the host's"
  done
  [ "$(fact ns:user)" = "$(own user)" ]
}

@test "a namespace that is not listed is the runtime's" {
  edit '.linux.namespaces |= map(select(.type != "ipc" and .type != "network"))
    | .mounts |= map(select(.type != "sysfs"))'
  in_container namespaces
  [ "$(fact ns:ipc)" = "$(own ipc)" ]
  [ "$(fact ns:net)" = "$(own net)" ]
}

# root_of PID [NAMESPACE]: whether the rootfs is the root of a process, and its mounts are this process's
# or that namespace's.
root_of() {
  [ "${2:-$(own mnt)}" = "$(readlink "/proc/$1/ns/mnt")" ] || fail "$1 has other mounts"
  [ "/proc/$1/root" -ef "$BUNDLE/rootfs" ] || fail "the root of $1 is $(readlink "/proc/$1/root")"
}

@test "without a mount namespace it is the runtime's: nothing is mounted, and the rootfs is the root" {
  cp /proc/self/mountinfo before
  without_mounts
  probe wait
  launch create c1
  says "warning: /mounts is ignored: there is no mount namespace in linux.namespaces"
  root_of "$(container_pid c1)"
  ok runtime start c1
  ok runtime exec --detach --pid-file "$PWD/pid" c1 /probe wait
  root_of "$(cat pid)"
  ok runtime exec c1 /bin/sh -c 'pwd; ls -d /bin/busybox; touch /made'
  [ "$output" = "/"$'\n'"/bin/busybox" ]
  [ -e "$BUNDLE/rootfs/made" ]
  diff before /proc/self/mountinfo
}

@test "a container of the host's namespaces alone takes exec too" {
  without_mounts '.linux.namespaces = [] | del(.hostname, .linux.sysctl)'
  probe wait
  launch create c1
  ok runtime start c1
  root_of "$(container_pid c1)"
  ok runtime exec --detach --pid-file "$PWD/pid" c1 /probe wait
  root_of "$(cat pid)"
}

@test "exec from another mount namespace joins the container's mounts, which it shares with others" {
  without_mounts
  probe wait
  launch create c1
  ok runtime start c1
  ok unshare -m --propagation private "$SWRUN" --root "$STATE" exec --detach --pid-file "$PWD/pid" \
    c1 /probe wait
  root_of "$(cat pid)" "$(readlink "/proc/$(container_pid c1)/ns/mnt")"
}

@test "a read-only root is one without a mount namespace too" {
  without_mounts '.root.readonly = true'
  entry /bin/sh -c 'touch /made'
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 1 ]
  says "Read-only file system"
  touch "$BUNDLE/rootfs/still-writable"
}

@test "what is there to shut a container in is refused without a mount namespace" {
  local filter
  for filter in '.linux.readonlyPaths = ["/bin"]' '.process.terminal = true' \
    '.linux.rootfsPropagation = "private"' '.linux.namespaces += [{"type": "user"}]
      | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
      | .linux.gidMappings = .linux.uidMappings'; do
    without_mounts "$filter"
    refused runtime create --bundle "$BUNDLE" c1
    says "needs a mount namespace"
    edit '.process.terminal = false'
  done
}

# keeper KIND-OPTION...: a process in new namespaces that others join by path.
keeper() {
  unshare "$@" sleep 60 3>&- 4>&- &
  KEEPER=$!
  eventually eval '[ "$(cat /proc/$KEEPER/comm)" = sleep ]'
}
release() { kill "$KEEPER" && wait "$KEEPER" || true; }

joins() {
  local type=$1 kind=$2
  shift 2
  keeper "$@"
  edit '.linux.namespaces |= map(if .type == $type then .path = $path else . end)' \
    --arg type "$type" --arg path "/proc/$KEEPER/ns/$kind"
  probe namespaces
  capture runtime run --bundle "$BUNDLE" c1
  wanted=$(readlink "/proc/$KEEPER/ns/$kind")
  release
  [ "$status" -eq 0 ] || fail "exit $status"
  expect "ns:$kind" "$wanted"
}

@test "a network namespace is joined by path" { joins network net --net; }
@test "an IPC namespace is joined by path" { joins ipc ipc --ipc; }
@test "a UTS namespace is joined by path" { joins uts uts --uts; }

@test "a pid namespace is joined by path" {
  unshare --pid --fork sleep 60 3>&- 4>&- &
  KEEPER=$!
  eventually eval 'pgrep -P $KEEPER >/dev/null'
  inner=$(pgrep -P "$KEEPER")
  edit '.linux.namespaces |= map(if .type == "pid" then .path = $path else . end)' \
    --arg path "/proc/$inner/ns/pid"
  probe namespaces identity
  capture runtime run --bundle "$BUNDLE" c1
  wanted=$(readlink "/proc/$inner/ns/pid")
  kill -KILL "$inner"
  wait "$KEEPER" || true
  [ "$status" -eq 0 ] || fail "exit $status"
  expect ns:pid "$wanted"
  [ "$(fact pid)" != 1 ]
}

@test "a path that is no namespace of that kind is refused" {
  edit '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/uts" else . end)'
  refused runtime create --bundle "$BUNDLE" c1
  edit '.linux.namespaces |= map(if .type == "network" then .path = "/etc/passwd" else . end)'
  refused runtime create --bundle "$BUNDLE" c1
}

# config-linux.md#user-namespace-mappings
in_user_namespace() {
  chown -R 100000:200000 "$BUNDLE/rootfs"
  chmod 0755 "$BATS_TEST_TMPDIR" "$BUNDLE" "$STATE" 2>/dev/null
  chmod 0755 "${BATS_TEST_TMPDIR%/*}" "${BATS_TEST_TMPDIR%/*/*}"
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
}

# What unshare(1) makes, and podman for a user without subordinate ids.
@test "in a namespace that denies setgroups there are containers, and exec, without other groups" {
  local within=(unshare --user --map-root-user --mount --cgroup --propagation private)
  edit '.mounts |= map(select(.destination != "/sys/fs/cgroup"))
    | (.mounts[] | select(.type == "devpts").options) |= map(select(startswith("gid=") | not))
    | del(.linux.resources, .linux.cgroupsPath) | .process.user.additionalGids = [10]'
  probe identity
  capture "${within[@]}" timeout 60 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ "$status" -eq 0 ]
  expect uid "0 0 0 0"
  [ "$RUNTIME" != swrun ] || grep -q "denies setgroups" <<<"$err"
  capture "${within[@]}" sh -ec '"$@" create --bundle bundle c2; "$@" exec c2 /probe identity
    "$@" delete --force c2' sh timeout 60 "$SWRUN" --root "$STATE"
  [ "$status" -eq 0 ]
  expect uid "0 0 0 0"
}

@test "a user namespace has the given mappings" {
  in_user_namespace
  in_container namespaces identity
  [ "$(fact uid_map | tr -s ' ' | sed 's/^ //')" = "0 100000 65536" ]
  [ "$(fact gid_map | tr -s ' ' | sed 's/^ //')" = "0 200000 65536" ]
  expect uid "0 0 0 0"
  expect gid "0 0 0 0"
  [ "$(fact ns:user)" != "$(own user)" ]
}

@test "in a user namespace the process is another user on the host" {
  in_user_namespace
  started
  [ "$(stat -c %u:%g "/proc/$(container_pid c1)")" = 100000:200000 ]
}

@test "in a user namespace the default devices open" {
  in_user_namespace
  in_container devices
  expect_match dev:/dev/null "c 1:3 0666 * opens"
  expect_match dev:/dev/urandom "c 1:9 0666 * opens"
}

@test "in a user namespace the directory of message queues is the root's" {
  in_user_namespace
  in_container stat /dev/mqueue
  expect_match stat:/dev/mqueue "d 1777 0:*"
}

@test "in a user namespace the rest holds too: masks, read-only paths, sysctls, mounts" {
  in_user_namespace
  edit '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
  in_container mounts sysctl net.ipv4.ip_forward
  expect sysctl:net.ipv4.ip_forward 1
  expect_match mount:/proc/sys "proc *ro*"
  in_container masked /proc/keys /proc/kcore /sys/firmware
  unless grep -E '=(bytes|directory)$' <<<"$output"
}

@test "capabilities count in the user namespace" {
  in_user_namespace
  in_container caps
  expect CapEff 0000000020000420
}

@test "a second mapping is taken over" {
  in_user_namespace
  edit '.linux.uidMappings += [{"containerID": 70000, "hostID": 5, "size": 1}]'
  in_container namespaces
  [[ "$(fact uid_map | tr -s ' ')" == *"70000 5 1"* ]]
}

@test "mappings without a user namespace are passed over" {
  edit '.linux.uidMappings = [{"containerID": 5, "hostID": 100000, "size": 1}]
    | .linux.gidMappings = .linux.uidMappings'
  in_container namespaces identity
  expect uid "0 0 0 0"
  [ "$(fact ns:user)" = "$(own user)" ]
  [ "$RUNTIME" = swrun ] || return 0
  says "warning: /linux/uidMappings is ignored: there is no user namespace in linux.namespaces"
  says "warning: /linux/gidMappings is ignored"
}

@test "a new user namespace without mappings is refused" {
  edit '.linux.namespaces += [{"type": "user"}]'
  refused runtime create --bundle "$BUNDLE" c1
}

@test "a namespace listed twice is refused" {
  edit '.linux.namespaces += [{"type": "uts"}]'
  refused runtime create --bundle "$BUNDLE" c1
}
