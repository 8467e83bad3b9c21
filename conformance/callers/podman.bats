# SPDX-License-Identifier: Apache-2.0
# podman as root: what people do with it day by day.
load podman

setup_file() { podman_begins; }
teardown_file() { podman_ends; }
setup() { begin_case podman; }
teardown() { finish_podman; }

@test "podman: run prints what the container does and exits with its status" {
  exits 7 engine run --rm --name "$NAME" $TOOLS sh -c 'echo "version $VERSION of $$"; echo oops >&2; exit 7'
  [ "$output" = "version 1 of 1" ] && [ "$err" = oops ] || fail "not what it says"
  prints '' engine ps -aq
}

@test "podman: a program that is not there is 127, one that can't be executed is 126" {
  exits 127 engine run --rm $TOOLS /no/such/program
  says "no such file or directory"
  exits 127 engine run --rm $TOOLS nothing-of-that-name
  says "executable file"
  says "not found in"
  exits 126 engine run --rm $TOOLS /etc/passwd
  says "permission denied"
}

@test "podman: run -it has a terminal of the person's size, which follows hers" {
  on_terminal podman run --rm -it --name "$NAME" $TOOLS sh <<'END'
expect #
send tty; stty size\r
expect /dev/pts/0
expect 24 80
resize 30 100
slow 1
send stty size\r
expect 30 100
send exit 5\r
END
  [ "$status" -eq 5 ] || fail "exit $status"
}

@test "podman: a detached container is listed, logs, stops by its signal and is removed" {
  ok engine run -d --name "$NAME" $TOOLS probe wait
  has "$NAME Up" engine ps --format '{{.Names}} {{.Status}}'
  prints "$RUNTIME" engine inspect --format '{{.OCIRuntime}}' "$NAME"
  soon shows ready engine logs "$NAME"
  ok engine stop -t 30 "$NAME"
  prints 'exited 42' engine inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$NAME"
  prints $'ready\nsignal=15' engine logs "$NAME"
  ok engine start "$NAME"
  soon shows $'ready\nsignal=15\nready' engine logs "$NAME"
  ok engine rm -f -t 0 "$NAME"
  nothing_left
}

@test "podman: exec has status, user, directory, environment and input of its own" {
  sleeper
  exits 9 engine exec -u guest -w /tmp -e WORD=x "$NAME" sh -c 'id -un; pwd; echo $WORD; exit 9'
  [ "$output" = $'guest\n/tmp\nx' ] || fail "not what it says"
  output=$(echo text | engine exec -i "$NAME" cat 3>&-) && [ "$output" = text ]
  exits 127 engine exec "$NAME" nothing-of-that-name
  exits 126 engine exec "$NAME" /etc/passwd
  ok engine exec -d "$NAME" sh -c 'echo done >/tmp/mark'
  soon shows "done" engine exec "$NAME" cat /tmp/mark
  has CapEff:$'\t'000001ffffffffff engine exec --privileged "$NAME" grep CapEff /proc/self/status
}

@test "podman: exec -it has a terminal" {
  sleeper
  on_terminal podman exec -it "$NAME" sh <<'END'
expect #
send stty size; exit 3\r
expect 24 80
END
  [ "$status" -eq 3 ] || fail "exit $status"
}

@test "podman: attach, type, detach by the keys, attach again" {
  ok engine run -dit --name "$NAME" $TOOLS sh
  on_terminal podman attach "$NAME" <<'END'
send echo o''ne\r
expect one\r
send \x10
slow 0.5
send \x11
END
  has running engine inspect --format '{{.State.Status}}' "$NAME"
  on_terminal podman attach "$NAME" <<'END'
send echo t''wo; exit 4\r
expect two
END
  soon shows 'exited 4' engine inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$NAME"
}

