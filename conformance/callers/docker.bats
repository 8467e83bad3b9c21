# SPDX-License-Identifier: Apache-2.0
# dockerd with the runtime under test as the default one.
load docker

setup_file() { docker_begins; }
teardown_file() { docker_ends; }
setup() { begin_case dockerd docker; }
teardown() { finish_docker; }

@test "docker: run prints what the container does and exits with its status" {
  prints "swrun" engine info --format '{{.DefaultRuntime}}'
  exits 7 engine run --rm $TOOLS sh -c 'echo "version $VERSION of $$"; echo oops >&2; exit 7'
  [ "$output:$err" = "version 1 of 1:oops" ] || fail "not what it says"
  output=$(echo text | engine run --rm -i $TOOLS cat 3>&-) && [ "$output" = text ]
}

@test "docker: a program that is not there is 127" {
  exits 127 engine run --rm $TOOLS nothing-of-that-name
  not_found nothing-of-that-name
  exits 127 engine run --rm $TOOLS /no/such/program
  says "no such file or directory"
}

@test "docker: a program that can't be executed is 126, a volume that can't be mounted 125" {
  exits 126 engine run --rm $TOOLS /etc/passwd
  says "permission denied"
  exits 126 engine run --rm $TOOLS /etc
  says "permission denied"
  # The daemon's 127 for this is the client's 125.
  exits 125 engine run --name "$NAME" -v /etc/passwd:/www $TOOLS true
  says "not a directory: unknown: Are you trying to mount"
  prints 127 engine inspect --format '{{.State.ExitCode}}' "$NAME"
}

