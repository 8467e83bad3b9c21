# SPDX-License-Identifier: Apache-2.0
# config.md#mounts: what is mounted, where, and how.
load ../lib/common
setup() { begin; }
teardown() { finish; }

# mounted OPTION...: a bind mount of an own directory at /mnt with these options.
mounted() {
  mkdir -p "$BATS_TEST_TMPDIR/source"
  edit '.mounts += [{"destination": "/mnt", "type": "bind",
    "source": $source, "options": (["rbind"] + $words)}]' \
    --arg source "$BATS_TEST_TMPDIR/source" --argjson words "$(words "$@")"
}

# A row of the option table: mounting with it shows the word, among the mount's own options.
shows() {
  mounted "$1"
  in_container mounts
  [[ ",$(fact mount:/mnt | cut -d' ' -f2)," == *",$2,"* ]] || fail "no $2 on /mnt"
}

lacks() {
  mounted "$1"
  in_container mounts
  [[ ",$(fact mount:/mnt | cut -d' ' -f2)," != *",$2,"* ]] || fail "$2 on /mnt"
}

@test "option ro" { shows ro ro; }
@test "option rw" { shows rw rw; }
@test "option nosuid" { shows nosuid nosuid; }
@test "option nodev" { shows nodev nodev; }
@test "option noexec" { shows noexec noexec; }
@test "option noatime" { shows noatime noatime; }
@test "option nodiratime" { shows nodiratime nodiratime; }
@test "option relatime" { shows relatime relatime; }
@test "option strictatime" { lacks strictatime relatime; }
@test "option nosymfollow" { shows nosymfollow nosymfollow; }
@test "option suid" { lacks suid nosuid; }
@test "option exec" { lacks exec noexec; }
@test "option dev" { lacks dev nodev; }

@test "a later option wins over an earlier one" {
  mounted ro noexec rw exec
  in_container mounts
  expect_match mount:/mnt "*rw / *"
  [[ "$(fact mount:/mnt)" != *noexec* ]]
}

@test "an ro bind mount cannot be written to, and rw can" {
  mounted ro
  in_container writable /mnt
  expect write:/mnt EROFS
  edit '.mounts[-1].options = ["rbind", "rw"]'
  in_container writable /mnt
  expect write:/mnt ok
}

# A mount below the source, which recursive attributes reach and plain ones do not.
with_submount() {
  mkdir -p "$BATS_TEST_TMPDIR/source/below"
  mount -t tmpfs below "$BATS_TEST_TMPDIR/source/below"
}
without_submount() { umount -R "$BATS_TEST_TMPDIR/source/below"; }

@test "rbind carries the mounts below and bind does not" {
  with_submount
  mounted rw
  in_container mounts
  expect_match mount:/mnt/below "tmpfs *"
  edit '.mounts[-1].options = ["bind"]'
  in_container mounts
  without_submount
  unless fact mount:/mnt/below
}

@test "rro makes the mounts below read-only too" {
  with_submount
  mounted rro
  in_container writable /mnt /mnt/below
  without_submount
  expect write:/mnt EROFS
  expect write:/mnt/below EROFS
}

@test "ro leaves the mounts below writable" {
  with_submount
  mounted ro
  in_container writable /mnt /mnt/below
  without_submount
  expect write:/mnt EROFS
  expect write:/mnt/below ok
}

@test "rnosuid, rnodev and rnoexec reach the mounts below" {
  with_submount
  mounted rnosuid rnodev rnoexec
  in_container mounts
  without_submount
  expect_match mount:/mnt/below "* *nodev,noexec,nosuid* / *"
}

propagates() {
  mounted "$1"
  in_container mounts
  expect_match mount:/mnt "* $2"
}

@test "option private" { propagates private private; }
@test "option rprivate" { propagates rprivate private; }
@test "option shared" { propagates shared shared; }
@test "option rshared" { propagates rshared shared; }
@test "option unbindable" { propagates unbindable unbindable; }

@test "option slave takes part in a shared source's mounts" {
  mkdir -p "$BATS_TEST_TMPDIR/source"
  mount --bind "$BATS_TEST_TMPDIR/source" "$BATS_TEST_TMPDIR/source"
  mount --make-shared "$BATS_TEST_TMPDIR/source"
  edit '.linux.rootfsPropagation = "slave"'
  mounted rslave
  in_container mounts
  umount "$BATS_TEST_TMPDIR/source"
  expect_match mount:/mnt "* slave"
}

