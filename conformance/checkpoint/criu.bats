# SPDX-License-Identifier: Apache-2.0
# swrun-checkpoint(8), swrun-restore(8): containers that CRIU saves and brings back.
load ../lib/common
setup() {
  # Where CRIU works at all the machine is often an emulated one.
  PATIENCE=300
  begin
  [ "$RUNTIME" = swrun ] || skip "the images of one runtime are not another's"
  require criu
  works
  IMAGE=$BATS_TEST_TMPDIR/image
}
# Whether CRIU works here, found out once: where the machine is an emulated one that takes a while.
works() {
  local answer=$BATS_RUN_TMPDIR/criu
  [ -f "$answer" ] || { criu check >/dev/null 2>&1 && echo yes || echo no; } >"$answer"
  [ "$(cat "$answer")" = yes ] || skip "criu can't work on this kernel"
}
teardown() {
  [ ! -f "$BATS_TEST_TMPDIR/pids" ] || xargs -r kill <"$BATS_TEST_TMPDIR/pids" || true
  finish
}

# CRIU keeps of a file that is only appended to nothing but its name: standard output is one, as a
# log is.
begun() {
  runtime run -d --bundle "$BUNDLE" "$@" c1 >>out 2>/dev/null </dev/null 3>&- 4>&-
}

restored() {
  status=0
  runtime restore -d --bundle "$BUNDLE" --image-path "$IMAGE" "$@" >>out 2>err </dev/null \
    3>&- 4>&- || status=$?
  err=$(cat err)
  [ "$status" -eq 0 ] || fail "restore: exit $status"
}

saved() { ok runtime checkpoint --image-path "$IMAGE" "$@" c1; }

gone() {
  refused runtime state c1
  says "does not exist"
  [ ! -e "$(cgroup2_root)/$TAG/c1" ]
}

last() { tail -n 1 out; }
counts_past() { [ "$(last)" -gt "$1" ]; }

@test "a counter goes on where it was" {
  probe count
  begun
  eventually counts_past 3
  saved
  gone
  local before
  before=$(last)
  sleep 0.5
  [ "$(last)" = "$before" ]
  restored c1 --pid-file "$PWD/pid"
  eventually counts_past "$before"
  grep -qx "$((before + 1))" out
  [ "$(grep -cx 1 out)" -eq 1 ]
  [ "$(container_status c1)" = running ]
  [ "$(cat pid)" = "$(container_pid c1)" ]
  grep -q "^0::/$TAG/c1$" "/proc/$(container_pid c1)/cgroup"
}

@test "what confines it confines it again" {
  edit '.process.noNewPrivileges = true | .mounts += [{"destination": "/mnt", "type": "bind",
    "source": $from, "options": ["bind", "ro"]}]' --arg from "$BUNDLE"
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdirat"],
    "action": "SCMP_ACT_ERRNO"}]}'
  probe count
  begun
  eventually counts_past 1
  local facts='^(Cap|NoNewPrivs|Seccomp:|Uid|Groups)' before after
  before=$(grep -E "$facts" "/proc/$(container_pid c1)/status")
  mounts() { awk '{ print $5, $6 }' "/proc/$(container_pid c1)/mountinfo" | sort; }
  before+=$(mounts)
  saved
  restored c1
  after=$(grep -E "$facts" "/proc/$(container_pid c1)/status")$(mounts)
  diff <(echo "$before") <(echo "$after")
  for kind in pid mnt net ipc uts cgroup; do
    [ "$(readlink "/proc/$(container_pid c1)/ns/$kind")" != "$(readlink /proc/self/ns/$kind)" ]
  done
}

@test "--leave-running lets it go on, and the image stands for itself" {
  probe count
  begun
  eventually counts_past 1
  saved --leave-running
  [ "$(container_status c1)" = running ]
  local then
  then=$(last)
  eventually counts_past "$then"
  ok runtime delete --force c1
  restored c1
  eventually counts_past "$then"
}

