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

@test "podman: run -i passes standard input" {
  status=0
  output=$(printf 'one\ntwo\n' | engine run --rm -i $TOOLS wc -l 3>&-) || status=$?
  [ "$status:$output" = 0:2 ] || fail "$status: $output"
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
  soon shows ready engine logs "$NAME"
  ok engine stop -t 30 "$NAME"
  prints 'exited 42' engine inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$NAME"
  prints $'ready\nsignal=15' engine logs "$NAME"
  ok engine start "$NAME"
  soon shows $'ready\nsignal=15\nready' engine logs "$NAME"
  ok engine rm -f -t 0 "$NAME"
  nothing_left
}

@test "podman: logs -f follows to the end" {
  ok engine run -d --name "$NAME" $TOOLS sh -c 'for i in 1 2 3; do echo $i; sleep 0.3; done'
  prints $'1\n2\n3' engine logs -f "$NAME"
  prints 0 engine wait "$NAME"
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
expect \r\none
send \x10
slow 0.5
send \x11
END
  has running engine inspect --format '{{.State.Status}}' "$NAME"
  on_terminal podman attach "$NAME" <<'END'
send echo t''wo; exit 4\r
expect \r\ntwo
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

@test "podman: cp both ways, diff, commit, and a container of the new image" {
  ok engine run -d --name "$NAME" $TOOLS probe wait
  echo hello >here
  ok engine cp here "$NAME:/root/there"
  prints hello engine exec "$NAME" cat /root/there
  ok engine exec "$NAME" sh -c 'mkdir /made; echo back >/made/file'
  ok engine cp "$NAME:/made/file" back
  [ "$(cat back)" = back ]
  has "A /made" engine diff "$NAME"
  ok engine commit -q "$NAME" "localhost/$NAME"
  prints back engine run --rm "localhost/$NAME" cat /made/file
  ok engine rmi "localhost/$NAME"
}

@test "podman: a healthcheck is run in the container and its answer kept" {
  ok engine run -d --name "$NAME" --health-cmd 'test -e /tmp/well' --health-interval 1h \
    --health-retries 1 $TOOLS sh -c 'trap exit TERM; while sleep 0.2; do :; done'
  exits 1 engine healthcheck run "$NAME"
  prints unhealthy engine inspect --format '{{.State.Health.Status}}' "$NAME"
  ok engine exec "$NAME" touch /tmp/well
  ok engine healthcheck run "$NAME"
  prints healthy engine inspect --format '{{.State.Health.Status}}' "$NAME"
}

@test "podman: --memory, --cpus and --pids-limit are the kernel's, and update changes them" {
  ok engine run -d --name "$NAME" -m 64m --memory-swap 96m --cpus 0.5 --pids-limit 50 $TOOLS probe wait
  prints $'67108864\n33554432\n50000 100000\n50' engine exec "$NAME" \
    sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max pids.max'
  ok engine update --cpus 0.25 "$NAME"
  prints '25000 100000' engine exec "$NAME" cat /sys/fs/cgroup/cpu.max
}

@test "podman: a container that wants more memory than it may have is killed for it" {
  exits 137 engine run --name "$NAME" -m 16m --memory-swap 16m $TOOLS \
    sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=1; tail /dev/zero'
  prints true engine inspect --format '{{.State.OOMKilled}}' "$NAME"
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

@test "podman: --userns and --uidmap give the container ids of its own" {
  prints '0 100000 65536' engine run --rm --uidmap 0:100000:65536 $TOOLS \
    awk '{ print $1, $2, $3 }' /proc/self/uid_map
  prints '0' engine run --rm --userns auto:size=1024 $TOOLS id -u
  ok engine run -d --name "$NAME" --uidmap 0:200000:65536 $TOOLS probe wait
  local pid
  pid=$(engine inspect --format '{{.State.Pid}}' "$NAME" 3>&-)
  [ "$(stat -c %u "/proc/$pid")" -eq 200000 ]
  prints 0 engine exec "$NAME" id -u
}

@test "podman: volumes, by directory, by name, read-only and with ids" {
  mkdir data
  echo outside >data/file
  ok engine run --rm -v "$PWD/data:/data" $TOOLS sh -c 'cat /data/file; echo inside >/data/file'
  [ "$output:$(cat data/file)" = outside:inside ]
  exits 1 engine run --rm -v "$PWD/data:/data:ro" $TOOLS touch /data/x
  ok engine run --rm -v "$NAME:/www" $TOOLS sh -c 'echo kept >/www/more'
  prints $'index.html\nmore' engine run --rm -v "$NAME:/www" $TOOLS ls /www
  ok engine volume rm "$NAME"
}

@test "podman: --workdir, --user, --hostname, --env, --ulimit, --sysctl, --device, --group-add, --umask" {
  prints $'/tmp\n1000\nname\nword\n77\n1024 65000\nkmsg\n1000 4242\n0027' engine run --rm -w /tmp \
    -u guest --hostname name -e WORD=word --ulimit nofile=77:77 \
    --sysctl net.ipv4.ip_local_port_range='1024 65000' --device /dev/kmsg --group-add 4242 \
    --umask 0027 --network none $TOOLS sh -c 'pwd; id -u; hostname; echo $WORD; ulimit -n
      tr "\t" " " </proc/sys/net/ipv4/ip_local_port_range; ls /dev | grep kmsg; id -G; umask'
}

@test "podman: namespaces of another container and of the host" {
  ok engine run -d --name "$NAME" --hostname one $TOOLS probe wait
  prints "$(hostname)" engine run --rm --uts host $TOOLS hostname
  has 'probe wait' engine run --rm --pid "container:$NAME" $TOOLS ps
  prints "$(readlink /proc/self/ns/net)" engine run --rm --network host $TOOLS readlink /proc/self/ns/net
  ok engine run --rm --pid host $TOOLS sh -c 'kill -0 1'
}

@test "podman: -p answers a request, by slirp4netns" {
  ok engine run -d --name "$NAME" --network slirp4netns -p 8080:80 $TOOLS httpd -f -h /www
  soon shows 'a page from the container' curl -s -m 5 http://127.0.0.1:8080/
}

@test "podman: a pod's containers share its network and are stopped with it" {
  ok engine pod create --name "$NAME" --network none --infra-image localhost/pause:1 \
    --infra-command '/pause wait'
  ok engine run -d --pod "$NAME" --name "$NAME-web" $TOOLS httpd -f -h /www
  soon shows 'a page from the container' engine run --rm --pod "$NAME" $TOOLS wget -qO- http://127.0.0.1/
  prints 2 engine pod inspect --format '{{.NumContainers}}' "$NAME"
  ok engine pod pause "$NAME"
  ok engine pod unpause "$NAME"
  ok engine pod stop -t 1 "$NAME"
  has Exited engine pod ps --format '{{.Status}}'
  ok engine pod rm "$NAME"
  nothing_left
}

@test "podman: --init reaps, and a restart policy starts again" {
  has podman-init engine run --rm --init $TOOLS cat /proc/1/comm
  ok engine run -d --name "$NAME" --restart on-failure:2 $TOOLS sh -c 'echo begun; exit 3'
  soon shows $'begun\nbegun\nbegun' engine logs "$NAME"
  soon shows exited engine inspect --format '{{.State.Status}}' "$NAME"
  prints 2 engine inspect --format '{{.RestartCount}}' "$NAME"
}

@test "podman: generate systemd makes a unit that starts and stops the container" {
  [ -d /run/systemd/system ] || skip "missing: systemd as process 1"
  ok engine create --name "$NAME" $TOOLS probe wait
  (cd /run/systemd/system && engine generate systemd --new --files --name "$NAME" >/dev/null 3>&-)
  ok engine rm "$NAME"
  ok timeout "$PATIENCE" systemctl daemon-reload
  ok timeout "$PATIENCE" systemctl start "container-$NAME"
  prints active systemctl is-active "container-$NAME"
  has "$NAME" engine ps --format '{{.Names}}'
  ok timeout "$PATIENCE" systemctl stop "container-$NAME"
  rm "/run/systemd/system/container-$NAME.service"
  prints '' engine ps -aq
}

@test "podman: what the runtime says reaches the person" {
  exits 126 engine run --rm --cap-drop all -v /etc/passwd:/www $TOOLS true
  says "not a directory"
}

# What podman does with a runtime that is killed: $NAME is run and removed, whatever came of it.
attempt() { engine --runtime "$MORTAL/$RUNTIME" run -d --name "$NAME" $TOOLS probe wait; }
clean() { ok engine rm -f -t 0 -i "$NAME"; }

# bats test_tags=long
@test "podman: SIGKILL of the runtime in create leaves what podman removes" { killed_in create; }

# bats test_tags=long
@test "podman: SIGKILL of the runtime in start leaves what podman removes" { killed_in start; }

# bats test_tags=long
@test "podman: SIGKILL of the runtime in kill leaves what podman removes" {
  attempt() {
    engine --runtime "$MORTAL/$RUNTIME" run -d --name "$NAME" $TOOLS probe wait
    engine kill "$NAME"
  }
  killed_in kill
}

# bats test_tags=long
@test "podman: SIGKILL of the runtime in delete leaves what one delete removes" {
  attempt() {
    engine --runtime "$MORTAL/$RUNTIME" run -d --name "$NAME" $TOOLS probe wait
    engine rm -f -t 0 "$NAME"
  }
  # podman forgets a container whose delete failed, whatever the runtime.
  clean() {
    ok engine rm -f -t 0 -i "$NAME"
    local id
    for id in $("$SWRUN" list -q 3>&-); do ok "$SWRUN" delete "$id"; done
  }
  killed_in delete
}

# bats test_tags=long
@test "podman: SIGKILL of the runtime in exec leaves the container well and nothing else" {
  mortal_runtime
  sleeper --runtime "$MORTAL/$RUNTIME"
  attempt() { engine exec "$NAME" true; }
  clean() { prints well engine exec "$NAME" echo well; }
  nothing_left() { [ "$(pgrep -c -x "true|$RUNTIME")" -eq 0 ] || fail "$(pgrep -a -x "true|$RUNTIME")"; }
  killed_in exec
}