@test "tmpfs takes its own options" {
  edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs",
    "options": ["nosuid", "size=64k", "mode=1750", "nr_inodes=10"]}]'
  in_container mounts stat /mnt
  expect_match mount:/mnt "tmpfs *nosuid* / *mode=1750*"
  expect_match mount:/mnt "* / *nr_inodes=10*"
  expect_match mount:/mnt "* / *size=64k*"
  expect stat:/mnt "d 1750 0:0"
}

@test "options may stand together with commas between" {
  mkdir -p "$BUNDLE/rootfs"/{t,lower,upper,work,merged}
  echo lower >"$BUNDLE/rootfs/lower/file"
  edit '.mounts += [
    {"destination": "/t", "type": "tmpfs", "source": "t", "options": ["size=1m,mode=700"]},
    {"destination": "/merged", "type": "overlay", "source": "o", "options": [
      "lowerdir=" + $root + "/lower,upperdir=" + $root + "/upper,workdir=" + $root + "/work"]}]' \
    --arg root "$BUNDLE/rootfs"
  entry /bin/sh -c 'stat -c %a /t; cat /merged/file'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = $'700\nlower' ] || fail "$output"
}

# Whoever mounts one over a private directory does not mean to open it to everybody.
@test "a tmpfs without a mode has that of the directory that it covers" {
  mkdir -m 700 "$BUNDLE/rootfs/private"
  mkdir -m 755 "$BUNDLE/rootfs/run"
  edit '.mounts += [
    {"destination": "/private", "type": "tmpfs", "source": "t"},
    {"destination": "/run", "type": "tmpfs", "source": "t", "options": ["nosuid"]},
    {"destination": "/tmp", "type": "tmpfs", "source": "t", "options": ["mode=711"]},
    {"destination": "/missing", "type": "tmpfs", "source": "t"}]'
  entry /bin/stat -c %a /private /run /tmp /missing
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = $'700\n755\n711\n1777' ] || fail "$output"
}

@test "a read-only tmpfs takes what belongs in it first" {
  touch "$BATS_TEST_TMPDIR/file"
  edit '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)
    | .mounts += [
      {"destination": "/run", "type": "tmpfs", "source": "t", "options": ["ro", "mode=755"]},
      {"destination": "/run/sub/file", "type": "bind", "source": $file, "options": ["bind"]},
      {"destination": "/run/other", "type": "tmpfs", "source": "t"}]
    | .process.cwd = "/run/work"' --arg file "$BATS_TEST_TMPDIR/file"
  in_container writable /run /run/work /dev /run/other
  expect write:/run EROFS
  expect write:/run/work EROFS
  expect write:/dev EROFS
  expect write:/run/other ok
  in_container devices
  expect_match dev:/dev/null "c 1:3 0666 * opens"
  edit '.mounts |= map(if .destination == "/dev" then .options -= ["ro"] else . end)
    | .mounts += [{"destination": "/dev", "type": "tmpfs", "source": "t", "options": ["remount", "ro"]}]'
  in_container writable /dev
  expect write:/dev EROFS
}

@test "an option that the file system does not know fails and names the mount" {
  edit '.mounts += [{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs",
    "options": ["no_such_option=1"]}]'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says /mnt
}

@test "a single file can be mounted over a file" {
  echo outside >file
  touch "$BUNDLE/rootfs/etc/file"
  edit '.mounts += [{"destination": "/etc/file", "type": "bind", "source": $path,
    "options": ["bind", "ro"]}]' --arg path "$PWD/file"
  in_container file /etc/file
  expect file:/etc/file outside
}

@test "a target that is missing is made, as a file or as a directory" {
  echo outside >file
  mkdir directory && echo inside >directory/name
  edit '.mounts += [
    {"destination": "/made/deep/file", "type": "bind", "source": ($path + "/file"),
      "options": ["bind"]},
    {"destination": "/made/deep/directory", "type": "bind", "source": ($path + "/directory"),
      "options": ["bind"]}]' --arg path "$PWD"
  in_container file /made/deep/file /made/deep/directory/name
  expect file:/made/deep/file outside
  expect file:/made/deep/directory/name inside
}

@test "a relative source is relative to the bundle" {
  mkdir "$BUNDLE/data" && echo here >"$BUNDLE/data/name"
  edit '.mounts += [{"destination": "/mnt", "type": "bind", "source": "data",
    "options": ["bind"]}]'
  in_container file /mnt/name
  expect file:/mnt/name here
}

@test "mounts are made in the order of the list" {
  edit '.mounts += [
    {"destination": "/mnt", "type": "tmpfs", "source": "first"},
    {"destination": "/mnt/below", "type": "tmpfs", "source": "second", "options": ["ro"]}]'
  in_container mounts
  expect_match mount:/mnt "tmpfs *rw / *"
  expect_match mount:/mnt/below "tmpfs *ro / *"
}

