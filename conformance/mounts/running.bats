# SPDX-License-Identifier: Apache-2.0
# swrun-mounts(8): mounts that a running container is given, and that are taken away again.
load ../lib/common
setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "this is swrun's own verb"
  SOURCE=$BATS_TEST_TMPDIR/source
  HOST=$BATS_TEST_TMPDIR/host
  mkdir "$SOURCE" "$HOST"
  echo inside >"$SOURCE/file"
}
teardown() { finish; }

# bind DESTINATION [OPTION...]: the document of one bind mount of $SOURCE.
bind() {
  jq -nc --arg to "$1" --arg from "$SOURCE" --argjson more "$(words "${@:2}")" \
    '[{destination: $to, type: "bind", source: $from, options: (["bind"] + $more)}]'
}

add() { runtime mounts add c1 "$@"; }
remove() { runtime mounts remove c1 "$@"; }

# within PATH: a path of the container's, as the host sees it.
within() { printf '/proc/%s/root%s\n' "$(container_pid c1)" "$1"; }

# mounted_at PATH [ID]: the options of the mount there.
mounted_at() {
  awk -v at="$1" '$5 == at { options = $6 } END { print options }' \
    "/proc/$(container_pid "${2:-c1}")/mountinfo"
}

is_mounted() { [ -n "$(mounted_at "$@")" ] || fail "nothing is mounted at $1"; }
is_not_mounted() { [ -z "$(mounted_at "$@")" ] || fail "something is mounted at $1"; }

untouched() { [ -z "$(ls -A "$HOST")" ] || fail "made on the host: $(ls -A "$HOST")"; }

@test "a bind mount comes and goes" {
  started
  ok add "$(bind /mnt/new)"
  [ "$(cat "$(within /mnt/new/file)")" = inside ]
  ok remove '[{"destination": "/mnt/new"}]'
  is_not_mounted /mnt/new
  [ -d "$(within /mnt/new)" ]
  [ -f "$SOURCE/file" ]
}

@test "the document may be a file, standard input, an object with mounts, or one mount alone" {
  started
  bind /mnt/a >a.json
  ok add a.json
  is_mounted /mnt/a
  bind /mnt/b | jq '{mounts: .}' >b.json
  status=0
  add - <b.json || status=$?
  [ "$status" -eq 0 ]
  is_mounted /mnt/b
  ok add "$(bind /mnt/c | jq '.[0]')"
  is_mounted /mnt/c
  ok remove "$(jq -n '{mounts: [{destination: "/mnt/a"}, {destination: "/mnt/c"}]}')"
  is_not_mounted /mnt/a
  is_not_mounted /mnt/c
  is_mounted /mnt/b
}

@test "attributes are there with the mount" {
  started
  ok add "$(bind /mnt/ro ro nosuid nodev noexec)"
  [[ ",$(mounted_at /mnt/ro)," == *,ro,* ]]
  for word in ro nosuid nodev noexec; do [[ ",$(mounted_at /mnt/ro)," == *",$word,"* ]]; done
  unless touch "$(within /mnt/ro/new)"
  [ -w "$SOURCE/file" ]
}

@test "recursive attributes reach what is mounted below the source" {
  mkdir "$SOURCE/below"
  mount -t tmpfs none "$SOURCE/below"
  started
  ok add "$(bind /mnt/deep rbind rro)"
  [[ ",$(mounted_at /mnt/deep/below)," == *,ro,* ]]
  ok remove '[{"destination": "/mnt/deep"}]'
  is_not_mounted /mnt/deep/below
  [[ "$(findmnt -no OPTIONS "$SOURCE/below")" == rw* ]]
  umount "$SOURCE/below"
}

@test "a tmpfs with options of its own" {
  started
  ok add '{"destination": "/mnt/tmp", "type": "tmpfs", "options": ["size=64k", "mode=1750", "nodev"]}'
  [ "$(stat -c %a "$(within /mnt/tmp)")" = 1750 ]
  [[ "$(stat -f -c '%b %S' "$(within /mnt/tmp)")" == "16 4096" ]]
  ok remove '{"destination": "/mnt/tmp"}'
  is_not_mounted /mnt/tmp
}

@test "a file is bound over a file" {
  started
  echo one >one
  ok add "$(jq -nc --arg from "$PWD/one" '{destination: "/etc/one", source: $from, options: ["bind"]}')"
  [ "$(cat "$(within /etc/one)")" = one ]
  ok remove '{"destination": "/etc/one"}'
  is_not_mounted /etc/one
}

