# SPDX-License-Identifier: Apache-2.0
# Somebody who shares the root file system swaps a name for a link to the host while the container is
# being made. Each attack has to succeed first where it is known to (see attack.bash), and to fail on ours
# in more rounds than that took.
#
# Twice: with and without a user namespace.
load ../lib/common
load attack

setup() {
  begin_attack
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  # By turns the control may never be hit: 1,000 rounds without were seen on one processor.
  [ "$(nproc)" -gt 1 ] || skip "missing: a processor for the racer beside the runtime's"
}
teardown() { finish_attack; }

shows_secret() { grep -q secret round.out; }
# A file is no terminal: whoever takes it for one has opened what the name was swapped for.
takes_file_for_terminal() { grep -qs -e secret -e 'inappropriate ioctl' -e ENOTTY round.out round.err; }

# CVE-2024-45310, CVE-2021-30465, CVE-2019-18837
# bats test_tags=long
@test "no directory for a mount's target is made on the host" {
  mkdir "$ROOT/mnt/volume" source
  ln -s "$HOST" "$ROOT/mnt/link"
  edit '.mounts += [{"destination": "/mnt/volume/a/b/c", "type": "bind", "source": $from,
    "options": ["bind"]}]' --arg from "$PWD/source"
  entry /bin/true
  race "$ROOT/mnt" volume link
  succeeds_on runc made_on_host
  eventually rm -rf "${HOST:?}"/* "$ROOT"/mnt/volume/*
  fails_on_ours 300 made_on_host
}

# CVE-2024-45310, the file that a bind mount of a file needs
@test "no file for a mount's target is made on the host" {
  mkdir "$ROOT/mnt/volume" source
  touch source/file
  ln -s "$HOST" "$ROOT/mnt/link"
  edit '.mounts += [{"destination": "/mnt/volume/file", "type": "bind", "source": $from,
    "options": ["bind"]}]' --arg from "$PWD/source/file"
  entry /bin/sh -c 'rm -f /mnt/volume/file'
  race "$ROOT/mnt" volume link
  succeeds_on runc made_on_host
  eventually rm -f "${HOST:?}"/* "$ROOT"/mnt/volume/*
  fails_on_ours 300 made_on_host
}

# CVE-2025-31133: what masks a file is the image's /dev/null by name
# bats test_tags=long
@test "a masked file is not replaced by what /dev/null is swapped for" {
  without_dev
  echo masked >"$ROOT/mnt/masked"
  echo secret >"$ROOT/etc/target"
  mknod -m 666 "$ROOT/dev/null" c 1 3
  ln -s /etc/target "$ROOT/dev/link"
  edit '.linux.maskedPaths = ["/mnt/masked"]'
  entry /bin/cat /mnt/masked
  race "$ROOT/dev" null link
  succeeds_on runc shows_secret
  fails_on_ours 300 shows_secret
}

# CVE-2025-52565: the terminal's end is bound to /dev/console by its name below /dev/pts
# bats test_tags=long
@test "the console is not what a name below /dev/pts is swapped for" {
  on_a_terminal
  edit '.mounts |= map(select(.destination | IN("/dev", "/dev/shm", "/dev/mqueue") | not))
    | .process.terminal = true'
  echo secret >"$ROOT/etc/target"
  mkdir "$ROOT/dev/pts" "$ROOT/dev/evil"
  for number in $(seq 0 9); do ln -s /etc/target "$ROOT/dev/evil/$number"; done
  # What the console is, and not what is typed on it.
  entry /bin/sh -c 'if [ -f /dev/console ] && [ -s /dev/console ]; then cat /dev/console; fi'
  race "$ROOT/dev" pts evil
  succeeds_on runc takes_file_for_terminal "$PWD/on-a-terminal"
  fails_on_ours 300 takes_file_for_terminal "$PWD/on-a-terminal"
}

# CVE-2026-41579, CVE-2026-47766: the directory of the devices itself
# bats test_tags=long
@test "no device, link or console is made on the host while /dev is swapped" {
  without_dev
  on_a_terminal
  ln -s "$HOST" "$ROOT/link"
  entry /bin/true
  race "$ROOT" dev link
  succeeds_on crun made_on_host
  eventually rm -rf "${HOST:?}"/* "${ROOT:?}"/dev/*
  fails_on_ours 150 made_on_host
  edit '.process.terminal = true
    | .mounts += [{"destination": "/dev/pts", "type": "devpts", "source": "devpts",
        "options": ["newinstance", "ptmxmode=0666", "mode=0620"]}]'
  fails_on_ours 150 made_on_host "$PWD/on-a-terminal"
}

# CVE-2024-45310, by the working directory
# bats test_tags=long
@test "no working directory is made on the host" {
  mkdir "$ROOT/mnt/volume"
  ln -s "$HOST" "$ROOT/mnt/link"
  edit '.process.cwd = "/mnt/volume/a/b/c"'
  entry /bin/sh -c 'rm -rf /mnt/volume/a'
  ln -s busybox "$ROOT/bin/rm"
  race "$ROOT/mnt" volume link
  fails_on_ours 300 made_on_host
}

# GHSA-3q8j: what is made read-only is looked up, and mounted over by its name. Both are one place of
# the root here, whichever name it has at the moment.
# bats test_tags=long
@test "a read-only path is covered with itself and nothing else" {
  mkdir "$ROOT/mnt/volume" "$ROOT/mnt/other"
  echo volume >"$ROOT/mnt/volume/file"
  echo secret >"$ROOT/mnt/other/file"
  ln -s other "$ROOT/mnt/link"
  edit '.linux.readonlyPaths += ["/mnt/volume"]'
  # Where a mount shows is its place as the root knows it: the rest of the line says what is mounted. The
  # kernel writes one after the other, so a name may change between them: right once is right.
  entry /bin/sh -c 'for try in $(seq 50); do
      while read -r _ _ _ from at _; do
        case $at in */mnt/volume|*/mnt/other) case $from in *"$at") exit ;; *) bad="secret $from at $at" ;;
        esac esac
      done </proc/self/mountinfo
    done
    echo "$bad"'
  ln -s busybox "$ROOT/bin/seq"
  race "$ROOT/mnt" volume link
  succeeds_on runc shows_secret
  fails_on_ours 300 shows_secret
}

