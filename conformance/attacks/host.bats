# SPDX-License-Identifier: Apache-2.0
# Ways from a container to what is the host's.
#
# Twice: with and without a user namespace.
load ../lib/common
load attack
setup() {
  begin_attack
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
}
teardown() { finish_attack; }

# of_the_host: a program, static and by a name that only the host has.
of_the_host() { cp "$(command -v busybox)" of-the-host; }

# CVE-2023-25809
@test "without a cgroup and a cgroup namespace the host's hierarchy is read-only" {
  require_cgroup2
  [ -z "${IN_USER_NAMESPACE-}" ] || skip "without it: a user namespace can't mount the host's hierarchy"
  edit '.linux.namespaces |= map(select(.type != "cgroup")) | del(.linux.resources)
    | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
  entry /bin/sh -c 'while read -r _ _ _ _ place options _; do
    if [ "$place" = /sys/fs/cgroup ]; then echo "$options"; fi; done </proc/self/mountinfo'
  capture in_cgroup2 unshare -m --propagation private sh -c '
    mount -o remount,bind,ro /sys/fs/cgroup && exec "$@"' sh \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ "$status" -eq 0 ]
  says "running without a cgroup"
  [[ "$output" == ro,* ]]
}

# CVE-2016-9962: another container in the same pid namespace, with the same user and rights.
@test "a container that shares the process table can't open what a waiting init has open" {
  [ -z "${IN_USER_NAMESPACE-}" ] || skip "without it: another user namespace keeps others out in any case"
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
  of_the_host
  entry /tmp/busybox echo escaped
  for number in {3..20}; do
    for rest in .. 1/root; do
      ln -sfn "/proc/self/fd/$number/$rest$PWD/of-the-host" "$ROOT/tmp/busybox"
      capture runtime run --bundle "$BUNDLE" c1
      [ "$status" -eq 1 ] || fail "descriptor $number/$rest"
      capture runtime create --bundle "$BUNDLE" c1
      [ "$status" -eq 1 ] || fail "create, descriptor $number/$rest"
    done
  done
}

@test "a directory that the caller has left open leads to no program of the host" {
  of_the_host
  entry /tmp/busybox echo escaped
  ln -s /proc/self/fd/30/of-the-host "$ROOT/tmp/busybox"
  capture bash -c 'exec 30<. && exec timeout 20 "$@"' bash \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ "$status" -eq 1 ] || fail "it was executed"
}

@test "a hook in the container can't be found over a descriptor of init" {
  of_the_host
  probe say done
  edit '.hooks.startContainer = [{"path": "/tmp/busybox", "args": ["busybox", "touch", "/tmp/hooked"]}]'
  for number in {3..20}; do
    ln -sfn "/proc/self/fd/$number/..$PWD/of-the-host" "$ROOT/tmp/busybox"
    capture runtime run --bundle "$BUNDLE" c1
    [ ! -e "$ROOT/tmp/hooked" ] || fail "descriptor $number"
  done
}