@test "a relative source is one of the bundle" {
  mkdir "$BUNDLE/given"
  started
  ok add '{"destination": "/mnt/given", "source": "given", "options": ["bind"]}'
  [ "$(stat -c %i "$(within /mnt/given)")" = "$(stat -c %i "$BUNDLE/given")" ]
}

@test "of several mounts all come or none" {
  started
  refused add "$(jq -nc --arg from "$SOURCE" '
    [{destination: "/mnt/a", source: $from, options: ["bind"]},
     {destination: "/mnt/b", source: $from, options: ["bind"]},
     {destination: "/etc/passwd/c", source: $from, options: ["bind"]}]')"
  is_not_mounted /mnt/a
  is_not_mounted /mnt/b
  refused add "$(jq -nc --arg from "$SOURCE" '
    [{destination: "/mnt/a", source: $from, options: ["bind"]},
     {destination: "/mnt/b", source: "/nowhere", options: ["bind"]}]')"
  says "mount /nowhere on /mnt/b"
  is_not_mounted /mnt/a
  # Nothing of them is remembered.
  refused remove '{"destination": "/mnt/a"}'
}

@test "a mount below another one that is added with it" {
  started
  ok add "$(jq -nc --arg from "$SOURCE" '
    [{destination: "/mnt/a", type: "tmpfs"},
     {destination: "/mnt/a/b", source: $from, options: ["bind"]}]')"
  [ "$(cat "$(within /mnt/a/b/file)")" = inside ]
  ok remove '[{"destination": "/mnt/a"}, {"destination": "/mnt/a/b"}]'
  is_not_mounted /mnt/a
}

@test "what can't be done is refused by name" {
  started
  refused add "$(bind /mnt idmap)"
  says "/mounts/0/options"
  refused add "$(bind /mnt remount)"
  says remount
  refused add '{"destination": "/mnt", "type": "tmpfs", "options": ["tmpcopyup"]}'
  says tmpcopyup
  for type in proc sysfs mqueue cgroup cgroup2; do
    refused add "$(jq -nc --arg type $type '{destination: "/mnt", type: $type, source: $type}')"
    says "it would show the namespaces"
  done
  refused add "$(bind /)"
  says "must not be the root"
  refused add '[{"destination": "/mnt"'
  refused add '[{"destination": "/mnt", "type": "nosuchfs"}]'
  says nosuchfs
  refused add /nowhere.json
  says /nowhere.json
  refused runtime mounts list c1 '[]'
  refused runtime mounts add nosuch '[]'
  says "container does not exist"
  is_not_mounted /mnt
}

@test "a container that has stopped is refused" {
  started
  ok runtime kill c1 KILL
  becomes stopped
  refused add "$(bind /mnt)"
  says "container not running"
  refused remove '{"destination": "/mnt"}'
  says "container not running"
}

@test "a container that is created and not started can be given a mount" {
  created
  ok add "$(bind /mnt/new)"
  ok runtime start c1
  [ "$(cat "$(within /mnt/new/file)")" = inside ]
}

@test "a mount of config.json can be removed" {
  edit '.mounts += [{"destination": "/mnt", "type": "bind", "source": $from, "options": ["bind"]}]' \
    --arg from "$SOURCE"
  started
  is_mounted /mnt
  ok remove '{"destination": "/mnt"}'
  is_not_mounted /mnt
  refused remove '{"destination": "/mnt"}'
  says "nothing is mounted there"
}

@test "masked and read-only paths stay" {
  started
  ln -s /proc "$BUNDLE/rootfs/link"
  for path in /proc/kcore /proc/sys /proc/acpi /link/kcore /link/sys; do
    [ -e "$(within "$path")" ] || continue
    refused remove "$(jq -nc --arg path "$path" '{destination: $path}')"
  done
  refused remove '{"destination": "/"}'
  is_mounted /proc/sys
}

@test "what the container mounts below an added mount stays its own" {
  mount --bind "$SOURCE" "$SOURCE"
  mount --make-shared "$SOURCE"
  mkdir "$SOURCE/below"
  started
  ok add "$(bind /mnt/shared)"
  nsenter -t "$(container_pid c1)" -m -- /bin/busybox mount -t tmpfs none /mnt/shared/below
  is_mounted /mnt/shared/below
  [ -z "$(findmnt -no TARGET "$SOURCE/below")" ]
  # The other way round it goes.
  mkdir "$SOURCE/late"
  mount -t tmpfs none "$SOURCE/late"
  is_mounted /mnt/shared/late
  umount "$SOURCE/late"
  umount "$SOURCE"
}

