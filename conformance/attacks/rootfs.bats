# SPDX-License-Identifier: Apache-2.0
# A root file system that is made to lead the runtime astray: whatever the image puts at a place
# where something is mounted or made, no file of the host is touched.
#
# Twice: with and without a user namespace.
load ../lib/common
load attack
setup() { begin_attack; }
teardown() { finish_attack; }

# replace DIR TARGET: a directory of the rootfs becomes a symbolic link.
replace() {
  rm -rf "${ROOT:?}/$1"
  ln -s "$2" "$ROOT/$1"
}

# once_on CONTROL SEEN [WITHIN]: an attack that needs no luck.
once_on() { ROUNDS=1 succeeds_on "$@"; }

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
  entry /bin/true
  replace dev "$HOST"
  for control in runc crun; do
    once_on "$control" made_on_host
    rm -rf "${HOST:?}"/*
  done
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
    # Where devices are bound a plain file is what one is bound to.
    [[ -z ${IN_USER_NAMESPACE-} || $make != touch* ]] || continue
    $make
    refused runtime run --bundle "$BUNDLE" c1
    says "device /dev/null: the rootfs has something else of that name"
    rm -rf "$ROOT/dev/null"
  done
}

@test "masked and read-only paths that are links stay inside the root" {
  echo host >"$HOST/file"
  ln -s "../../../../../../../../..$HOST" "$ROOT/mnt/masked"
  ln -s "$HOST/file" "$ROOT/mnt/readonly"
  mkdir -p "$ROOT/$HOST"
  echo inside >"$ROOT/$HOST/file"
  edit '.linux.maskedPaths += ["/mnt/masked"] | .linux.readonlyPaths += ["/mnt/readonly"]'
  entry /bin/sh -c 'ls /mnt/masked/'
  ok runtime run --bundle "$BUNDLE" c1
  [ -z "$output" ]
  [ "$(cat "$HOST/file")" = host ]
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

# CVE-2026-88264: where no /dev is mounted a name of the image's is opened to make the console's file
@test "a console is made inside, whatever the image has in its place" {
  on_a_terminal
  edit '.mounts |= map(select(.destination | IN("/dev", "/dev/shm", "/dev/mqueue") | not))
    | .process.terminal = true'
  mkdir "$ROOT/dev/pts"
  entry /bin/sh -c 'test -t 0 && echo on a terminal'
  ln -s "$HOST/made" "$ROOT/dev/console"
  once_on crun made_on_host "$PWD/on-a-terminal"
  rm -f "$HOST/made"
  for target in "$HOST/made" "../../../../../../../../..$HOST/made" /etc/made; do
    ln -sfn "$target" "$ROOT/dev/console"
    fails_on_ours 1 made_on_host "$PWD/on-a-terminal"
    grep -q 'on a terminal' round.out || fail "$(cat round.out round.err)"
  done
}

# CVE-2025-24965: a file that the runtime makes in the root for its own ends
@test "what is made in the root for a mount, a socket or a directory stays there" {
  mkdir source
  touch source/file
  ln -s "$HOST/file" "$ROOT/mnt/file"
  ln -s "../../../../../../../../../../..$HOST" "$ROOT/mnt/directory"
  ln -s "$HOST" "$ROOT/run"
  edit '.mounts += [
      {"destination": "/mnt/file", "type": "bind", "source": $from, "options": ["bind"]},
      {"destination": "/mnt/directory/below", "type": "tmpfs", "source": "m"}]
    | .process.cwd = "/mnt/directory/cwd"' --arg from "$PWD/source/file"
  entry /bin/sh -c 'pwd; ls -d "$NOTIFY_SOCKET" /mnt/file /mnt/directory/below'
  NOTIFY_SOCKET=$PWD/manager ok runtime run --bundle "$BUNDLE" c1
  untouched
}

@test "no hierarchy, device or link is made behind a link to the host" {
  edit '.mounts |= map(select(.destination | startswith("/sys") or startswith("/dev") | not))
    | .mounts += [{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
        "options": ["ro"]}]
    | .linux.devices = [{"path": "/mnt/link/device", "type": "c", "major": 1, "minor": 3}]'
  [ -z "${IN_USER_NAMESPACE-}" ] || edit 'del(.linux.devices)'
  mkdir "$ROOT/sys/fs"
  ln -s "$HOST/cgroup" "$ROOT/sys/fs/cgroup"
  ln -s "$HOST" "$ROOT/mnt/link"
  replace dev "../../../../../../../../../../..$HOST/dev"
  entry /bin/ls /dev/
  ok runtime run --bundle "$BUNDLE" c1
  untouched
}

# What is copied is opened as root of the host, if the container has no users of its own.
@test "tmpcopyup copies what the image has, and follows nothing" {
  mkdir -p "$ROOT/mnt/up/directory"
  ln -s "../../../../../../../../../../..$BATS_TEST_TMPDIR" "$ROOT/mnt/up/link"
  ln -s "$BATS_TEST_TMPDIR/secret" "$ROOT/mnt/up/directory/file"
  mkfifo "$ROOT/mnt/up/fifo"
  mknod "$ROOT/mnt/up/zero" c 1 5
  (cd "$ROOT/mnt/up/directory" && for ((i = 0; i < 100; i++)); do mkdir d && cd d; done)
  edit '.mounts += [{"destination": "/mnt/up", "type": "tmpfs", "source": "m",
    "options": ["tmpcopyup"]}]'
  entry /bin/sh -c 'cat /mnt/up/link/secret /mnt/up/directory/file 2>/dev/null; ls /mnt/up'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = $'directory\nlink' ] || fail "$output"
  # Deeper than there are descriptors for is an error.
  (cd "$ROOT/mnt/up" && for ((i = 0; i < 400; i++)); do mkdir d && cd d; done)
  ulimit -n 256
  refused runtime run --bundle "$BUNDLE" c1
  says tmpcopyup
}

# HOME is looked up in it, by init in the container's root.
@test "an /etc/passwd of the image's that is no plain file is none, and holds nobody up" {
  entry /bin/sh -c 'echo $HOME'
  edit 'del(.process.env)'
  for make in "mkfifo $ROOT/etc/passwd" "ln -s /dev/zero $ROOT/etc/passwd" "mkdir $ROOT/etc/passwd" \
    "ln -s /proc/self/fd/0 $ROOT/etc/passwd" "ln -s passwd $ROOT/etc/passwd" \
    "truncate -s 1T $ROOT/etc/passwd"; do
    rm -rf "$ROOT/etc/passwd"
    $make
    PATIENCE=10 ok runtime run --bundle "$BUNDLE" c1
    [ "$output" = / ] || fail "$make: $output"
  done
}

# CVE-2019-16884, CVE-2025-52881: where a program is told its label, and the kernel its parameters, is
# covered by a volume of the image's.
@test "a volume over /proc takes neither parameters nor labels" {
  mkdir -p volume/sys/kernel volume/self/attr/apparmor
  echo covered >volume/sys/kernel/msgmax
  touch volume/self/attr/{exec,apparmor/exec}
  edit '.mounts += [{"destination": "/mnt/proc", "type": "proc", "source": "proc"},
      {"destination": $at, "type": "bind", "source": $from, "options": ["bind"]}]
    | .linux.sysctl = {"kernel.msgmax": "4321"} | .linux.readonlyPaths = [] | .linux.maskedPaths = []' \
    --arg at /proc --arg from "$PWD/volume"
  chmod -R a+rwX volume
  entry /bin/cat /mnt/proc/sys/kernel/msgmax
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = 4321 ]
  # By a link of the image's, over a part of it.
  ln -s /proc/sys "$ROOT/mnt/link"
  edit '.mounts[-1] |= (.destination = "/mnt/link" | .source += "/sys")'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = 4321 ]
  [ "$(cat volume/sys/kernel/msgmax)" = covered ]
  [ ! -d /sys/kernel/security/apparmor ] || skip "AppArmor is in force here"
  edit '.mounts[-1] |= (.destination = "/proc" | .source |= rtrimstr("/sys"))'
  for key in apparmorProfile selinuxLabel; do
    edit 'del(.process.apparmorProfile, .process.selinuxLabel) | .process[$key] = "unconfined"' \
      --arg key "$key"
    refused runtime run --bundle "$BUNDLE" c1
    says enabled
  done
  [ ! -s volume/self/attr/exec ] && [ ! -s volume/self/attr/apparmor/exec ]
}

# Its messages are read on terminals.
@test "no name that the image chooses is obeyed by a terminal" {
  evil=$'\xc2\x9b31m\x1b]0;title\x07'
  printf '#!/%s\n' "$evil" >"$ROOT/bin/script"
  chmod 755 "$ROOT/bin/script"
  started
  capture runtime exec c1 /bin/script
  [ "$status" -ne 0 ]
  says 31m
  unless grep -q $'\xc2\x9b\|\x1b\|\x07' .err
}