@test "a bind mount without a type is one" {
  mkdir source
  edit '.mounts += [{"destination": "/mnt", "source": $path, "options": ["bind"]}]' \
    --arg path "$PWD/source"
  in_container mounts
  fact mount:/mnt
}

# runtime-contract: docker exits with 127 on these words, as after mount(2).
@test "a file on a directory and a directory on a file are refused with mount(2)'s word" {
  mkdir source
  touch file "$BUNDLE/rootfs/etc/target"
  edit '.mounts += [{"destination": "/mnt", "source": $path, "options": ["bind"]}]' \
    --arg path "$PWD/file"
  probe wait
  refused runtime create --bundle "$BUNDLE" c1
  says "not a directory"
  edit '.mounts[-1] |= (.destination = "/etc/target" | .source = $path)' --arg path "$PWD/source"
  refused runtime create --bundle "$BUNDLE" c1
  says "not a directory"
}

@test "a remount of what is no mount is refused, whether there is something to change or not" {
  local options
  probe wait
  for options in '["bind", "remount"]' '["bind", "remount", "ro"]'; do
    edit '.mounts += [{"destination": "/etc", "type": "bind", "source": "/etc", "options": $words}]' \
      --argjson words "$options"
    refused runtime create --bundle "$BUNDLE" c1
    edit 'del(.mounts[-1])'
  done
  edit '.mounts += [{"destination": "/dev/shm", "type": "bind", "source": "/dev/shm",
    "options": ["bind", "remount"]}]'
  launch create c1
}

@test "acl and noacl are nothing to bind mounts and to file systems that do not know them" {
  edit '.mounts += [("acl", "noacl") | {"destination": ("/mnt/" + .), "type": "tmpfs",
      "source": "tmpfs", "options": [., "size=64k"]},
    {"destination": ("/tmp/" + .), "type": "bind", "source": "/etc", "options": ["rbind", .]}]'
  in_container mounts
  expect_match mount:/mnt/acl "tmpfs *size=64k*"
  expect_match mount:/mnt/noacl "tmpfs *size=64k*"
  fact mount:/tmp/acl
  fact mount:/tmp/noacl
}

@test "acl and noacl are told to a file system, which may know them" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME tells mount(2), which tells every file system"
  require strace
  edit '.mounts += [("acl", "noacl") | {"destination": "/mnt", "type": "tmpfs", "source": "tmpfs",
    "options": [.]}]'
  entry /bin/true
  capture strace -f -o trace -e trace=fsconfig "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ -s trace ] || skip "missing: a machine where strace works"
  [ "$status" -eq 0 ] && [ "$(grep -cE 'FSCONFIG_SET_FLAG, "(no)?acl"' trace)" -eq 2 ] || fail "$(cat trace)"
}

# CVE-2021-30465 and its kin: links in the rootfs lead nowhere but into the rootfs
@test "a target behind an absolute link stays in the rootfs" {
  mkdir outside source && ln -s "$PWD/outside" "$BUNDLE/rootfs/link"
  echo data >source/name
  edit '.mounts += [{"destination": "/link/below", "type": "bind", "source": $path,
    "options": ["bind"]}]' --arg path "$PWD/source"
  capture runtime run --bundle "$BUNDLE" c1
  [ -z "$(ls -A outside)" ]
}

@test "a target with .. stays in the rootfs" {
  mkdir source
  edit '.mounts += [{"destination": "/../../../../escaped-'"$TAG"'", "type": "bind",
    "source": $path, "options": ["bind"]}]' --arg path "$PWD/source"
  capture runtime run --bundle "$BUNDLE" c1
  [ ! -e "/escaped-$TAG" ]
}

# CVE-2019-19921 and 2023-27561
@test "proc is not mounted where the rootfs has a link" {
  rmdir "$BUNDLE/rootfs/proc" && mkdir "$BUNDLE/rootfs/other"
  ln -s /other "$BUNDLE/rootfs/proc"
  refused runtime create --bundle "$BUNDLE" c1
}

# CVE-2026-41579
@test "a rootfs whose dev is a link makes nothing on the host" {
  mkdir outside
  rmdir "$BUNDLE/rootfs/dev" && ln -s "$PWD/outside" "$BUNDLE/rootfs/dev"
  capture runtime run --bundle "$BUNDLE" c1
  [ -z "$(ls -A outside)" ]
  edit '.mounts |= map(select(.destination | startswith("/dev") | not))'
  capture runtime run --bundle "$BUNDLE" c1
  [ -z "$(ls -A outside)" ]
}