@test "a pre-dump, and a dump of what has changed since" {
  probe count
  begun
  eventually counts_past 1
  ok runtime checkpoint --pre-dump --image-path "$PWD/before" --work-path "$PWD/of-criu" c1
  [ "$(container_status c1)" = running ]
  refused runtime checkpoint --parent-path "$PWD/before" --image-path "$IMAGE" c1
  says "must be relative"
  saved --parent-path ../before
  [ "$(readlink "$IMAGE/parent")" = ../before ]
  gone
  local then
  then=$(last)
  restored c1
  eventually counts_past "$then"
}

@test "file locks are an error that quotes CRIU, or are held again" {
  probe count /tmp/lock
  begun
  eventually counts_past 1
  local file=$BUNDLE/rootfs/tmp/lock
  unless flock -n "$file" true
  refused runtime checkpoint --image-path "$IMAGE" --work-path "$PWD/of-criu" c1
  says "criu can't checkpoint the container: "
  says "Error (criu/file-lock.c"
  says "its log is $PWD/of-criu/dump.log"
  # It goes on as if nothing had been.
  local then
  then=$(last)
  eventually counts_past "$then"
  saved --file-locks
  flock -n "$file" true
  restored c1 --file-locks
  unless flock -n "$file" true
}

@test "a TCP listener listens again" {
  entry /bin/busybox nc -ll -p 4000 -e /bin/busybox echo heard
  begun
  eventually in_network true
  eventually hears
  saved --tcp-established
  restored c1 --tcp-established
  hears
}
in_network() { nsenter -t "$(container_pid c1)" -n -- "$@"; }
hears() { [ "$(in_network timeout 5 busybox nc 127.0.0.1 4000 </dev/null)" = heard ]; }

@test "an established connection stays so" {
  # Whose standard input ends ends its side of the connection.
  entry /bin/sh -c '/probe count | /bin/busybox nc -l -p 4000 & /bin/sleep 1
    /bin/sleep 10000 | /bin/busybox nc 127.0.0.1 4000'
  begun
  eventually [ -s out ]
  refused runtime checkpoint --image-path "$IMAGE" --work-path "$PWD/of-criu" c1
  says tcp
  saved --tcp-established
  local lines
  lines=$(wc -l <out)
  restored c1 --tcp-established
  more() { [ "$(wc -l <out)" -gt "$((lines + 3))" ]; }
  eventually more
}

@test "another id, another cgroup" {
  probe count
  begun
  eventually counts_past 1
  saved
  edit '.linux.cgroupsPath = $path' --arg path "/$TAG/c2"
  local then
  then=$(last)
  restored c2
  eventually counts_past "$then"
  grep -q "^0::/$TAG/c2$" "/proc/$(container_pid c2)/cgroup"
  [ ! -e "$(cgroup2_root)/$TAG/c1" ]
  nsenter -t "$(container_pid c2)" -C -- grep -q '^0::/$' "/proc/$(container_pid c2)/cgroup"
}

@test "in the foreground signals reach it, and its end is the command's" {
  probe count
  begun
  eventually counts_past 1
  saved
  local then command
  then=$(last)
  "$SWRUN" --root "$STATE" restore --bundle "$BUNDLE" --image-path "$IMAGE" c1 \
    >>out 2>err </dev/null 3>&- 4>&- &
  command=$!
  eventually counts_past "$then"
  ok runtime kill c1 KILL
  status=0
  wait "$command" || status=$?
  [ "$status" -eq 137 ]
  gone
}

@test "a network namespace by path is not saved, and is there again" {
  ip netns add "$TAG"
  ip -n "$TAG" link add swrun0 type dummy
  edit '(.linux.namespaces[] | select(.type == "network")).path = $path' --arg path "/run/netns/$TAG"
  probe count
  begun
  eventually counts_past 1
  saved
  # CRIU would have had to describe its links.
  unless compgen -G "$IMAGE/netdev-*.img"
  restored c1
  local inode
  inode=$(stat -Lc %i "/proc/$(container_pid c1)/ns/net")
  [ "$inode" = "$(stat -Lc %i "/run/netns/$TAG")" ]
  ok runtime delete --force c1
  ip netns delete "$TAG"
}

