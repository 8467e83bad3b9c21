# SPDX-License-Identifier: Apache-2.0
# Ways from a container to what the runtime has open while it executes a process there.
#
# Twice: with and without a user namespace.
load ../lib/common
load ../attacks/attack
load exec
setup() { begin_attack; }
teardown() { finish_attack; }

# CVE-2024-21626: a working directory that leads over a descriptor of the runtime's
@test "a descriptor of the runtime is no working directory" {
  started
  for number in {3..20}; do
    capture runtime exec --cwd "/proc/self/fd/$number" c1 /probe cwd
    [ "$status" -ne 0 ] || fail "descriptor $number is $(fact cwd)"
  done
  ln -s /proc/self/fd/7 "$ROOT/tmp/link"
  capture runtime exec --cwd /tmp/link c1 /probe cwd
  [ "$status" -ne 0 ]
}

# The same by the program: a descriptor of a directory of the host before it.
@test "a program can't be found over a descriptor of the runtime" {
  in_hosts_process_table
  started
  # Static, and by a name that only the host has.
  cp "$(command -v busybox)" of-the-host
  for number in {3..20}; do
    for rest in .. 1/root; do
      ln -sfn "/proc/self/fd/$number/$rest$PWD/of-the-host" "$ROOT/tmp/busybox"
      not_executed c1 /tmp/busybox echo escaped
      [ -z "$output" ] || fail "descriptor $number/$rest"
    done
  done
}

# CVE-2019-5736: the container has the runtime execute itself, and overwrites its binary
@test "the runtime's binary can't be written through a program that is /proc/self/exe" {
  [ "$RUNTIME" = swrun ] || skip "not with another's binary"
  cp "$SWRUN" runtime-copy
  # In a user namespace nobody but its mode would keep the container from it.
  chmod 777 runtime-copy
  before=$(sha256sum <runtime-copy)
  edit '.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE"])'
  entry /bin/sh -c 'echo ready; while :; do for p in /proc/[0-9]*; do
    case $p in /proc/1) ;; *) if (echo x >"$p/exe") 2>/dev/null; then echo written; fi ;; esac
    done; done'
  launch run c1 --detach
  eventually grep -q ready c1.out
  make_trap "$ROOT/bin/trap"
  for ((i = 0; i < 30; i++)); do
    timeout 10 ./runtime-copy --root "$STATE" exec c1 /bin/trap </dev/null >>trap.out 2>&1 3>&- || true
  done
  [ "$(sha256sum <runtime-copy)" = "$before" ]
  unless grep -q written c1.out
}

