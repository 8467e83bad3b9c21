# SPDX-License-Identifier: Apache-2.0
# A root file system that is made to lead the runtime astray: whatever the image puts at a place
# where something is mounted or made, no file of the host is touched.
load ../lib/common
setup() {
  begin
  ROOT=$BUNDLE/rootfs
  HOST=$BATS_TEST_TMPDIR/host
  mkdir "$HOST"
}
teardown() { finish; }

untouched() { [ -z "$(ls -A "$HOST")" ] || fail "made on the host: $(ls -A "$HOST")"; }

# replace DIR TARGET: a directory of the rootfs becomes a symbolic link.
replace() {
  rm -rf "${ROOT:?}/$1"
  ln -s "$2" "$ROOT/$1"
}

# bind_at DESTINATION: a directory with the file "here" is bound there.
bind_at() {
  mkdir -p "$BATS_TEST_TMPDIR/source"
  touch "$BATS_TEST_TMPDIR/source/here"
  edit '.mounts += [{"destination": $to, "type": "bind", "source": $from, "options": ["bind"]}]' \
    --arg to "$1" --arg from "$BATS_TEST_TMPDIR/source"
}

without_dev() { edit '.mounts |= map(select(.destination | startswith("/dev") | not))'; }

# CVE-2019-19921, CVE-2023-27561
@test "/proc and /sys as symbolic links are refused" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  entry /bin/true
  for place in proc sys; do
    for target in /tmp "$HOST" ../../../../../.. loop; do
      make_bundle "$BUNDLE"
      entry /bin/true
      replace "$place" "$target"
      refused runtime run --bundle "$BUNDLE" c1
      says "/$place: "
      rm "$ROOT/$place"
    done
  done
  untouched
}

# CVE-2026-41579, CVE-2026-47766
@test "/dev as a symbolic link to the host stays inside" {
  for target in "$HOST" "../../../../../../../../..$HOST"; do
    replace dev "$target"
    entry /bin/ls /dev/
    ok runtime run --bundle "$BUNDLE" c1
    grep -qx null <<<"$output"
    without_dev
    ok runtime run --bundle "$BUNDLE" c1
    grep -qx null <<<"$output"
    untouched
  done
}

# CVE-2021-30465, CVE-2019-18837
@test "a mount's target that is a link to the host is taken inside the root" {
  bind_at /mnt/target
  entry /bin/ls /mnt/target/
  for target in "$HOST/made" "../../../../../../../../..$HOST/made"; do
    ln -sfn "$target" "$ROOT/mnt/target"
    ok runtime run --bundle "$BUNDLE" c1
    [ "$output" = here ]
    untouched
  done
}

# A slash and an accent behind it are one character to people, and two to the kernel.
@test "no name that the image chooses is more than one step of a path" {
  accent=$'\u0301'
  mkdir "$ROOT/mnt/there"
  ln -s "$HOST" "$ROOT/evil"
  replace dev "evil/${accent}dev"
  entry /bin/true
  capture runtime run --bundle "$BUNDLE" c1
  untouched
  rm "$ROOT/dev"
  mkdir "$ROOT/dev"
  bind_at "/evil/${accent}mount/x"
  capture runtime run --bundle "$BUNDLE" c1
  untouched
  ln -s "../evil/${accent}link" "$ROOT/mnt/link"
  bind_at /mnt/link
  capture runtime run --bundle "$BUNDLE" c1
  untouched
  edit '.mounts |= map(select(.destination | startswith("/mnt") or startswith("/evil") | not))
    | .process.cwd = "/evil/\($accent)cwd"' --arg accent "$accent"
  capture runtime run --bundle "$BUNDLE" c1
  untouched
  edit '.process.cwd = "/" | .linux.cgroupsPath = "/\($tag)/..\("/" + $accent)/../x"' \
    --arg accent "$accent" --arg tag "$TAG"
  refused runtime run --bundle "$BUNDLE" c1
  says ".."
}

