# SPDX-License-Identifier: Apache-2.0
# Documents and root file systems at the edge of what the kernel takes: a clear error or a container,
# never a crash, a hang or something left.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  ROOT=$BUNDLE/rootfs
}

teardown() {
  umount -l "$BATS_TEST_TMPDIR/fs" 2>/dev/null || true
  finish
}

# CVE-2021-43784: there is no message whose length could overflow
@test "more mappings than the kernel takes are one clear error" {
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [range(5000) | {"containerID": ., "hostID": (100000 + 2 * .), "size": 1}]
    | .linux.gidMappings = .linux.uidMappings'
  entry /bin/true
  refused runtime run --bundle "$BUNDLE" c1
  says mapping
  edit '.linux.uidMappings |= .[:340] | .linux.gidMappings |= .[:340]'
  refused runtime run --bundle "$BUNDLE" c1
  says "less than a page"
  edit '.linux.uidMappings |= .[:250] | .linux.gidMappings |= .[:250]'
  chown -R 100000:100000 "$ROOT"
  chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE" "${BATS_TEST_TMPDIR%/*}" "${BATS_TEST_TMPDIR%/*/*}"
  ok runtime run --bundle "$BUNDLE" c1
}

# bats test_tags=long
@test "a hundred thousand mounts come to an end" {
  edit '.mounts += [range(100000) | {"destination": "/mnt/m\(.)", "type": "tmpfs", "source": "m"}]'
  entry /bin/true
  PATIENCE=300 capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 0 ] || says "mount"
}

@test "three thousand mounts are no matter" {
  edit '.mounts += [range(3000) | {"destination": "/mnt/m\(.)", "type": "tmpfs", "source": "m"}]'
  entry /bin/sh -c 'wc -l </proc/self/mountinfo'
  ln -s busybox "$ROOT/bin/wc"
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" -gt 3000 ]
}

@test "without a procfs nothing runs, and one line says so" {
  entry /bin/true
  # $0 and $@ are for the inner shell.
  # shellcheck disable=SC2016
  without_proc() { unshare -m sh -ec 'umount -l /proc; eval "$1"; shift; "$@"' sh "$@"; }
  for verb in --version "run --bundle $BUNDLE c1"; do
    # shellcheck disable=SC2086
    for instead in : "mount -t tmpfs none /proc"; do
      refused without_proc "$instead" "$SWRUN" --root "$STATE" $verb
      [ "$err" = "swrun: there is no procfs at /proc: mount one there (mount -t proc proc /proc)" ]
    done
  done
}

@test "chains of links are followed as far as the kernel would" {
  mkdir -p "$ROOT/mnt/end" source
  touch source/here
  edit '.mounts += [{"destination": "/mnt/l0", "type": "bind", "source": $from, "options": ["bind"]}]' \
    --arg from "$PWD/source"
  for ((i = 0; i < 39; i++)); do ln -s "l$((i + 1))" "$ROOT/mnt/l$i"; done
  ln -s end "$ROOT/mnt/l39"
  entry /bin/ls /mnt/end
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = here ]
  ln -sfn l40 "$ROOT/mnt/l39"
  ln -s end "$ROOT/mnt/l40"
  refused runtime run --bundle "$BUNDLE" c1
  says "/mnt/l0"
}

@test "names of 255 bytes, and paths of 4,096" {
  name=$(printf 'n%.0s' $(seq 255))
  mkdir "$ROOT/mnt/$name"
  edit '.mounts += [{"destination": "/mnt/\($name)/\($name)", "type": "tmpfs", "source": "m"}]' \
    --arg name "$name"
  entry /bin/ls "/mnt/$name"
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "$name" ]
  edit '.mounts[-1].destination = "/mnt/\($name)n"' --arg name "$name"
  refused runtime run --bundle "$BUNDLE" c1
  says "file name too long"
  edit '.mounts[-1].destination = ("/mnt" + ("/" + $name) * 17)' --arg name "$name"
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 0 ] || says "too long"
}

@test "names that are no UTF-8 are the image's own affair" {
  touch "$ROOT/mnt/"$'\xff\xfe'
  entry /bin/sh -c 'echo /mnt/*'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = $'/mnt/\xff\xfe' ]
  printf '{"ociVersion": "1.2.0", "root": {"path": "root\xff"}}' >"$BUNDLE/config.json"
  refused runtime run --bundle "$BUNDLE" c1
  says utf-8
}

@test "a hook that says a hundred megabytes, and control characters, is no matter" {
  printf '#!/bin/sh\nprintf "\\033]0;title\\007"; head -c 100000000 /dev/zero >&2; exit 1\n' >hook
  chmod +x hook
  edit '.hooks.createRuntime = [{"path": $hook}]' --arg hook "$PWD/hook"
  entry /bin/true
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 1 ]
  # What is said of it is for people.
  tail -1 .err | tr -d '\0' >last
  [ "$(stat -c %s last)" -lt 20000 ]
  grep -q hook last
}

# on_filesystem: the rootfs goes to $PWD/fs, which the caller has mounted.
on_filesystem() {
  cp -a "$ROOT/." fs/
  edit '.root.path = $to' --arg to "$PWD/fs"
}

@test "rootfs on a tmpfs, nosuid and nodev" {
  mkdir fs
  mount -t tmpfs -o nosuid,nodev none fs
  on_filesystem
  in_container identity
}

@test "rootfs on an overlay" {
  mkdir fs layers upper work
  mount -t tmpfs none layers
  mkdir layers/{lower,upper,work}
  cp -a "$ROOT/." layers/lower/
  mount -t overlay -o "lowerdir=$PWD/layers/lower,upperdir=$PWD/layers/upper,workdir=$PWD/layers/work" \
    none fs
  edit '.root.path = $to' --arg to "$PWD/fs"
  in_container identity
  umount -l layers
}

@test "rootfs on a file system that is mounted read-only" {
  mkdir fs
  mount -t tmpfs none fs
  on_filesystem
  mount -o remount,ro fs
  in_container identity
  # What would have to be made there is named.
  edit '.mounts += [{"destination": "/mnt/new", "type": "tmpfs", "source": "m"}]'
  refused runtime run --bundle "$BUNDLE" c1
  says "/mnt/new"
  says "read-only"
}

@test "rootfs on a file system that is mounted noexec" {
  mkdir fs
  mount -t tmpfs -o noexec none fs
  on_filesystem
  probe identity
  refused runtime run --bundle "$BUNDLE" c1
  says /probe
  says "permission denied"
}

@test "rootfs on fuse" {
  require fuse-overlayfs
  [ -c /dev/fuse ] || skip "missing: /dev/fuse"
  mkdir fs layers
  mount -t tmpfs none layers
  mkdir layers/{lower,upper,work}
  cp -a "$ROOT/." layers/lower/
  timeout 20 fuse-overlayfs -o \
    "lowerdir=$PWD/layers/lower,upperdir=$PWD/layers/upper,workdir=$PWD/layers/work" fs 3>&- ||
    skip "fuse does not work here"
  edit '.root.path = $to' --arg to "$PWD/fs"
  in_container identity
  umount -l fs layers
}