@test "docker: run -it has a terminal of the person's size, which follows hers" {
  # It tells the first size before it listens for changes, and so misses one that comes at once.
  on_terminal docker run --rm -it $TOOLS sh <<'END'
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

@test "docker: -d -p 8080:80 answers a request" {
  ok engine run -d --name "$NAME" -p 8080:80 $TOOLS httpd -f -h /www
  soon shows 'a page from the container' curl -s -m 5 http://127.0.0.1:8080/
  has 8080 engine port "$NAME"
}

@test "docker: ps -a, logs -f, stop, start, rm" {
  sleeper
  has "$NAME Up" engine ps --format '{{.Names}} {{.Status}}'
  (sleep 1 && engine stop -t 30 "$NAME") >/dev/null 2>&1 3>&- &
  prints $'ready\nsignal=15' engine logs -f "$NAME"
  wait $!
  has "$NAME Exited (42)" engine ps -a --format '{{.Names}} {{.Status}}'
  ok engine start "$NAME"
  soon shows $'ready\nsignal=15\nready' engine logs "$NAME"
  ok engine restart -t 5 "$NAME"
  has running engine inspect --format '{{.State.Status}}' "$NAME"
  ok engine rm -f "$NAME"
  nothing_left
}

@test "docker: exec has status, user, directory, environment, input and a terminal" {
  sleeper
  exits 9 engine exec -u guest -w /tmp -e WORD=x "$NAME" sh -c 'id -un; pwd; echo $WORD; exit 9'
  [ "$output" = $'guest\n/tmp\nx' ] || fail "not what it says"
  output=$(echo text | engine exec -i "$NAME" cat 3>&-) && [ "$output" = text ]
  exits 126 engine exec "$NAME" nothing-of-that-name
  err+=$output
  not_found nothing-of-that-name
  ok engine exec -d "$NAME" sh -c 'echo done >/tmp/mark'
  soon shows "done" engine exec "$NAME" cat /tmp/mark
  on_terminal docker exec -it "$NAME" sh <<'END'
expect #
send until stty size 2>&- | grep -v '^0'; do sleep 0.2; done; exit 3\r
expect 24 80
END
  [ "$status" -eq 3 ] || fail "exit $status"
}

@test "docker: attach, type, detach by the keys, attach again" {
  ok engine run -dit --name "$NAME" $TOOLS sh
  on_terminal docker attach "$NAME" <<'END'
send echo o''ne\r
expect \r\none
send \x10
slow 0.5
send \x11
END
  has running engine inspect --format '{{.State.Status}}' "$NAME"
  on_terminal docker attach "$NAME" <<'END'
send echo t''wo; exit 4\r
expect \r\ntwo
END
  [ "$status" -eq 4 ] || fail "exit $status"
}

@test "docker: cp both ways, diff, commit, and a container of the new image" {
  sleeper
  echo hello >here
  ok engine cp here "$NAME:/root/there"
  prints hello engine exec "$NAME" cat /root/there
  ok engine exec "$NAME" sh -c 'mkdir /made; echo back >/made/file'
  ok engine cp "$NAME:/made/file" back
  [ "$(cat back)" = back ]
  has "A /made" engine diff "$NAME"
  ok engine commit "$NAME" "localhost/$NAME"
  prints back engine run --rm "localhost/$NAME" cat /made/file
  ok engine rmi "localhost/$NAME"
}

@test "docker: kill, pause, top and stats" {
  ok engine run -d --name "$NAME" -m 64m $TOOLS probe spawn 2
  soon shows ready engine logs "$NAME"
  ok engine top "$NAME" -o pid,args
  [ "$(grep -c 'probe spawn' <<<"$output")" -eq 3 ] || fail "three processes"
  has '64MiB 3' engine stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' "$NAME"
  ok engine pause "$NAME"
  prints paused engine inspect --format '{{.State.Status}}' "$NAME"
  exits 1 engine exec "$NAME" true
  ok engine unpause "$NAME"
  ok engine kill -s HUP "$NAME"
  soon shows signal=1 engine logs "$NAME"
  ok engine kill "$NAME"
  prints 137 engine wait "$NAME"
}

@test "docker: a restart policy starts again" {
  ok engine run -d --name "$NAME" --restart on-failure:2 $TOOLS sh -c 'echo begun; exit 3'
  soon shows $'begun\nbegun\nbegun' engine logs "$NAME"
  soon shows 'exited 2' engine inspect --format '{{.State.Status}} {{.RestartCount}}' "$NAME"
  ok engine run -d --name "$NAME-2" --restart always $TOOLS probe wait
  local pid
  pid=$(engine inspect --format '{{.State.Pid}}' "$NAME-2" 3>&-)
  kill -KILL "$pid"
  soon eval '[ "$(engine inspect --format "{{.State.Running}} {{.RestartCount}}" "$NAME-2" 3>&-)" = "true 1" ]'
}

@test "docker: volumes, by directory, by name, read-only, and tmpfs" {
  mkdir data
  echo outside >data/file
  ok engine run --rm -v "$PWD/data:/data" $TOOLS sh -c 'cat /data/file; echo inside >/data/file'
  [ "$output:$(cat data/file)" = outside:inside ]
  exits 1 engine run --rm -v "$PWD/data:/data:ro" $TOOLS touch /data/x
  ok engine run --rm -v "$NAME:/www" $TOOLS sh -c 'echo kept >/www/more'
  prints $'index.html\nmore' engine run --rm -v "$NAME:/www" $TOOLS ls /www
  ok engine volume rm "$NAME"
  ok engine run --rm --read-only --tmpfs /data:size=1m $TOOLS touch /data/x
  exits 1 engine run --rm --read-only $TOOLS touch /x
  says "read-only file system"
}

@test "docker: two containers are isolated from each other" {
  ok engine run -d --name "$NAME" --hostname one $TOOLS sh -c 'echo secret >/tmp/mine
    touch /dev/shm/mine; exec probe wait'
  ok engine run -d --name "$NAME-2" --hostname two --network none $TOOLS probe wait
  soon shows ready engine logs "$NAME"
  prints '' engine exec "$NAME-2" sh -c 'ls /tmp /dev/shm | grep mine || true'
  prints two engine exec "$NAME-2" hostname
  prints 1 engine exec "$NAME-2" sh -c 'ps -o args | grep -c "[p]robe wait"'
  unless engine exec "$NAME-2" ping -c 1 -W 1 "$(
    engine inspect --format '{{.NetworkSettings.IPAddress}}' "$NAME" 3>&-)" >/dev/null 2>&1 3>&-
  local kind
  for kind in pid mnt net ipc uts cgroup; do
    [ "$(engine exec "$NAME" readlink /proc/1/ns/$kind 3>&-)" != \
      "$(engine exec "$NAME-2" readlink /proc/1/ns/$kind 3>&-)" ] || fail "$kind is shared"
  done
}