@test "a mount's target that is a loop or leads through /proc is refused" {
  bind_at /mnt/target
  entry /bin/true
  for target in target /mnt/target /proc/self/root/etc /proc/1/root /proc/self/fd/4; do
    ln -sfn "$target" "$ROOT/mnt/target"
    capture runtime run --bundle "$BUNDLE" c1
    [ "$status" -ne 0 ]
    [ -n "$err" ]
  done
}

@test "a mount's target with a file on the way is refused" {
  bind_at /etc/passwd/below
  entry /bin/true
  refused runtime run --bundle "$BUNDLE" c1
  says passwd
}

# As Debian's and Ubuntu's /etc/resolv.conf: the file of the caller has to show up behind the link.
@test "a dangling relative link is followed as the kernel would" {
  [ "$RUNTIME" = swrun ] || skip "the others put the file in the link's place"
  echo nameserver >"$BATS_TEST_TMPDIR/resolv.conf"
  edit '.mounts += [{"destination": "/etc/resolv.conf", "type": "bind", "source": $from,
    "options": ["bind"]}]' --arg from "$BATS_TEST_TMPDIR/resolv.conf"
  entry /bin/cat /etc/resolv.conf
  for link in ../run/systemd/resolve/stub-resolv.conf ./new/../x/../../run/y ../../../run/z; do
    ln -sfn "$link" "$ROOT/etc/resolv.conf"
    ok runtime run --bundle "$BUNDLE" c1
    [ "$output" = nameserver ]
    [ "$(find "$ROOT/etc" -name run)" = "" ]
  done
  # What a link leads to counts from the directory that it really is in.
  mkdir -p "$ROOT/a/b"
  mv "$ROOT/etc" "$ROOT/a/b/etc"
  ln -s a/b/etc "$ROOT/etc"
  ln -sfn ../deep/resolv.conf "$ROOT/a/b/etc/resolv.conf"
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = nameserver ]
  [ -e "$ROOT/a/b/deep/resolv.conf" ]
}

# CVE-2025-31133, CVE-2026-88265
@test "a /dev/null of the image that is no null device is refused" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  without_dev
  entry /bin/true
  for make in "mknod $ROOT/dev/null c 1 9" "mknod $ROOT/dev/null b 1 3" "touch $ROOT/dev/null" \
    "ln -s /etc/passwd $ROOT/dev/null" "mkdir $ROOT/dev/null" "mkfifo $ROOT/dev/null"; do
    $make
    refused runtime run --bundle "$BUNDLE" c1
    says "device /dev/null: the rootfs has something else of that name"
    rm -rf "$ROOT/dev/null"
  done
}

@test "masked and read-only paths that are links stay inside the root" {
  mkdir "$BATS_TEST_TMPDIR/secret"
  echo host >"$BATS_TEST_TMPDIR/secret/file"
  ln -s "../../../../../../../../..$BATS_TEST_TMPDIR/secret" "$ROOT/mnt/masked"
  ln -s "$BATS_TEST_TMPDIR/secret/file" "$ROOT/mnt/readonly"
  mkdir -p "$ROOT/$BATS_TEST_TMPDIR/secret"
  echo inside >"$ROOT/$BATS_TEST_TMPDIR/secret/file"
  edit '.linux.maskedPaths += ["/mnt/masked"] | .linux.readonlyPaths += ["/mnt/readonly"]'
  entry /bin/sh -c 'ls /mnt/masked/'
  ok runtime run --bundle "$BUNDLE" c1
  [ -z "$output" ]
  [ "$(cat "$BATS_TEST_TMPDIR/secret/file")" = host ]
}

# CVE-2024-21626
@test "no working directory leads out by a descriptor" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  entry /bin/ls -a .
  for number in $(seq 0 20); do
    for cwd in "/proc/self/fd/$number" "/proc/self/fd/$number/../.." "/link$number"; do
      ln -sfn "/proc/self/fd/$number" "$ROOT/link$number"
      edit '.process.cwd = $cwd' --arg cwd "$cwd"
      refused runtime run --bundle "$BUNDLE" c1
    done
  done
}
