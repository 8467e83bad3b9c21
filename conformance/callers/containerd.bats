# SPDX-License-Identifier: Apache-2.0
# containerd by its shim, driven by ctr.
load containerd

setup_file() { containerd_begins; }
teardown_file() { containerd_ends; }
setup() { begin_case containerd ctr; }
teardown() { finish_containerd; }

@test "containerd: run prints what the task does and exits with its status" {
  exits 7 run --rm $TOOLS "$NAME" sh -c 'echo "version $VERSION"; echo oops >&2; exit 7'
  [ "$output" = "version 1" ] && [ "$err" = oops ] || fail "not what it says"
  prints '' engine containers ls -q
}

@test "containerd: a program that is not there is an error that names it" {
  exits 1 run --rm $TOOLS "$NAME" nothing-of-that-name
  not_found nothing-of-that-name
  exits 1 run --rm $TOOLS "$NAME" /etc/passwd
  says 'permission denied'
}

@test "containerd: run -t has a terminal that is resized" {
  # ctr tells the first size before it listens for changes, and so misses one that comes at once.
  on_terminal ctr run --rm -t --runc-binary "$SWRUN" $TOOLS "$NAME" sh <<'END'
expect #
send until stty size 2>&- | grep -v '^0'; do sleep 0.2; done\r
expect 24 80
resize 30 100
send until stty size | grep ^30; do sleep 0.2; done\r
signal WINCH 30 100
send exit 5\r
END
  [ "$status" -eq 5 ] || fail "exit $status"
}

@test "containerd: a detached task is listed, takes signals, ends and is removed" {
  sleeper --pid-file "$PWD/pid"
  [ "$(cat pid)" = "$(pid_of "$NAME")" ]
  ok task kill -s TERM "$NAME"
  soon shows STOPPED status_of "$NAME"
  ok task rm "$NAME"
  says "exit code 42"
  ok engine containers rm "$NAME"
  nothing_left
}

@test "containerd: tasks exec has output, status, user, directory and input of its own" {
  sleeper
  exits 9 task exec --exec-id e1 --user 1000 --cwd /tmp "$NAME" sh -c 'id -u; pwd; echo no >&2; exit 9'
  [ "$output:$err" = $'1000\n/tmp:no' ] || fail "not what it says"
  output=$(echo text | task exec --exec-id e2 "$NAME" cat 3>&-) && [ "$output" = text ]
  exits 1 task exec --exec-id e3 "$NAME" nothing-of-that-name
  not_found nothing-of-that-name
  ok task exec --exec-id e4 -d "$NAME" sleep 1000
  soon shows 'sleep 1000' pgrep -af 'sleep 1000'
  ok task kill -s KILL --exec-id e4 "$NAME"
}

@test "containerd: tasks exec -t has a terminal" {
  sleeper
  on_terminal ctr tasks exec --exec-id e1 -t "$NAME" sh <<'END'
expect #
send until stty size 2>&- | grep -v '^0'; do sleep 0.2; done; exit 3\r
expect 24 80
END
  [ "$status" -eq 3 ] || fail "exit $status"
}

@test "containerd: attach takes the task's terminal back" {
  on_terminal ctr run -d -t --runc-binary "$SWRUN" $TOOLS "$NAME" sh </dev/null
  prints RUNNING status_of "$NAME"
  on_terminal ctr tasks attach "$NAME" <<'END'
send echo t''wo; exit 4\r
expect \r\ntwo
END
  [ "$status" -eq 4 ] || fail "exit $status"
}

@test "containerd: pause and resume" {
  sleeper
  ok task pause "$NAME"
  prints PAUSED status_of "$NAME"
  [ "$(cat "$(group_of "$NAME")/cgroup.freeze")" = 1 ]
  exits 1 task exec --exec-id e1 "$NAME" true
  ok task resume "$NAME"
  prints RUNNING status_of "$NAME"
  ok task exec --exec-id e2 "$NAME" true
}

@test "containerd: metrics and ps tell of the task's processes" {
  ok run -d --memory-limit 67108864 $TOOLS "$NAME" probe spawn 2
  ok task metrics --format json "$NAME"
  [ "$(jq -r '.pids.current, .memory.usage_limit' <<<"$output" | xargs)" = "3 67108864" ] ||
    fail "three processes, 64 MiB"
  ok task ps "$NAME"
  [ "$(grep -cE '^[0-9]+' <<<"$output")" -eq 3 ] || fail "three processes"
}

@test "containerd: limits are the kernel's" {
  sleeper --memory-limit 67108864 --cpus 0.5
  local group
  group=$(group_of "$NAME")
  [ "$(cat "$group/memory.max")" = 67108864 ]
  [ "$(cat "$group/cpu.max")" = "50000 100000" ]
}

@test "containerd: --read-only, --cap-drop, --env, --cwd, --mount, --seccomp, --rootfs" {
  exits 1 run --rm --read-only $TOOLS "$NAME" touch /file
  says "read-only file system"
  mkdir data
  echo outside >data/file
  ok run --rm --cap-drop CAP_CHOWN --env WORD=x --cwd /tmp --seccomp \
    --mount "type=bind,src=$PWD/data,dst=/mnt,options=rbind:ro" $TOOLS "$NAME" \
    sh -c 'pwd; echo $WORD; cat /mnt/file; grep Seccomp: /proc/self/status'
  [ "$output" = $'/tmp\nx\noutside\nSeccomp:\t2' ] || fail "not what it says"
  mkdir -p root/bin
  cp "$(command -v busybox)" root/bin/
  mkdir root/{proc,dev,sys,run,tmp}
  prints root run --rm --rootfs "$PWD/root" "$NAME" /bin/busybox sh -c 'echo root'
}

@test "containerd: namespaces of the host and of another task" {
  sleeper
  prints "$(readlink /proc/self/ns/net)" run --rm --net-host $TOOLS "$NAME-2" readlink /proc/self/ns/net
  has 'probe wait' run --rm --with-ns "pid:/proc/$(pid_of "$NAME")/ns/pid" $TOOLS "$NAME-3" ps
}

@test "containerd: a user namespace by --uidmap and --gidmap" {
  ok run -d --uidmap 0:100000:65536 --gidmap 0:100000:65536 $TOOLS "$NAME" probe wait
  [ "$(stat -c %u "/proc/$(pid_of "$NAME")")" -eq 100000 ]
  prints 0 task exec --exec-id e1 "$NAME" id -u
}

@test "containerd: when the shim dies its container is removed" {
  sleeper
  local pid
  pid=$(pid_of "$NAME")
  kill -KILL "$(awk '{ print $4 }' "/proc/$pid/stat")"
  soon eval '! kill -0 $pid 2>/dev/null'
  soon shows '' status_of "$NAME"
  task rm -f "$NAME" >/dev/null 2>&1 3>&- || true
  ok engine containers rm "$NAME"
  nothing_left
}