# The file is the host root's once init has another user: it was refused.
@test "the OOM score can be set in a user namespace" {
  [ -z "${IN_USER_NAMESPACE-}" ] || skip "it is in one in any case"
  edit '.linux.namespaces += [{"type": "user"}] | .process.oomScoreAdj = 500
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings'
  chown -R 100000:100000 "$ROOT"
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

# Who sees the host's processes sees ways to the host's root: /proc/1/root. Init follows them with rights
# that the program does not have.
@test "in the host's process table neither directory nor program is found over another's root" {
  in_hosts_process_table
  of_the_host
  for way in /proc/1/root "/proc/$$/root" "/proc/$$/cwd/../../../../../../../../.."; do
    ln -sfn "$way$PWD" "$ROOT/tmp/link"
    for cwd in "$way" "$way$PWD" /tmp/link; do
      edit '.process.cwd = $cwd' --arg cwd "$cwd"
      entry /bin/sh -c 'echo escaped'
      refused runtime run --bundle "$BUNDLE" c1
    done
    edit '.process.cwd = "/"'
    for program in "$way$PWD/of-the-host" /tmp/link/of-the-host; do
      entry "$program" echo escaped
      capture runtime run --bundle "$BUNDLE" c1
      [ "$status" -eq 1 ] || fail "$program: $output"
    done
  done
  entry /bin/sleep 100
  launch run c1 --detach
  capture runtime exec --cwd /tmp/link c1 /bin/sh -c 'echo escaped'
  [ "$status" -eq 255 ] || fail "$output"
  capture runtime exec c1 /tmp/link/of-the-host echo escaped
  [ "$status" -eq 255 ] || fail "$output"
}

@test "no descriptor of the caller's or of the runtime's is left to the container" {
  local list='ls -l /proc/self/fd | while read -r _ _ _ _ _ _ _ _ number _ to; do echo "$number $to"; done'
  entry /bin/sh -c "$list"
  exec 30</ 31<"$BATS_TEST_TMPDIR"
  own_rootfs
  ok timeout 20 bash -c 'exec 3<. && exec "$@"' bash "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" \
    --preserve-fds 1 c1
  # What is asked for does show.
  unless only_streams
  ok runtime run --bundle "$BUNDLE" c1
  only_streams
  runtime create --bundle "$BUNDLE" c2 >out 2>err </dev/null 3>&- 4>&-
  ok runtime start c2
  eventually grep -q '^2 ' out
  output=$(cat out)
  only_streams
  edit '.hooks.startContainer = [{"path": "/bin/sh", "args": ["sh", "-c", $list]}]' \
    --arg list "exec >/tmp/seen; $list"
  entry /bin/sleep 100
  launch run c3 --detach
  output=$(cat "$ROOT/tmp/seen")
  only_streams
  ok runtime exec c3 /bin/sh -c "$list"
  only_streams
  exec 30<&- 31<&-
}

# only_streams: of what there is in $output, but for the list itself that is being read.
only_streams() {
  # What ls has read is closed when it is looked at.
  [ -z "$(awk '$1 > 2 && $2 != "" && $2 !~ "^/proc/"' <<<"$output")" ] || fail "left to the container"
  [ "$(grep -c '^[012] ' <<<"$output")" -eq 3 ] || fail "no streams"
  [ "$(grep -c '^[0-9]' <<<"$output")" -le 4 ] || fail "left to the container"
}

# In a user namespace that maps the host's root, or in none, root of the container owns the inodes.
@test "what the container is shown of the host's devices is not its to change" {
  local path before
  edit '.linux.maskedPaths = ["/proc/kcore", "/proc/keys"]
    | .process.capabilities |= map_values(. + ["CAP_FOWNER"])'
  [ -z "${IN_USER_NAMESPACE-}" ] || {
    edit '.linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 65536}]
      | .linux.gidMappings = .linux.uidMappings'
    chown -R 0:0 "$ROOT"
  }
  before=$(stat -c '%n %a %u %g %y' /dev/null /dev/zero)
  entry /bin/sh -c 'for f in /proc/kcore /proc/keys /dev/null /dev/zero; do
    chmod 600 "$f"; chown 1:1 "$f"; touch -d 200101010000 "$f"; echo of >"$f"
  done; exit 0'
  ok runtime run --bundle "$BUNDLE" c1
  [ "$(stat -c '%n %a %u %g %y' /dev/null /dev/zero)" = "$before" ] || {
    chmod 666 /dev/null /dev/zero
    chown 0:0 /dev/null /dev/zero
    fail "$(stat -c '%n %a %u %g %y' /dev/null /dev/zero)"
  }
}

# Keyrings have names that anybody may take first: root of the container would share its keys with them.
@test "a session keyring that another user has made is not the container's" {
  [ -z "${IN_USER_NAMESPACE-}" ] || skip "names of keyrings are a user namespace's own"
  require setpriv
  cp "$ATTACKER" attacker
  chmod 755 . attacker
  KEYRING=_ses.$TAG setpriv --reuid 65534 --regid 65534 --clear-groups ./attacker keyring \
    >keyring.out 3>&- 4>&- &
  eventually grep -q "made _ses.$TAG" keyring.out
  entry /bin/true
  capture runtime run --bundle "$BUNDLE" "$TAG"
  kill %1
  [ "$status" -eq 1 ]
  says "which user 65534 has made: take another id"
}

# CVE-2019-5736 by way of a hook and of execve, and with what the kernel may do to a mount that is nowhere
@test "the runtime's binary is out of reach for a hook, a program and who sees them" {
  cp "$SWRUN" runtime-copy
  chmod 777 runtime-copy
  before=$(sha256sum <runtime-copy)
  make_trap "$ROOT/bin/trap"
  entry /bin/true
  edit '.hooks.startContainer = [{"path": "/bin/trap"}]'
  capture timeout 20 ./runtime-copy --root "$STATE" run --bundle "$BUNDLE" c0
  edit 'del(.hooks)'
  hostile binary
  for ((i = 0; i < 30; i++)); do
    timeout 10 ./runtime-copy --root "$STATE" exec c1 /bin/trap </dev/null >>trap.out 2>&1 3>&- || true
    ok timeout 10 ./runtime-copy --root "$STATE" exec c1 /bin/true
  done
  # So far an attacker comes: it has been executed in there.
  grep -q 'trap-2' trap.out || fail "$(cat trap.out)"
  [ "$(sha256sum <runtime-copy)" = "$before" ]
  appeased
}

# What is read-only on the host now may be writable tomorrow, for whoever has it open.
@test "a runtime on a read-only mount of the host is executed through a copy all the same" {
  cp "$SWRUN" runtime-copy
  mkdir place
  mount --bind "$PWD" place
  mount -o remount,bind,ro place
  entry /bin/sh -c 'echo ready; sleep 1000'
  own_rootfs
  place/runtime-copy --root "$STATE" run --bundle "$BUNDLE" c1 >c1.out 2>&1 </dev/null 3>&- 4>&- &
  runner=$!
  eventually grep -q ready c1.out
  exec 9<"/proc/$runner/exe"
  ok runtime delete --force c1
  wait "$runner" || true
  mount -o remount,bind,rw place
  # So far the host: the file itself can be written to now.
  : >>place/runtime-copy
  unless eval ': >>/proc/self/fd/9'
  exec 9<&-
  umount place
}

# Where fs.suid_dumpable is 1, which is the whole machine's, the change of user opens init to that user.
@test "init is closed to the container's user by its first call as that user" {
  require strace
  edit '.process.user = {uid: 1000, gid: 1000}'
  entry /bin/true
  own_rootfs
  ok timeout 60 strace -qq -f -o trace "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  awk '$2 ~ /^setresuid\(1000/ { who = $1; next }
    $1 == who { exit !($2 ~ /^prctl\(PR_SET_DUMPABLE,/) }' trace
}

# CVE-2016-9962, by all that ptrace(2) and pidfd_getfd(2) give
@test "who joins a container can't be traced, and lends no descriptor, before it is its program" {
  [ -n "${IN_USER_NAMESPACE-}" ] || lacks_tracing=yes
  hostile trace
  joined_often
  appeased
}

# Without no_new_privs a filter wants a right to be loaded that the container does not have: it must not be
# there for who sees the process to seize.
@test "who joins a container has no right there that the container has not" {
  edit '.process.noNewPrivileges = false
    | .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["reboot", "mount"],
        "action": "SCMP_ACT_ERRNO"}]}'
  hostile rights
  joined_often
  appeased
}