@test "podman: kill sends any signal, by name and by number" {
  ok engine run -d --name "$NAME" $TOOLS probe wait
  soon shows ready engine logs "$NAME"
  ok engine kill -s HUP "$NAME"
  ok engine kill -s 10 "$NAME"
  soon shows $'signal=1\nsignal=10' engine logs "$NAME"
  ok engine kill "$NAME"
  prints 137 engine wait "$NAME"
}

@test "podman: pause holds the processes and unpause lets them go" {
  ok engine run -d --name "$NAME" $TOOLS probe count
  ok engine pause "$NAME"
  prints paused engine inspect --format '{{.State.Status}}' "$NAME"
  local before
  before=$(engine logs "$NAME" 3>&- | tail -n 1)
  exits 255 engine exec "$NAME" true
  sleep 0.5
  [ "$(engine logs "$NAME" 3>&- | tail -n 1)" = "$before" ]
  ok engine unpause "$NAME"
  soon eval '[ "$(engine logs "$NAME" 3>&- | tail -n 1)" -gt "$before" ]'
}

@test "podman: stats and top see inside" {
  ok engine run -d --name "$NAME" -m 64m $TOOLS probe spawn 2
  ok engine stats --no-stream --format json "$NAME"
  [ "$(jq -r '.[0].pids' <<<"$output")" = 3 ] || fail "pids"
  [[ "$(jq -r '.[0].mem_usage' <<<"$output")" == *"67.11MB" ]] || fail "memory"
  ok engine top "$NAME" hpid pid args
  [ "$(grep -c 'probe spawn' <<<"$output")" -eq 3 ] || fail "three processes"
}

@test "podman: --memory, --cpus and --pids-limit are the kernel's, and update changes them" {
  ok engine run -d --name "$NAME" -m 64m --memory-swap 96m --cpus 0.5 --pids-limit 50 $TOOLS probe wait
  prints $'67108864\n33554432\n50000 100000\n50' engine exec "$NAME" \
    sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max pids.max'
  ok engine update --cpus 0.25 "$NAME"
  prints '25000 100000' engine exec "$NAME" cat /sys/fs/cgroup/cpu.max
}

@test "podman: --read-only leaves only what is mounted to write on" {
  exits 1 engine run --rm --read-only $TOOLS touch /file
  says "read-only file system"
  ok engine run --rm --read-only --tmpfs /data:size=1m $TOOLS \
    sh -c 'touch /tmp/a /run/b /dev/shm/c /data/d'
}

@test "podman: --cap-drop, --cap-add and no-new-privileges reach the process" {
  has $'CapEff:\t0000000000000000' engine run --rm --cap-drop all $TOOLS cat /proc/self/status
  has $'CapEff:\t0000000000001000' engine run --rm --cap-drop all --cap-add net_admin $TOOLS \
    cat /proc/self/status
  has $'NoNewPrivs:\t1' engine run --rm --security-opt no-new-privileges $TOOLS cat /proc/self/status
}

@test "podman: --security-opt seccomp: its own profile, one of ours, none" {
  has $'Seccomp:\t2' engine run --rm $TOOLS cat /proc/self/status
  has $'Seccomp:\t0' engine run --rm --security-opt seccomp=unconfined $TOOLS cat /proc/self/status
  echo '{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
    {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}]}' >profile.json
  exits 1 engine run --rm --security-opt seccomp=profile.json $TOOLS mkdir /tmp/x
  says "not supported"
}

@test "podman: -p answers a request, by slirp4netns" {
  ok engine run -d --name "$NAME" --network slirp4netns -p 8080:80 $TOOLS httpd -f -h /www
  soon shows 'a page from the container' curl -s -m 5 http://127.0.0.1:8080/
}

@test "podman: what the runtime says reaches the person" {
  exits 126 engine run --rm --cap-drop all -v /etc/passwd:/www $TOOLS true
  says "not a directory"
}

# bats test_tags=long
# bats test_tags=long
# bats test_tags=long
# bats test_tags=long
# bats test_tags=long