# CVE-2016-9962: pid 1 looks at what the joining process has open, at its root and its memory
@test "the container never sees a file of the host in a process that joins it" {
  edit '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"])'
  mkdir marker
  touch marker/of-the-host
  cat >"$ROOT/spy" <<'SPY'
echo ready
seen=0
while [ ! -e /tmp/stop ]; do
  for process in /proc/[0-9]*; do
    [ "$process" != /proc/1 ] || continue
    for file in "$process"/fd/* "$process/cwd" "$process/root"; do
      link=$(readlink "$file" 2>/dev/null) || continue
      seen=1
      case $link in
        pipe:*|socket:*|/dev/null|/|"$1"*|/dev/pts/*|/tmp*|*.in) ;;
        *) echo "leak $file $link" ;;
      esac
      if [ -e "$file/of-the-host" ] || [ -e "$file/swrun" ]; then echo "reached $file"; fi
    done
  done
done
echo "looked $seen"
SPY
  cd marker
  entry /bin/sh /spy /probe
  launch run c1 --detach
  eventually grep -q ready "$BATS_TEST_TMPDIR/c1.out"
  for ((i = 0; i < 100; i++)); do
    timeout 10 "$SWRUN" --root "$STATE" exec c1 /bin/true </dev/null >/dev/null 3>&-
  done
  # A last one long enough to be seen: the spy does look.
  timeout 10 "$SWRUN" --root "$STATE" exec c1 /bin/sleep 1 </dev/null >/dev/null 3>&-
  touch "$ROOT/tmp/stop"
  becomes stopped
  grep -q 'looked 1' "$BATS_TEST_TMPDIR/c1.out"
  if grep -E 'leak|reached' "$BATS_TEST_TMPDIR/c1.out"; then fail "seen from inside"; fi
}

# CVE-2024-21626, with a directory that changes while it is entered
@test "a working directory that is swapped leads nowhere else" {
  mkdir "$ROOT/mnt/volume"
  ln -s "../../../../../../../../../../..$HOST" "$ROOT/mnt/outside"
  ln -s /proc/1/root/../../.. "$ROOT/mnt/root"
  touch "$HOST/of-the-host"
  started
  race "$ROOT/mnt" volume outside
  race "$ROOT/mnt" volume root
  for ((i = 0; i < 100; i++)); do
    capture runtime exec --cwd /mnt/volume c1 /bin/sh -c 'ls; pwd'
    unless grep -q -e of-the-host -e unreachable -e "$HOST" <<<"$output"
  done
}

# CVE-2025-52881, CVE-2019-16884: by now the container has mounted something over where labels are written
@test "a container that has covered its procfs gets no label from who joins it" {
  [ ! -d /sys/kernel/security/apparmor ] || skip "AppArmor is in force here"
  ln -s busybox "$ROOT/bin/mount"
  edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
  entry /bin/sh -c 'mount -t tmpfs none /proc && mkdir -p /proc/self/attr/apparmor &&
    echo >/proc/self/attr/exec && echo >/proc/self/attr/apparmor/exec && echo ready && exec sleep 100'
  launch run c1 --detach
  eventually grep -q ready c1.out
  for option in apparmor process-label; do
    not_executed --$option unconfined c1 /bin/true
    [ "$RUNTIME" != swrun ] || says enabled
  done
  ok runtime exec c1 /bin/cat /proc/self/attr/exec /proc/self/attr/apparmor/exec
  [ -z "$output" ] || fail "written: $output"
}

# CVE-2025-52565: /dev/pts is whatever the container has made of it
@test "a terminal is of a devpts or there is none, and nobody waits for it" {
  on_a_terminal
  for name in mount umount mkfifo mknod; do ln -sf busybox "$ROOT/bin/$name"; done
  edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_MKNOD"])'
  for make in "mkfifo /dev/pts/ptmx" "echo >/dev/pts/ptmx" "ln -s /dev/zero /dev/pts/ptmx" \
    "mkdir /dev/pts/ptmx" "echo >/dev/pts/ptmx && mount -o bind /dev/full /dev/pts/ptmx"; do
    entry /bin/sh -c "mount -t tmpfs none /dev/pts && $make && echo ready && exec sleep 100"
    launch run c1 --detach
    eventually grep -q ready c1.out
    capture timeout 20 ./on-a-terminal "$SWRUN" --root "$STATE" exec --tty c1 /bin/true
    # crun's word for a failure is 1.
    [ "$status" -eq 255 ] || [ "$RUNTIME $status" = "crun 1" ] || fail "$make: exit $status"
    ok runtime delete --force c1
  done
}

# CVE-2016-3697
@test "a user whose name is a number is not looked up" {
  printf '1000:x:0:0::/:/bin/sh\n' >>"$ROOT/etc/passwd"
  started
  ok runtime exec --user 1000 c1 /probe identity
  expect uid "1000 1000 1000 1000"
}

@test "an exec that races with the end of the container fails or ends, and leaves nothing" {
  local i
  for i in 1 2 3 4 5; do
    started "r$i"
    (timeout 10 "$SWRUN" --root "$STATE" exec "r$i" /probe sleep >/dev/null 2>&1 </dev/null 3>&- || true) &
    runner=$!
    runtime delete --force "r$i"
    wait "$runner"
  done
}

@test "SIGKILL of the runtime at any moment leaves no half process" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  started
  for ((i = 0; i < 40; i++)); do
    timeout -s KILL "0.00$((i % 10))" "$SWRUN" --root "$STATE" exec c1 /bin/true \
      </dev/null >/dev/null 2>&1 3>&- || true
  done 2>/dev/null
  eventually alone
}

# alone: c1 has no process but its init and the one that looks.
alone() {
  ok runtime exec c1 /bin/sh -c 'for process in /proc/[0-9]*; do
    while read -r key value _; do [ "$key" != State: ] || echo "$value"; done <$process/status
  done'
  [ "$(grep -cv Z <<<"$output")" -eq 2 ]
}
