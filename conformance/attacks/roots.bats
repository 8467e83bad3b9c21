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
