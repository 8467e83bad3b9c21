# SPDX-License-Identifier: Apache-2.0
# A caller without privileges, and one who is root in a user namespace only.
load ../lib/common
load ../attacks/attack

setup() {
  begin
  require setpriv newuidmap newgidmap
  [ "$(cat /proc/sys/kernel/unprivileged_userns_clone 2>/dev/null || echo 1)" = 1 ] ||
    skip "missing: user namespaces for users"
  # A place that any user can reach, which a temporary directory of root's is not.
  # Without a path the cgroup is named by the id, for all who run here at this moment.
  ID=rootless-$$-$BATS_TEST_NUMBER
  HOME_OF_USER=$(mktemp -d /var/tmp/rootless.XXXXXX)
  chmod 755 "$HOME_OF_USER"
  mkdir -p "$HOME_OF_USER/run/$RUNTIME"
  STATE=$HOME_OF_USER/run/$RUNTIME
  BUNDLE=$HOME_OF_USER/bundle
  make_bundle "$BUNDLE"
  install -m 755 "$SWRUN" "$HOME_OF_USER/$RUNTIME"
  # An /etc that knows the user and lends it ids, for this case's mount namespace alone.
  mkdir "$HOME_OF_USER/etc"
  printf '%s\n' root:x:0:0::/root:/bin/sh tester:x:54321:54321::/:/bin/sh >"$HOME_OF_USER/etc/passwd"
  printf 'tester:400000:65536\n' | tee "$HOME_OF_USER/etc/subuid" >"$HOME_OF_USER/etc/subgid"
  # What spec --rootless writes, as seen from the user.
  edit 'del(.linux.cgroupsPath, .linux.resources, .process.rlimits)
    | .linux.namespaces = [(.linux.namespaces[] | select(.type != "network")), {"type": "user"}]
    | .mounts |= map(if .destination == "/sys" then .type = "none" | .source = "/sys" |
        .options = ["rbind", "nosuid", "noexec", "nodev", "ro"] else . end)
    | .mounts |= map(.options |= (. // [] | map(select(. != "gid=5"))))'
  chown -R 54321:54321 "$HOME_OF_USER/run" "$BUNDLE"
}

teardown() {
  [ -n "${HOME_OF_USER-}" ] || return 0
  local id
  for id in $(containers); do as_user delete --force "$id" >/dev/null 2>&1 3>&- || true; done
  compare_host
  rm -rf "$HOME_OF_USER"
}

one_id() {
  edit '.linux.uidMappings = [{"containerID": 0, "hostID": 54321, "size": 1}]
    | .linux.gidMappings = .linux.uidMappings'
}

many_ids() {
  edit '.linux.uidMappings = [{"containerID": 0, "hostID": 54321, "size": 1},
      {"containerID": 1, "hostID": 400000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings'
}

# as_user WORD...: swrun as a user without privileges, who keeps its state in $XDG_RUNTIME_DIR.
as_user() {
  unshare -m --propagation private sh -c '
    for file in passwd subuid subgid; do
      mount --bind "$0/etc/$file" /etc/$file || exit 125
    done
    exec timeout --foreground -k 5 60 setpriv --reuid 54321 --regid 54321 --clear-groups \
      env -i PATH="${USER_PATH:-$PATH}" XDG_RUNTIME_DIR="$0/run" "$0/$RUNTIME" "$@"' \
    "$HOME_OF_USER" "$@"
}

@test "a user runs a container as its root, with one id" {
  one_id
  entry /bin/sh -c 'id -u; cat /proc/self/uid_map /proc/self/setgroups; echo $$'
  ok as_user run --bundle "$BUNDLE" "$ID"
  [ "$(tr -s ' \n' ' ' <<<"$output")" = "0 0 54321 1 deny 1 " ] || fail "$output"
}

@test "newuidmap and newgidmap map what the administrator lends" {
  many_ids
  edit '.process.user = {"uid": 7, "gid": 8, "additionalGids": [9]}'
  entry /bin/sh -c 'id; cat /proc/self/gid_map'
  ok as_user run --bundle "$BUNDLE" "$ID"
  [[ "$output" == "uid=7 gid=8 groups=8,9"*"400000"* || "$output" == "uid=7 gid=8 groups=9"* ]] ||
    fail "$output"
}

@test "without mappings a user gets all that is lent" {
  entry /bin/sh -c 'cat /proc/self/uid_map'
  ok as_user run --bundle "$BUNDLE" "$ID"
  [ "$(tr -s ' \n' ' ' <<<"$output")" = " 0 54321 1 1 400000 65536 " ] || fail "$output"
}

@test "without mappings and with nothing lent a user has one id, and is told so" {
  : >"$HOME_OF_USER/etc/subuid"
  entry /bin/sh -c 'cat /proc/self/uid_map'
  ok as_user run --bundle "$BUNDLE" "$ID"
  [ "$(tr -s ' \n' ' ' <<<"$output")" = " 0 54321 1 " ] || fail "$output"
  says "maps no ids"
}

@test "ids that nobody lends are refused with what to do, and nothing stays" {
  many_ids
  edit '.linux.uidMappings[1].hostID = 600000'
  refused_to_user "/etc/subuid says what you may map"
}

@test "without newuidmap more than one id is an error that names it" {
  many_ids
  mkdir "$HOME_OF_USER/bin"
  for name in sh timeout setpriv env; do ln -s "$(command -v $name)" "$HOME_OF_USER/bin/$name"; done
  USER_PATH=$HOME_OF_USER/bin refused_to_user "newgidmap is not in PATH"
}

# refused_to_user TEXT: run fails as a runtime error that says so.
refused_to_user() {
  capture as_user run --bundle "$BUNDLE" "$ID"
  [ "$status" -eq 1 ] || fail "exit $status"
  [ "$RUNTIME" != swrun ] || says "$1"
  [ -z "$(containers)" ]
}

@test "create, start, state, kill and delete as a user" {
  one_id
  probe wait
  as_user create --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- 4>&-
  [ "$(as_user state "$ID" | jq -r .status)" = created ]
  [ "$RUNTIME" != swrun ] || [ "$(as_user state "$ID" | jq -r .owner)" = tester ]
  ok as_user start "$ID"
  eventually grep -q ready "$BATS_TEST_TMPDIR/out"
  ok as_user kill "$ID" KILL
  eventually eval '[ "$(as_user state "$ID" | jq -r .status)" = stopped ]'
  ok as_user delete "$ID"
}

# owner: who a container of the user's belongs to, as list has it.
owner() {
  as_user create --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- 4>&-
  as_user list --format json 3>&- | jq -r '.[0].owner'
  as_user delete --force "$ID" 3>&-
}

@test "the owner of a container is a name, and a number for who has none" {
  one_id
  probe wait
  [ "$(owner)" = tester ]
  [ "$RUNTIME" = swrun ] || return 0
  echo root:x:0:0::/root:/bin/sh >"$HOME_OF_USER/etc/passwd"
  [ "$(owner)" = 54321 ]
}

@test "a limit that can't be set without a cgroup is an error that names it" {
  one_id
  edit '.linux.resources = {"pids": {"limit": 5}} | .linux.cgroupsPath = "/not-delegated"'
  entry /bin/true
  refused_to_user "pids.max"
}

@test "root of a user namespace alone gets the host's devices and a read-only cgroup hierarchy" {
  edit '.linux.namespaces |= map(select(.type != "user" and .type != "cgroup"))'
  entry /bin/sh -c 'stat -c "%t:%T" /dev/null; id -u
    mkdir /sys/fs/cgroup/x 2>/dev/null || echo read-only'
  ok in_user_namespace run --bundle "$BUNDLE" "$ID"
  [ "$output" = "1:3
0
read-only" ] || fail "$output"
}

@test "root of a user namespace keeps its state where the user does" {
  edit '.linux.namespaces |= map(select(.type != "user"))'
  probe wait
  in_user_namespace create --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- 4>&-
  [ -d "$HOME_OF_USER/run/$RUNTIME/$ID" ]
  ok in_user_namespace delete --force "$ID"
}

# in_user_namespace WORD...: swrun as root of a user namespace with many ids, as under podman.
in_user_namespace() {
  unshare -m --propagation private sh -c '
    for file in passwd subuid subgid; do mount --bind "$0/etc/$file" /etc/$file || exit 125; done
    exec timeout --foreground -k 5 60 setpriv --reuid 54321 --regid 54321 --clear-groups \
      env -i PATH="$PATH" XDG_RUNTIME_DIR="$0/run" \
      unshare --user --mount --map-root-user --map-auto "$0/$RUNTIME" "$@"' \
    "$HOME_OF_USER" "$@"
}

# CVE-2019-5736: the user who may write the program lends the right to the container's root.
@test "a container does not overwrite the binary of the user who runs it" {
  one_id
  chown 54321 "$HOME_OF_USER/$RUNTIME"
  before=$(sha256sum <"$HOME_OF_USER/$RUNTIME")
  install -m 755 "$ATTACKER" "$BUNDLE/rootfs/attacker"
  make_trap "$BUNDLE/rootfs/trap"
  entry /attacker binary
  as_user run --bundle "$BUNDLE" --detach "$ID" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null 3>&- 4>&-
  eventually grep -q ready "$BATS_TEST_TMPDIR/out"
  for ((i = 0; i < 20; i++)); do
    capture as_user exec "$ID" /trap
    ok as_user exec "$ID" /bin/true
  done
  # As the entry point, and by a hook.
  edit '.hooks.startContainer = [{"path": "/trap"}]'
  entry /trap
  capture as_user run --bundle "$BUNDLE" "$ID-2"
  capture as_user create --bundle "$BUNDLE" "$ID-3"
  pid=$(as_user state "$ID-3" | jq .pid)
  # Where a created container waits, the binary is /proc/PID/exe for everybody else of its root.
  unless setpriv --reuid 54321 --regid 54321 --clear-groups \
    sh -c 'echo overwritten >"/proc/$0/exe"' "$pid" 2>/dev/null
  touch "$BUNDLE/rootfs/tmp/stop"
  [ "$(sha256sum <"$HOME_OF_USER/$RUNTIME")" = "$before" ] || fail "overwritten"
  eventually grep -q tried "$BATS_TEST_TMPDIR/out"
  unless grep -q wrote "$BATS_TEST_TMPDIR/out" || fail "$(cat "$BATS_TEST_TMPDIR/out")"
}

# CVE-2023-25809: without a cgroup namespace the user's own part of the host's hierarchy could be written
@test "a user's container can't write to the host's cgroups, whatever its mounts say" {
  one_id
  edit '.linux.namespaces |= map(select(.type != "cgroup"))
    | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
  entry /bin/sh -c 'while read -r _ _ _ _ place options _; do
      if [ "$place" = /sys/fs/cgroup ]; then seen=$options; fi; done </proc/self/mountinfo
    echo "options $seen"
    for group in /sys/fs/cgroup /sys/fs/cgroup/*/; do
      if mkdir "$group/made" 2>/dev/null; then echo "made in $group"; fi
    done'
  ok as_user run --bundle "$BUNDLE" "$ID"
  # The last that was mounted there covers the others.
  grep -q "^options ro," <<<"$output" || fail "writable"
  unless grep -q made <<<"$output"
}

@test "a user's image whose /dev, /proc or targets lead elsewhere makes nothing there" {
  one_id
  mkdir "$HOME_OF_USER/host"
  chown 54321 "$HOME_OF_USER/host"
  rm -rf "$BUNDLE/rootfs/dev"
  ln -s "../../../../../../..$HOME_OF_USER/host" "$BUNDLE/rootfs/dev"
  ln -s "$HOME_OF_USER/host/made" "$BUNDLE/rootfs/mnt/link"
  edit '.mounts |= map(select(.destination | startswith("/dev") | not))
    | .mounts += [{"destination": "/mnt/link", "type": "tmpfs", "source": "m"}]
    | .process.cwd = "/mnt/link/below"'
  entry /bin/ls /dev/
  ok as_user run --bundle "$BUNDLE" "$ID"
  grep -qx null <<<"$output"
  # Once more over what that has left.
  ok as_user run --bundle "$BUNDLE" "$ID"
  grep -qx null <<<"$output"
  [ -z "$(ls -A "$HOME_OF_USER/host")" ] || fail "$(ls -A "$HOME_OF_USER/host")"
  rm -rf "$BUNDLE/rootfs/proc"
  ln -s /tmp "$BUNDLE/rootfs/proc"
  refused_to_user /proc
}