# What tmpcopyup copies is opened by init, as root of the host where the container has no other.
# bats test_tags=long
@test "tmpcopyup never copies what a file or a directory is swapped for" {
  mkdir -p "$ROOT/mnt/volume/directory"
  echo image | tee "$ROOT/mnt/volume/file" >"$ROOT/mnt/volume/directory/secret"
  ln -s "$BATS_TEST_TMPDIR/secret" "$ROOT/mnt/volume/link"
  ln -s "../../../../../../../../../../../..$BATS_TEST_TMPDIR" "$ROOT/mnt/volume/outside"
  edit '.mounts += [{"destination": "/mnt/volume", "type": "tmpfs", "source": "m",
    "options": ["tmpcopyup"]}]'
  entry /bin/sh -c 'for file in /mnt/volume/* /mnt/volume/*/secret; do
    if [ -f "$file" ] && [ ! -L "$file" ]; then cat "$file"; fi; done'
  race "$ROOT/mnt/volume" file link
  race "$ROOT/mnt/volume" directory outside
  fails_on_ours 300 shows_secret
}

# CVE-2025-52881: the volume that covers /proc/sys comes by a link, and only now and then, so that no
# check of the place finds it.
# bats test_tags=long
@test "a parameter of the kernel is never written to what a volume covers /proc/sys with" {
  mkdir -p "$ROOT/mnt/volume" source/kernel
  ln -s /proc/sys "$ROOT/mnt/link"
  chmod -R a+rwX source
  edit '.mounts += [{"destination": "/mnt/proc", "type": "proc", "source": "proc"},
      {"destination": "/mnt/volume", "type": "bind", "source": $from, "options": ["bind"]}]
    | .linux.sysctl = {"kernel.msgmax": "4321"} | .linux.readonlyPaths = []' --arg from "$PWD/source"
  entry /bin/cat /mnt/proc/sys/kernel/msgmax
  race "$ROOT/mnt" volume link
  echo 8192 >source/kernel/msgmax
  chmod 666 source/kernel/msgmax
  succeeds_on "${COVERED:-runc}" redirected
  echo 8192 >source/kernel/msgmax
  fails_on_ours 200 redirected
}

redirected() { [ "$(cat source/kernel/msgmax)" != 8192 ]; }