# In the host's user namespace CAP_SYS_PTRACE is a right over whoever is seen: what it gets at must lead
# no further than the container. A creator that took the number for its tenant's had the host's init
# killed by its caller.
@test "who may trace a joining process can't have the host take another for it" {
  [ -z "${IN_USER_NAMESPACE-}" ] || skip "without it: there nobody may"
  hostile forge
  for ((i = 0; i < 40; i++)); do
    capture timeout 20 "$SWRUN" --root "$STATE" exec --detach --pid-file pid c1 /bin/sleep 0.1
    [ "$status" -ne 0 ] || [ "$(cat pid)" -ne 1 ] || fail "the host's init is taken for a tenant"
    rm -f pid
  done
  appeased
}

joined_often() {
  for ((i = 0; i < 60; i++)); do
    timeout 10 "$SWRUN" --root "$STATE" exec c1 /bin/true </dev/null >/dev/null 2>&1 3>&- || true
  done
}

@test "no mount of the container's comes back to the host" {
  mkdir shared
  mount -t tmpfs --make-shared none shared
  cp -a "$ROOT" shared/rootfs
  mkdir shared/volume
  edit '.root.path = $root
    | .mounts += [{"destination": "/mnt", "type": "bind", "source": $from, "options": $options}]
    | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])' \
    --arg root "$PWD/shared/rootfs" --arg from "$PWD/shared/volume" --argjson options '["rbind"]'
  ROOT=$PWD/shared/rootfs
  ln -s busybox "$ROOT/bin/mount"
  [ -z "${IN_USER_NAMESPACE-}" ] || chown -hR 100000:100000 shared
  entry /bin/sh -c 'mkdir -p /tmp/a /mnt/a && mount -t tmpfs none /tmp/a && mount -t tmpfs none /mnt/a &&
    echo mounted'
  for propagation in null '"private"' '"slave"' '"rslave"' '"unbindable"'; do
    edit '.linux.rootfsPropagation = $kind' --argjson kind "$propagation"
    ok runtime run --bundle "$BUNDLE" c1
    [ "$output" = mounted ]
    awk -v below="$PWD/shared/" 'index($5, below) == 1 { exit 1 }' /proc/self/mountinfo ||
      fail "$propagation: a mount shows on the host"
  done
  umount -l shared
}