@test "the mounts of the default list are as asked for" {
  in_container mounts
  expect_match mount:/proc "proc *"
  expect_match mount:/dev "tmpfs nosuid,rw / *mode=755*size=65536k* private"
  expect_match mount:/dev/pts "devpts noexec,nosuid,relatime,rw / gid=5,mode=620,ptmxmode=666,rw *"
  expect_match mount:/dev/shm "tmpfs nodev,noexec,nosuid,relatime,rw / *size=65536k* *"
  expect_match mount:/dev/mqueue "mqueue nodev,noexec,nosuid,* / *"
  expect_match mount:/sys "sysfs nodev,noexec,nosuid,*ro* / *"
  expect_match mount:/sys/fs/cgroup "cgroup2 nodev,noexec,nosuid,*ro* / *"
}

@test "no mount of the host is seen" {
  in_container mounts
  [ "$(grep -c ^mount: <<<"$output")" -lt 40 ]
  unless grep -F "$BATS_TEST_TMPDIR/" <<<"$output"
}

@test "tmpcopyup fills a tmpfs with what it covers, and nothing goes back" {
  mkdir -p "$BUNDLE/rootfs/filled/deep"
  echo one >"$BUNDLE/rootfs/filled/one"
  echo two >"$BUNDLE/rootfs/filled/deep/two"
  ln -s deep/two "$BUNDLE/rootfs/filled/link"
  chown 5:6 "$BUNDLE/rootfs/filled/one" "$BUNDLE/rootfs/filled/deep"
  chmod 4711 "$BUNDLE/rootfs/filled/one"
  chmod 750 "$BUNDLE/rootfs/filled"
  edit '.mounts += [{"destination": "/filled", "type": "tmpfs", "source": "tmpfs",
    "options": ["nosuid", "tmpcopyup"]}]'
  entry /bin/sh -c 'cd /filled && cat link && ls -ldn . one deep | while read -r mode _ user group _; do
    echo "$mode $user $group"; done && echo three >new && rm one'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "two
drwxr-x--- 0 0
drwxr-xr-x 5 6
-rws--x--x 5 6" ] || fail "$output"
  [ "$(cat "$BUNDLE/rootfs/filled/one")" = one ]
  [ ! -e "$BUNDLE/rootfs/filled/new" ]
}

@test "tmpcopyup copies names and links whose bytes are no UTF-8" {
  mkdir -p "$BUNDLE/rootfs/filled/"$'caf\xe9'
  echo coffee >"$BUNDLE/rootfs/filled/"$'caf\xe9/cr\xe8me'
  ln -s $'caf\xe9/cr\xe8me' "$BUNDLE/rootfs/filled/link"
  edit '.mounts += [{"destination": "/filled", "type": "tmpfs", "source": "tmpfs",
    "options": ["nosuid", "tmpcopyup"]}]'
  entry /bin/sh -c 'cat /filled/link'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = coffee ]
}

@test "tmpcopyup into a read-only tmpfs" {
  mkdir -p "$BUNDLE/rootfs/filled"
  echo one >"$BUNDLE/rootfs/filled/one"
  edit '.mounts += [{"destination": "/filled", "type": "tmpfs", "source": "tmpfs",
    "options": ["ro", "tmpcopyup"]}]'
  entry /bin/sh -c 'cat /filled/one; (echo two >/filled/one) 2>/dev/null || echo read-only'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "one
read-only" ] || fail "$output"
}

@test "an overlay of many layers, more than one option of the kernel takes" {
  local kernel layers='' n
  kernel=$(uname -r)
  printf '6.7\n%s\n' "${kernel%%-*}" | sort -CV || skip "needs Linux 6.7 (lowerdir+)"
  for n in 1 2 3 4; do
    mkdir -p "$BATS_TEST_TMPDIR/$(printf 'layer%.0s' {1..15})/with:colon$n"
    echo "$n" >"$BATS_TEST_TMPDIR/$(printf 'layer%.0s' {1..15})/with:colon$n/file$n"
    layers+=${layers:+:}$BATS_TEST_TMPDIR/$(printf 'layer%.0s' {1..15})/with'\:'colon$n
  done
  [ "${#layers}" -gt 256 ]
  mkdir -p "$BUNDLE/rootfs/merged"
  edit '.mounts += [{"destination": "/merged", "type": "overlay",
    "source": "overlay", "options": ["lowerdir=" + $layers]}]' --arg layers "$layers"
  entry /bin/sh -c 'cat /merged/file1 /merged/file4'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = "1
4" ] || fail "$output"
}