@test "a terminal goes to the console socket again" {
  edit '.process.terminal = true'
  probe count
  "$PYTHON" "$CONFORMANCE/lib/receive-console.py" "$PWD/socket" "$PWD/screen" >receiver.log 2>&1 3>&- 4>&- &
  echo $! >pids
  eventually [ -S socket ]
  begun --console-socket "$PWD/socket"
  sleep 1
  saved
  refused runtime restore -d --bundle "$BUNDLE" --image-path "$IMAGE" c1
  says console-socket
  "$PYTHON" "$CONFORMANCE/lib/receive-console.py" "$PWD/socket2" "$PWD/screen2" >receiver2.log 2>&1 3>&- 4>&- &
  echo $! >>pids
  eventually [ -S socket2 ]
  restored c1 --console-socket "$PWD/socket2"
  sleep 1
  ok runtime delete --force c1
  # Who listens writes it all when the terminal is closed.
  eventually [ -s screen ]
  eventually [ -s screen2 ]
  unless grep -qx $'1\r' screen2
  grep -qx $'[0-9]*\r' screen2
}

@test "hooks of the runtime make its network, and those after the end undo it" {
  cat >hook <<'SCRIPT'
#!/bin/sh
exec >>"${0%/*}/hooks"
state=$(cat)
echo "$1 $(echo "$state" | jq -r .status) $(echo "$state" | jq '.pid > 0')"
SCRIPT
  chmod +x hook
  edit '.hooks = ({prestart: "prestart", createRuntime: "createRuntime", poststop: "poststop"}
    | map_values([{path: $path, args: [$path, .]}]))' --arg path "$PWD/hook"
  probe count
  begun
  saved
  [ "$(cat hooks)" = $'prestart creating true\ncreateRuntime creating true\npoststop stopped false' ]
  rm hooks
  restored c1
  [ "$(cat hooks)" = $'prestart creating true\ncreateRuntime creating true' ]
  ok runtime delete --force c1
  rm hooks
  edit '.hooks.createRuntime[0] = {path: "/bin/false"}'
  refused runtime restore -d --bundle "$BUNDLE" --image-path "$IMAGE" c1
  says "createRuntime hook"
  [ "$(cat hooks)" = $'prestart creating true\npoststop stopped false' ]
}

@test "a mount that was added since is there again where config.json has it" {
  mkdir "$PWD/source"
  echo inside >"$PWD/source/file"
  probe count
  begun
  eventually counts_past 1
  mount=$(jq -nc --arg from "$PWD/source" \
    '{destination: "/mnt/new", type: "bind", source: $from, options: ["bind"]}')
  ok runtime mounts add c1 "$mount"
  saved
  refused runtime restore -d --bundle "$BUNDLE" --image-path "$IMAGE" c1
  says "No mapping for"
  edit '.mounts += [$mount]' --argjson mount "$mount"
  restored c1
  [ "$(cat "/proc/$(container_pid c1)/root/mnt/new/file")" = inside ]
}

@test "a paused container is saved too" {
  probe count
  begun
  eventually counts_past 1
  echo 1 >"$(cgroup2_root)/$TAG/c1/cgroup.freeze"
  becomes paused
  saved
  local then
  then=$(last)
  restored c1
  eventually counts_past "$then"
}

@test "an image that is none is an error, and nothing is left" {
  probe count
  mkdir "$IMAGE"
  refused runtime restore -d --bundle "$BUNDLE" --image-path "$IMAGE" c1
  says "criu can't restore the container: "
  says "its log is $IMAGE/restore.log"
  refused runtime restore -d --bundle "$BUNDLE" --image-path "$PWD/nowhere" c1
  says "$PWD/nowhere"
  begun
  saved
  rm "$IMAGE"/pages-1.img
  refused runtime restore -d --bundle "$BUNDLE" --image-path "$IMAGE" c1
  says "Error (criu/"
  gone
}