@test "docker: limits are the kernel's" {
  sleeper -m 64m --memory-swap 96m --cpus 0.5 --pids-limit 50
  prints $'67108864\n33554432\n50000 100000\n50' engine exec "$NAME" \
    sh -c 'cd /sys/fs/cgroup; cat memory.max memory.swap.max cpu.max pids.max'
}

@test "docker: update changes limits" {
  sleeper -m 64m --memory-swap 96m
  ok engine update --cpus 0.25 --memory 32m --memory-swap 48m "$NAME"
  prints $'33554432\n25000 100000' engine exec "$NAME" sh -c 'cd /sys/fs/cgroup; cat memory.max cpu.max'
}

@test "docker: --cap-drop, --security-opt, --user, --ulimit, --sysctl, --device, --init" {
  has $'CapEff:\t0000000000000000' engine run --rm --cap-drop all $TOOLS cat /proc/self/status
  has $'NoNewPrivs:\t1' engine run --rm --security-opt no-new-privileges $TOOLS cat /proc/self/status
  has $'Seccomp:\t2' engine run --rm $TOOLS cat /proc/self/status
  has $'Seccomp:\t0' engine run --rm --security-opt seccomp=unconfined $TOOLS cat /proc/self/status
  prints $'1000\n77\n1024 65000\nkmsg' engine run --rm -u guest --ulimit nofile=77:77 \
    --sysctl net.ipv4.ip_local_port_range='1024 65000' --device /dev/kmsg $TOOLS sh -c '
      id -u; ulimit -n; tr "\t" " " </proc/sys/net/ipv4/ip_local_port_range; ls /dev | grep kmsg'
  has docker-init engine run --rm --init $TOOLS cat /proc/1/comm
}

@test "docker: a healthcheck is run in the container" {
  ok engine run -d --name "$NAME" --health-cmd 'test -e /tmp/well' --health-interval 1s \
    --health-retries 1 $TOOLS probe wait
  soon shows unhealthy engine inspect --format '{{.State.Health.Status}}' "$NAME"
  ok engine exec "$NAME" touch /tmp/well
  soon eval '[ "$(engine inspect --format "{{.State.Health.Status}}" "$NAME" 3>&-)" = healthy ]'
}

@test "docker: a container that wants more memory than it may have is killed for it" {
  exits 137 engine run -m 16m --memory-swap 16m $TOOLS tail /dev/zero
  # Of its last process containerd's shim may hear the end before it hears the reason.
  ok engine run -d --name "$NAME" -m 16m --memory-swap 16m $TOOLS \
    sh -c 'tail /dev/zero; exec probe wait'
  soon shows ready engine logs "$NAME"
  ok engine stop -t 30 "$NAME"
  prints 'true 42' engine inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' "$NAME"
}

recipe() {
  cat >Dockerfile <<END
FROM $TOOLS
RUN echo one >/one
RUN cat /one && echo two >/two
USER guest
RUN id -un >/tmp/who
CMD ["cat", "/one", "/two", "/tmp/who"]
END
}

@test "docker: build runs each step" {
  recipe
  ok env DOCKER_BUILDKIT=0 timeout "$PATIENCE" docker build -t "localhost/$NAME" .
  prints $'one\ntwo\nguest' engine run --rm "localhost/$NAME"
  ok engine rmi "localhost/$NAME"
}

@test "docker: build by BuildKit runs each step" {
  recipe
  # A plugin since Docker 23, which not every release of Debian has.
  case $(docker version --format '{{.Client.Version}}' 3>&-) in
    20.*) ;;
    *) docker buildx version >/dev/null 2>&1 3>&- || skip "missing: docker's buildx" ;;
  esac
  ok env DOCKER_BUILDKIT=1 timeout "$PATIENCE" docker build --network none -t "localhost/$NAME" .
  prints $'one\ntwo\nguest' engine run --rm "localhost/$NAME"
  printf 'FROM %s\nRUN exit 9\n' $TOOLS >Dockerfile
  exits 1 env DOCKER_BUILDKIT=1 timeout "$PATIENCE" docker build --network none .
  says "exit code: 9"
  ok engine rmi "localhost/$NAME"
}
