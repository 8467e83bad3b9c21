# SPDX-License-Identifier: Apache-2.0
# podman of a user without privileges: subordinate ids, her own storage, cgroups by her systemd.
load podman

OWNER=rootless
NUMBER=$(id -u $OWNER 2>/dev/null || echo 0)
# Nothing of root's, and where her session's mounts are.
AS_USER=(nsenter --target 1 --mount setpriv --reuid "$NUMBER" --regid "$NUMBER" --init-groups
  env -i HOME=/home/$OWNER USER=$OWNER LANG=C.UTF-8 TERM="${TERM:-dumb}"
  "PATH=$PATH" XDG_RUNTIME_DIR="/run/user/$NUMBER")

setup_file() {
  in_guest podman systemctl || return 0
  [ -d /run/systemd/system ] || return 0
  systemctl start "user@$NUMBER" 3>&- 4>&-
  images
  chmod 666 /dev/net/tun /dev/fuse
  podman_begins "${AS_USER[@]}"
}
teardown_file() { podman_ends; }
setup() {
  begin_case podman newuidmap slirp4netns
  [ -S "/proc/1/root/run/user/$NUMBER/bus" ] || skip "missing: a systemd of the user $OWNER"
}
teardown() { finish_podman; }

engine() { timeout --foreground -k 5 "$PATIENCE" "${AS_USER[@]}" podman "$@"; }

@test "podman, rootless: run prints what the container does and exits with its status" {
  exits 7 engine run --rm $TOOLS sh -c 'echo "$(id -u) of $(awk "{ print \$3 }" /proc/self/uid_map | xargs)"
    exit 7'
  [ "$output" = "0 of 1 65536" ] || fail "not what it says"
  exits 127 engine run --rm $TOOLS nothing-of-that-name
  exits 126 engine run --rm $TOOLS /etc/passwd
}

@test "podman, rootless: run -it has a terminal" {
  on_terminal "${AS_USER[@]}" podman run --rm -it $TOOLS sh <<'END'
expect #
send stty size\r
expect 24 80
send exit 5\r
END
  [ "$status" -eq 5 ] || fail "exit $status"
}

@test "podman, rootless: a detached container is listed, logs, stops by its signal and is removed" {
  sleeper
  has "$NAME Up" engine ps --format '{{.Names}} {{.Status}}'
  [ "$(stat -c %u "/proc/$(engine inspect --format '{{.State.Pid}}' "$NAME" 3>&-)")" = "$NUMBER" ]
  ok engine stop -t 30 "$NAME"
  prints 'exited 42' engine inspect --format '{{.State.Status}} {{.State.ExitCode}}' "$NAME"
  prints $'ready\nsignal=15' engine logs "$NAME"
  ok engine rm -f -t 0 "$NAME"
  nothing_left
}

@test "podman, rootless: exec, cp, commit, top" {
  sleeper
  exits 9 engine exec -u guest "$NAME" sh -c 'id -un; exit 9'
  [ "$output" = guest ] || fail "not what it says"
  on_terminal "${AS_USER[@]}" podman exec -it "$NAME" sh <<'END'
expect #
send exit 3\r
END
  [ "$status" -eq 3 ] || fail "exit $status"
  ok engine exec "$NAME" sh -c 'echo back >/file'
  ok engine cp "$NAME:/file" /home/$OWNER/file
  [ "$(cat /home/$OWNER/file)" = back ]
  has 'probe wait' engine top "$NAME" pid args
  ok engine commit -q "$NAME" "localhost/$NAME"
  prints back engine run --rm "localhost/$NAME" cat /file
  ok engine rmi "localhost/$NAME"
}

@test "podman, rootless: limits by delegation, pause and stats" {
  [ "$MANAGER" = systemd ] || skip "a user's cgroups are delegated by systemd"
  sleeper -m 64m --cpus 0.5 --pids-limit 50
  prints $'67108864\n50000 100000\n50' engine exec "$NAME" \
    sh -c 'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max'
  ok engine pause "$NAME"
  prints paused engine inspect --format '{{.State.Status}}' "$NAME"
  ok engine unpause "$NAME"
  ok engine stats --no-stream --format json "$NAME"
  [ "$(jq -r '.[0].pids' <<<"$output")" = 1 ] || fail "pids"
}

@test "podman, rootless: --userns keep-id, --uidmap, and a volume that is hers" {
  prints "$NUMBER" engine run --rm --userns keep-id $TOOLS id -u
  prints '0 1 1000' engine run --rm --uidmap 0:1:1000 $TOOLS \
    awk '{ print $1, $2, $3 }' /proc/self/uid_map
  local data=/home/$OWNER/data
  "${AS_USER[@]}" mkdir -p $data
  ok engine run --rm --userns keep-id -v "$data:/data" $TOOLS touch /data/file
  [ "$(stat -c %u $data/file)" = "$NUMBER" ]
}

@test "podman, rootless: --read-only, --cap-drop, --security-opt" {
  exits 1 engine run --rm --read-only $TOOLS touch /file
  has $'CapEff:\t0000000000000000' engine run --rm --cap-drop all $TOOLS cat /proc/self/status
  has $'NoNewPrivs:\t1' engine run --rm --security-opt no-new-privileges $TOOLS cat /proc/self/status
  has $'Seccomp:\t2' engine run --rm $TOOLS cat /proc/self/status
}

@test "podman, rootless: -p answers a request" {
  ok engine run -d --name "$NAME" --network slirp4netns -p 8081:80 $TOOLS httpd -f -h /www
  soon shows 'a page from the container' curl -s -m 5 http://127.0.0.1:8081/
}

@test "podman, rootless: a pod's containers share its network" {
  ok engine pod create --name "$NAME" --network none --infra-image localhost/pause:1 \
    --infra-command '/pause wait'
  ok engine run -d --pod "$NAME" --name "$NAME-web" $TOOLS httpd -f -h /www
  soon shows 'a page from the container' engine run --rm --pod "$NAME" $TOOLS wget -qO- http://127.0.0.1/
  ok engine pod rm -f -t 0 "$NAME"
}

@test "podman, rootless: a healthcheck and a restart policy" {
  ok engine run -d --name "$NAME" --health-cmd 'test -e /tmp/well' --health-interval 1h $TOOLS probe wait
  ok engine exec "$NAME" touch /tmp/well
  ok engine healthcheck run "$NAME"
  ok engine run -d --name "$NAME-2" --restart on-failure:2 $TOOLS sh -c 'echo begun; exit 3'
  soon shows $'begun\nbegun\nbegun' engine logs "$NAME-2"
}
