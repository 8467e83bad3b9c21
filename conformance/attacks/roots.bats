# SPDX-License-Identifier: Apache-2.0
# Containers in a mount namespace that others are in too: the caller's, or one of the host's by its path.
# Seen to succeed with the rootfs's directory itself as the root, with a look at where init is in place of
# what its container has, and without a look at whose namespace a path leads to.
load ../lib/common
load attack
setup() {
  begin_attack
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
}
teardown() { finish_attack; }

@test "a directory that is moved out of the rootfs leads no program up to the host's" {
  without_mounts
  mkdir "$ROOT/work"
  edit '.process.cwd = "/work"'
  entry /bin/sh -c 'echo ready; until [ -e /moved ]; do sleep 0.1; done; cat ../secret; cat ../../secret; true'
  launch run c1 --detach
  eventually grep -q ready c1.out
  mv "$ROOT/work" "$HOST/work"
  touch "$ROOT/moved"
  becomes stopped
  unless grep secret$ c1.out
}

@test "the right to change its root leads no program up to the host's" {
  without_mounts
  edit '.process.capabilities |= map_values(. + ["CAP_SYS_CHROOT"])'
  cp "$ATTACKER" "$ROOT/attacker"
  entry /attacker leave
  ok runtime run --bundle "$BUNDLE" c1
  grep -qx "found attacker" <<<"$output"
  unless grep -x "found etc" <<<"$output" || [ -e "$ROOT/etc" ]
}

@test "mounts are added to no namespace but the container's own, wherever its init is and who asks" {
  without_mounts
  echo '[{"destination": "/mnt/victim", "type": "tmpfs", "source": "tmpfs"}]' >mounts.json
  edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_SYS_CHROOT"])'
  cp "$ATTACKER" "$ROOT/attacker"
  entry /attacker part
  launch run c1 --detach
  pid=$(container_pid c1)
  eventually eval '[ "$(readlink /proc/$pid/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]'
  refused runtime mounts add c1 mounts.json
  says "no mount namespace of its own"
  refused unshare -m --propagation private "$SWRUN" --root "$STATE" mounts add c1 mounts.json
  refused runtime mounts remove c1 mounts.json
  [ ! -e /mnt/victim ]
}

# Whoever attaches a mount in a mount namespace of init's making has given it to init: what is read-only
# there is init's to make writable. And who joins init's user namespace is init's to trace, and keeps the
# groups of the host where init denies setgroups. Seen to succeed before swrun noted whom init obeys.
@test "nobody follows an init that has moved to a user namespace of its own" {
  # No right at all is needed.
  edit '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
  cp "$ATTACKER" "$ROOT/attacker"
  entry /attacker move
  launch run c1 --detach
  eventually grep -q moved c1.out
  refused runtime mounts add c1 "$(jq -nc --arg from "$HOST" \
    '{destination: "/mnt/host", type: "bind", source: $from, options: ["bind", "ro"]}')"
  says "has moved to a user namespace of its own"
  refused runtime mounts remove c1 '{"destination": "/proc"}'
  says "has moved to a user namespace of its own"
  capture runtime exec --user 0:0 c1 /bin/sh -c 'touch /tmp/executed'
  [ "$status" -eq 255 ]
  says "has moved to a user namespace of its own"
  [ ! -e "$ROOT/tmp/executed" ]
}

# in_spare COMMAND...: in mount and process namespaces that may be spoilt, where process 1 is in the first.
in_spare() { unshare -m -p --fork --mount-proc --propagation private "$@"; }

@test "the mount namespace of the caller or of process 1 is not joined by its path" {
  local path
  for path in /proc/self/ns/mnt /proc/1/ns/mnt; do
    edit '.linux.namespaces |= map(if .type == "mount" then .path = $path else . end)' --arg path "$path"
    entry /bin/true
    refused in_spare unshare -m --propagation private "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
    says "is the host's, whose root would be replaced"
  done
}