@test "settings for CRIU by annotation" {
  echo 'file-locks' >criu.conf
  edit '.annotations["org.criu.config"] = $path' --arg path "$PWD/criu.conf"
  probe count /tmp/lock
  begun
  eventually counts_past 1
  saved
  restored c1
  unless flock -n "$BUNDLE/rootfs/tmp/lock" true
}

@test "lazy pages come when they are used" {
  criu check --feature uffd-noncoop >/dev/null 2>&1 || skip "missing: userfaultfd"
  probe count
  begun
  eventually counts_past 1
  local then port=$((20000 + RANDOM % 10000))
  mkfifo ready
  "$SWRUN" --root "$STATE" checkpoint --image-path "$IMAGE" --lazy-pages \
    --page-server "127.0.0.1:$port" --status-fd 7 c1 >lazy.out 2>&1 7>ready 3>&- 4>&- </dev/null &
  local dump=$!
  timeout 60 head -c 1 ready >/dev/null
  then=$(last)
  mkdir lazy
  criu lazy-pages --page-server --address 127.0.0.1 --port "$port" -D "$IMAGE" -W "$PWD/lazy" \
    >criu.out 2>&1 3>&- 4>&- </dev/null &
  echo $! >pids
  eventually [ -S lazy/lazy-pages.socket ]
  # The first one is still there, and serves its pages.
  edit '.linux.cgroupsPath = $path' --arg path "/$TAG/c2"
  restored c2 --lazy-pages --work-path "$PWD/lazy"
  eventually counts_past "$then"
  wait "$dump" || fail "$(cat lazy.out)"
  gone
}

@test "a container in a user namespace goes on where it was, and its images stay secret" {
  chmod 0755 "${BATS_TEST_TMPDIR%/*/*}" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR" "$BUNDLE"
  chown -R 100000:200000 "$BUNDLE/rootfs"
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]'
  probe count
  # CRIU opens a file that is standard output anew, as the container's user.
  touch out
  chown 100000 out
  begun
  eventually counts_past 1
  ok runtime checkpoint --pre-dump --image-path "$PWD/before" --work-path "$PWD/of-criu" c1
  saved --parent-path ../before
  local then modes
  then=$(last)
  modes() { stat -c '%n %a %u %g' "$IMAGE" "$IMAGE"/*.img before before/*.img; }
  modes=$(modes)
  [ "$(stat -c %a "$IMAGE")" = 700 ]
  restored c1 --work-path "$PWD/of-criu"
  eventually counts_past "$then"
  grep -q '^Uid:.100000' "/proc/$(container_pid c1)/status"
  [ "$(awk '{ print $2 }' "/proc/$(container_pid c1)/gid_map")" -eq 200000 ]
  diff <(echo "$modes") <(modes)
  ok runtime delete --force c1
  # Where the container's user may not open it, CRIU says so.
  chown 0 out
  refused runtime restore -d --bundle "$BUNDLE" --image-path "$IMAGE" --work-path "$PWD/of-criu" c1
  says "Permission denied"
  diff <(echo "$modes") <(modes)
}

@test "a container with a notify socket is saved and restored too" {
  "$PYTHON" "$CONFORMANCE/lib/service-manager.py" "$PWD/manager" >heard 2>&1 3>&- 4>&- &
  echo $! >pids
  eventually grep -q listening heard
  entry /bin/sh -c '/probe notify READY=1 >/dev/null; exec /probe count'
  export NOTIFY_SOCKET=$PWD/manager
  begun
  unset NOTIFY_SOCKET
  grep -q READY=1 heard
  eventually counts_past 1
  saved
  local then
  then=$(last)
  restored c1
  eventually counts_past "$then"
  grep -q ' /run/notify ro,' "/proc/$(container_pid c1)/mountinfo"
}