@test "in a container with users of its own root there owns what is added" {
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 1000}]
    | .linux.gidMappings = .linux.uidMappings'
  chmod 755 "$BATS_TEST_TMPDIR" "$BUNDLE" "${BATS_TEST_TMPDIR%/*}" "${BATS_TEST_TMPDIR%/*/*}"
  chown -R 100000:100000 "$BUNDLE/rootfs"
  started
  ok add "$(jq -nc --arg from "$SOURCE" '
    [{destination: "/mnt/tmp", type: "tmpfs", options: ["mode=755"]},
     {destination: "/mnt/new", source: $from, options: ["bind", "ro"]}]')"
  [ "$(stat -c %u "$(within /mnt/tmp)")" = 100000 ]
  [ "$(stat -c %u "$BUNDLE/rootfs/mnt/new")" = 100000 ]
  [ "$(cat "$(within /mnt/new/file)")" = inside ]
  ok remove '[{"destination": "/mnt/tmp"}, {"destination": "/mnt/new"}]'
  is_not_mounted /mnt/tmp
  is_not_mounted /mnt/new
}

@test "a destination that leads to the host stays inside" {
  started
  local link=$BUNDLE/rootfs/mnt/link
  for target in "$HOST" "../../../../../../../../..$HOST" "$HOST/made"; do
    ln -sfn "$target" "$link"
    ok add "$(bind /mnt/link)"
    untouched
    is_mounted "$(readlink -m "/$target" | sed "s|^/\(\.\./\)*|/|")"
    ok remove '{"destination": "/mnt/link"}'
    ok add "$(bind /mnt/link/new)"
    untouched
    ok remove '{"destination": "/mnt/link/new"}'
  done
  for target in /proc/1/root /proc/self/root/etc /proc/self/fd/4 link; do
    ln -sfn "$target" "$link"
    refused add "$(bind /mnt/link)"
  done
}

@test "a container that swaps the destination all the time gains nothing" {
  started
  mkdir -p "$BUNDLE/rootfs/mnt/race/dir" "$BUNDLE/rootfs$HOST"
  "$PYTHON" -c '
import ctypes, os, sys
libc = ctypes.CDLL(None)
os.chdir(sys.argv[1])
os.symlink("../../../../../../../../../../.." + sys.argv[2], "link")
while True:
    libc.renameat2(-100, b"dir", -100, b"link", 2)
' "$BUNDLE/rootfs/mnt/race" "$HOST" 3>&- 4>&- &
  racer=$!
  for try in $(seq 40); do
    capture add "$(bind "/mnt/race/dir/$try")"
    capture remove "$(jq -nc --arg at "/mnt/race/dir/$try" '{destination: $at}')"
    untouched
  done
  kill "$racer"
  wait "$racer" || true
  awk -v below="$HOST" 'index($5, below) == 1 { exit 1 }' /proc/self/mountinfo
}

@test "nothing is left of the helper, and the state stays readable" {
  started
  for try in $(seq 10); do
    ok add "$(bind "/mnt/$try")"
  done
  [ "$(container_status c1)" = running ]
  unless pgrep -f swrun:mounts
  ok runtime delete --force c1
  [ -f "$SOURCE/file" ]
}

@test "who joins the container for its mounts has nothing of the host's, and goes with its parent" {
  require strace
  chmod 0755 "${BATS_TEST_TMPDIR%/*/*}" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR" "$BUNDLE"
  chown -R 100000:100000 "$BUNDLE/rootfs"
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings'
  started
  local tracer parent child
  touch trace
  strace -f -o trace -e trace=move_mount -e inject=move_mount:delay_enter=30000000 \
    "$SWRUN" --root "$STATE" mounts add c1 "$(bind /mnt/new)" >out 2>&1 3>&- 4>&- </dev/null &
  tracer=$!
  joined() { child=$(awk '/move_mount/ { print $1; exit }' trace) && [ -n "$child" ]; }
  eventually joined
  parent=$(awk '$1 == "PPid:" { print $2 }' "/proc/$child/status")
  ls -l "/proc/$child/fd" >files
  [ -z "$(grep -F "$STATE" files)" ] || fail "$(cat files)"
  kill -KILL "$parent"
  # strace holds it where it dies; what it was about to do it does not.
  eventually grep -q '^'"$child"' .*move_mount resumed.*= ?$' trace
  kill -KILL "$tracer"
  eventually [ ! -e "/proc/$child" ]
  is_not_mounted /mnt/new
  ok timeout 10 "$SWRUN" --root "$STATE" delete --force c1
}