# What a container may write to, when its part of the hierarchy is writable.
@test "a writable hierarchy leads no further than the container's own cgroup" {
  require_cgroup2
  edit '.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)
    | .linux.resources.pids = {"limit": 50}'
  grep -qw pids "$(cgroup2_root)/cgroup.controllers" || edit 'del(.linux.resources.pids)'
  ln -s busybox "$ROOT/bin/rmdir"
  entry /bin/sh -c 'cd /sys/fs/cgroup && ls >/dev/null || exit
    for up in .. ../.. /sys/fs/cgroup/../..; do
      if [ -e "$up/cgroup.procs" ]; then echo "seen: $up"; fi
    done
    mkdir -p below/deeper && echo $$ >below/cgroup.procs && echo moved
    if [ -e /sys/fs/cgroup/release_agent ] || [ -e notify_on_release ]; then echo release agent; fi
    cat /proc/self/cgroup'
  ok runtime run --bundle "$BUNDLE" c1
  grep -qx moved <<<"$output"
  unless grep -q -e seen -e 'release agent' -e '\.\.' <<<"$output"
}

# Deeper than a path may be, with names that are no text; and more the deeper it is looked at.
@test "a container that nests cgroups as fast as it can is listed, signalled and deleted" {
  require_cgroup2
  edit '.mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)'
  hostile nest
  eventually [ -d "$(printf '%s' "$GROUP" && printf '/\xff\xfe%.0s' {1..50})" ]
  for ((i = 0; i < 5; i++)); do
    ok runtime ps --format json c1
    ok runtime events --stats c1
    ok runtime state c1
    ok runtime exec c1 /bin/true
  done
  ok runtime kill --all c1 WINCH
  ok runtime pause c1
  ok runtime resume c1
  PATIENCE=50 ok runtime delete --force c1
}

@test "a container that makes processes as fast as it can is listed, stopped and deleted" {
  require_controller pids
  edit '.linux.resources.pids = {"limit": 400}'
  for verb in "kill --all c1 WINCH" "ps --format json c1" "pause c1" "kill c1 KILL"; do
    hostile fork
    # shellcheck disable=SC2086
    PATIENCE=30 ok runtime $verb
    # No place is left for another process.
    PATIENCE=30 capture runtime exec c1 /bin/true
    PATIENCE=30 ok runtime delete --force c1
  done
}

# What these cases compare is seen to change.
@test "an escape would show" {
  local change
  export -f picture_of_host
  for change in "mknod /dev/made c 1 3" "chmod 600 /dev/zero" "ln -sfn /tmp /dev/fd" \
    "rm /dev/full" "touch /etc/made" "echo x >>/etc/passwd" "chmod 4755 /etc/hostname" \
    "mount -t tmpfs none /mnt" "echo x >>programs/swrun" "touch /etc/default/made"; do
    capture unshare -m --uts --propagation private bash -c '
      mkdir -p dev programs && mount -t tmpfs none dev && cp -a /dev/{null,zero,full,fd} dev &&
      mount --bind dev /dev && cp -a /etc etc && mount --bind etc /etc && cp "$SWRUN" programs &&
      SWRUN=$PWD/programs/swrun && picture_of_host >before && eval "$1" &&
      if picture_of_host | cmp -s before -; then echo "not seen"; fi' bash "$change"
    [ "$status:$output" = 0: ] || fail "$change"
    rm -rf etc programs
  done
}
