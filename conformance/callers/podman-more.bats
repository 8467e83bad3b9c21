# SPDX-License-Identifier: Apache-2.0
# podman as root: what people do with it now and then.
load podman

setup_file() { podman_begins; }
teardown_file() { podman_ends; }
setup() { begin_case podman; }
teardown() { finish_podman; }

@test "podman: run -i passes standard input" {
  status=0
  output=$(printf 'one\ntwo\n' | engine run --rm -i $TOOLS wc -l 3>&-) || status=$?
  [ "$status:$output" = 0:2 ] || fail "$status: $output"
}

@test "podman: logs -f follows to the end" {
  ok engine run -d --name "$NAME" $TOOLS sh -c 'for i in 1 2 3; do echo $i; sleep 0.3; done'
  prints $'1\n2\n3' engine logs -f "$NAME"
  prints 0 engine wait "$NAME"
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

@test "podman: --cgroups=disabled leaves the container where podman is" {
  sleeper --cgroups=disabled
  local pid
  pid=$(engine inspect --format '{{.State.Pid}}' "$NAME" 3>&-)
  unless grep -qE "libpod-[0-9a-f]{64}" "/proc/$pid/cgroup"
  prints well engine exec "$NAME" echo well
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

@test "podman: a container that wants more memory than it may have is killed for it" {
  # (Whether podman 4.3 says OOMKilled depends on who is first: conmon at the cgroup or systemd.)
  exits 137 engine run --name "$NAME" -m 16m --memory-swap 16m $TOOLS tail /dev/zero
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

@test "podman: --sdnotify container passes on what is said inside" {
  [ -d /run/systemd/system ] || skip "missing: systemd as process 1"
  ok timeout -k 5 "$PATIENCE" systemd-run --quiet --unit "$NAME" --service-type notify \
    --property NotifyAccess=all podman run --rm --name "$NAME" --sdnotify container $TOOLS \
    probe notify @10 READY=1 @600
  prints active systemctl show --property ActiveState --value "$NAME"
  ok engine rm -f -t 0 "$NAME"
  soon eval '[ "$(systemctl show --property ActiveState --value "$NAME" 3>&-)" != active ]'
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