@test "what is mounted on the host below a mount that is shared with it stays there" {
  mount -t tmpfs source "$SOURCE"
  mount --make-shared "$SOURCE"
  mkdir "$SOURCE/sub"
  mount -t tmpfs sub "$SOURCE/sub"
  edit '.linux.rootfsPropagation = "rshared" | .mounts += [{destination: "/mnt", type: "bind",
    source: $from, options: ["rbind", "rshared"]}]' --arg from "$SOURCE"
  started
  is_mounted /mnt/sub
  capture remove '[{"destination": "/mnt"}]'
  removed=$status
  is_not_mounted /mnt || removed=2
  mountpoint -q "$SOURCE/sub" || removed=3
  umount -R "$SOURCE"
  [ "$removed" -eq 0 ] || fail "$removed"
}

# Who serves it is outside, and does not end with the container.
@test "a file system that does not answer holds neither mounts nor delete --force up for long" {
  [ -c /dev/fuse ] || modprobe fuse 2>/dev/null || skip "missing: /dev/fuse"
  mkdir stuck
  "$PYTHON" "$CONFORMANCE/observe/stuck-files.py" stuck >stuck.log 2>&1 3>&- 4>&- &
  local daemon=$! adding
  eventually grep -q ready stuck.log
  edit '.mounts += [{"destination": "/mnt", "source": $dir, "options": ["bind"]}]' \
    --arg dir "$PWD/stuck"
  started
  "$SWRUN" --root "$STATE" mounts add c1 "$(bind /mnt/new)" >add.out 2>add.err </dev/null 3>&- 4>&- &
  adding=$!
  eventually grep -q 'lookup new' stuck.log
  PATIENCE=15 capture runtime delete --force c1
  kill "$daemon"
  wait "$daemon" || true
  umount stuck
  unless wait "$adding"
  [ "$status" -eq 0 ] || fail "exit $status"
  grep -q 'does not answer' add.err || fail "says" "$(cat add.err)"
}

# struck HOW VERB DOCUMENT: mounts VERB of which a call fails or kills it: HOW is what strace injects.
struck() {
  capture strace -qq -o trace -e trace=/rename,sendmsg -e inject="$1" \
    "$SWRUN" --root "$STATE" mounts "$2" c1 "$3"
  [ "$status" -ne 0 ] || fail "should have failed"
}

@test "where the record can't be written nothing is mounted, nor taken away" {
  require strace
  started
  struck '/rename:error=ENOSPC' add "$(bind /mnt/new)"
  says ENOSPC
  is_not_mounted /mnt/new
  ok add "$(bind /mnt/new)"
  struck '/rename:error=ENOSPC' remove "$(bind /mnt/new)"
  says ENOSPC
  is_mounted /mnt/new
  ok remove "$(bind /mnt/new)"
  is_not_mounted /mnt/new
}

# A link leads there, which only what was added may have.
@test "what is killed while it mounts leaves no mount that can't be taken away" {
  require strace
  local moment
  edit '.root.readonly = false'
  started
  ln -s . "$BUNDLE/rootfs/mnt/link"
  for moment in /rename:signal=KILL:when=1 sendmsg:signal=KILL:when=1 /rename:delay_exit=1; do
    capture strace -qq -o trace -e trace=/rename,sendmsg -e inject="$moment" \
      "$SWRUN" --root "$STATE" mounts add c1 "$(bind /mnt/link/new)"
    [ -z "$(mounted_at /mnt/new)" ] || ok remove "$(bind /mnt/link/new)"
    is_not_mounted /mnt/new
  done
  [ "$status" -eq 0 ]
  # What is recorded and was not mounted is forgotten when it is not found.
  refused runtime mounts remove c1 "$(bind /mnt/link/new)"
  [ "$(jq '.addedMounts // [] | length' "$STATE/c1/state.json")" -eq 0 ]
}
