#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The config.json of a bundle: by image-spec conversion.md, and what the options change.

load image

setup() { begin_image; }

config() { jq -re "$1" bundle/config.json; }

# unpacked CASE [ARGUMENT...]
unpacked() {
  local case=$1
  shift
  loaded "$case"
  ok "$SWIMG" unpack app:1.0 bundle "$@"
  [ -z "$err" ] || fail "something on stderr"
}

# executed [RUNTIME]: runs the bundle and sets $output.
executed() {
  require_root
  require "${1:-runc}"
  ok in_cgroup2 "${1:-runc}" --root "$PWD/state" run --bundle bundle "swimg-$$-$BATS_TEST_NUMBER"
}

# Other users, and the root of a user namespace, have to get here.
passable() {
  local directory=$PWD
  while [[ "$directory" == "$BATS_RUN_TMPDIR"* ]]; do
    chmod a+x "$directory"
    directory=${directory%/*}
  done
}

@test "config.json is valid by the schema of the runtime specification" {
  "$PYTHON" -c 'import jsonschema' || skip "missing: python3-jsonschema"
  unpacked user --memory 64m --cpus 0.5 --pids-limit 9 --tty --read-only --mount /tmp:/mnt:ro \
    --mount type=tmpfs,target=/t --uid-map 0:100000:65536 --gid-map 0:100000:65536
  "$PYTHON" "$CONFORMANCE/lib/validate.py" config-schema.json <bundle/config.json
}

@test "the image's configuration arrives" {
  unpacked user
  config '.process.user == {"uid": 1000, "gid": 1001, "additionalGids": [50]}'
  config '.process.cwd == "/data"'
  config '.process.args == ["/bin/sh", "-c", "echo hello"]'
  config '.process.env | index("A=1") != null and index("HOME=/own") != null'
  config '.process.terminal == false and .process.noNewPrivileges == true'
  config '.hostname == "app"'
  config '.annotations["org.opencontainers.image.created"] == "2026-01-02T03:04:05Z"'
  config '[.linux.namespaces[].type] | sort == ["cgroup","ipc","mount","network","pid","uts"]'
  config '.process.rlimits == null'
  [ "$(stat -c %a bundle)" = 700 ]
}

@test "options change what the image says" {
  FROM_HERE=yes ok env FROM_HERE=yes true
  loaded user
  export FROM_HERE=yes
  ok "$SWIMG" unpack --env A=2 --env B=3 --env FROM_HERE --user 7:8 --cwd /tmp --hostname h \
    --read-only --tty --memory 64m --cpus 1.5 --pids-limit 9 \
    --mount "$PWD:/host:ro" --mount type=tmpfs,target=/t,tmpfs-size=1m app:1.0 bundle -- a -b -- c
  config '.process.args == ["a", "-b", "--", "c"]'
  config '.process.env | index("A=2") != null and index("B=3") != null
    and index("FROM_HERE=yes") != null and index("A=1") == null and index("TERM=xterm") != null'
  config '.process.user == {"uid": 7, "gid": 8}'
  config '.process.cwd == "/tmp" and .hostname == "h" and .root.readonly and .process.terminal'
  config '.linux.resources | .memory.limit == 67108864 and .cpu == {"quota": 150000, "period":
    100000} and .pids.limit == 9'
  config '.mounts[] | select(.destination == "/host") | .options | index("ro") != null'
  config '.mounts[] | select(.destination == "/t") | .options | index("size=1048576") != null'
}

@test "a relative source of a mount is taken from here" {
  unpacked sound --mount sub/dir:/mnt
  config ".mounts[] | select(.destination == \"/mnt\") | .source == \"$PWD/sub/dir\""
}

@test "entrypoint takes the place of the image's entrypoint and command" {
  loaded sound
  ok "$SWIMG" unpack --entrypoint /bin/busybox app:1.0 bundle -- id
  config '.process.args == ["/bin/busybox", "id"]'
}

@test "runc and crun run a bundle" {
  unpacked sound
  executed runc
  [ "$output" = hello ]
  # crun 1.8 raises RLIMIT_MEMLOCK for device rules, which takes CAP_SYS_RESOURCE.
  has_capability 24 || { jq 'del(.linux.resources)' bundle/config.json >c && cp c bundle/config.json; }
  executed crun
  [ "$output" = hello ]
}

@test "the container has the user, the capabilities and the filter" {
  unpacked user -- /bin/sh -c \
    'id -u; id -g; id -G; pwd; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status'
  executed
  [ "$output" = "$(printf '%s\n' 1000 1001 '1001 50' /data $'CapEff:\t0000000000000000' \
    $'CapBnd:\t00000000a80425fb' $'NoNewPrivs:\t1' $'Seccomp:\t2')" ] || fail "other facts"
}

@test "the filter refuses what Docker's refuses" {
  unpacked sound -- /bin/sh -c \
    'unshare -U true; echo $?; mount -t tmpfs none /tmp; echo $?; chroot / /bin/sh -c "echo in"'
  executed
  [ "$(grep -c '^1$' <<<"$output")" -eq 2 ] || fail "not refused"
  [[ "$output" == *in ]]
}

@test "a read-only root, a volume that is not, and what it began with" {
  loaded volumes
  ok "$SWIMG" unpack --read-only app:1.0 bundle -- /bin/sh -c \
    'touch /x 2>/dev/null || echo ro; cat /data/seed /data/deep/file; touch /data/a /data/deep/b
     touch /fresh/made/c && ls /data /data/deep /fresh/made'
  executed
  [ "${output:0:11}" = "$(printf 'ro\nseeddeep')" ]
  [ -e bundle/volumes/0/b ] || [ -e bundle/volumes/1/b ] || [ -e bundle/volumes/2/b ]
  [ ! -e bundle/rootfs/data/seed ]
  config '.mounts | map(.destination) | index("/data") < index("/data/deep")'
}

@test "a user namespace by --uid-map: owners on disk and inside" {
  require_root
  loaded volumes
  ok "$SWIMG" unpack --uid-map 0:100000:65536 --gid-map 0:200000:65536 app:1.0 bundle -- \
    /bin/sh -c 'stat -c "%u:%g" / /bin/busybox /data /data/seed; touch /data/new'
  [ "$(stat -c %u:%g bundle/rootfs bundle/rootfs/bin/busybox bundle/rootfs/fresh | sort -u)" \
    = 100000:200000 ]
  [ "$(stat -c %u:%g:%a bundle)" = 0:0:711 ]
  passable
  executed
  [ "$(sort -u <<<"$output")" = 0:0 ]
}

@test "rootless: an ordinary user unpacks, all files are theirs" {
  require_root
  require setpriv
  loaded sound
  cp "$SWIMG" swimg && SWIMG=$PWD/swimg
  chmod -R a+rX "$STORE" .
  mkdir own && chown 1234:1234 own
  passable
  user=(setpriv --reuid 1234 --regid 1234 --clear-groups env "SWIMG_STORE=$STORE")
  "${user[@]}" test -x "$SWIMG" -a -w own || skip "missing: a way for users to swimg and here"
  refuses 1 "--rootless" "${user[@]}" "$SWIMG" unpack app:1.0 own/bundle
  ok "${user[@]}" "$SWIMG" unpack --rootless app:1.0 own/bundle
  [ -z "$(find own ! -user 1234)" ]
  jq -e '.linux.uidMappings == [{"containerID": 0, "hostID": 1234, "size": 1}]
    and ([.linux.namespaces[].type] | index("user") != null)' own/bundle/config.json
}

@test "rootless: an unpack that fails leaves nothing of directories that the image closed" {
  require_root
  require setpriv
  loaded closed
  cp "$SWIMG" swimg && SWIMG=$PWD/swimg
  chmod -R a+rX "$STORE" .
  mkdir own && chown 1234:1234 own
  passable
  refuses 1 "no such user" setpriv --reuid 1234 --regid 1234 --clear-groups \
    env "SWIMG_STORE=$STORE" "$SWIMG" unpack --rootless app:1.0 own/bundle
  [ -z "$(ls -A own)" ] || fail "left: $(ls -A own)"
}

@test "SIGINT and SIGTERM leave nothing and are told to the parent" {
  loaded sound
  image sound
  mkfifo pipe
  sleep 5 >pipe &
  holder=$!
  "$SWIMG" load - <pipe 2>err 3>&- &
  pid=$!
  eventually sh -c 'ls -A "$SWIMG_STORE" | grep -q "^\.swimg-"'
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  kill $holder
  [ "$status" -eq 143 ]
  grep -q "interrupted by signal 15" err
  [ -z "$(find "$STORE" -name '.swimg-*')" ]
}

@test "SIGTERM ends a load that waits for the other end of a pipe" {
  mkfifo pipe
  "$SWIMG" load pipe 2>err 3>&- &
  pid=$!
  eventually sh -c 'ls -A "$SWIMG_STORE" 2>/dev/null | grep -q "^\.swimg-"'
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 143 ]
  clean_store
}
