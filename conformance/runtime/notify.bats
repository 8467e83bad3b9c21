# SPDX-License-Identifier: Apache-2.0
# What a container says to the service manager that has started it: NOTIFY_SOCKET of sd_notify(3).
load ../lib/common
setup() {
  begin
  MANAGER_SOCKET=$PWD/manager.sock
}
teardown() {
  [ -z "${manager-}" ] || kill "$manager" 2>/dev/null || true
  finish
}

# manager [ADDRESS [deaf]]: one that listens, and writes what it hears to ./heard.
manager() {
  MANAGER_SOCKET=${1:-$MANAGER_SOCKET}
  "$PYTHON" "$CONFORMANCE/lib/service-manager.py" "$MANAGER_SOCKET" ${2+"$2"} >heard 3>&- &
  manager=$!
  eventually grep -q listening heard
}

# heard LINE...: just that, apart from how it is divided into datagrams.
heard() {
  local said
  said=$(sed 1d heard | cut -d' ' -f2- | tr '|' '\n' | sort)
  [ "$said" = "$(printf '%s\n' "$@" | sort)" ] || fail "heard: $said"
}

# told: the main process is the container's init, and the manager has been waited for. Of others some
# don't tell the one, and some don't do the other.
told() {
  if [ "$RUNTIME" = swrun ]; then
    heard READY=1 "MAINPID=$(container_pid c1)" BARRIER=1
  else
    grep -q READY=1 heard
  fi
}

notifying() { NOTIFY_SOCKET=$MANAGER_SOCKET runtime "$@"; }

# detached VERB ID [OPTION...]: as `launch`, with the manager's address.
detached() {
  local verb=$1 id=$2
  shift 2
  status=0
  notifying "$verb" "$@" "$id" >"$id.out" 2>"$id.err" </dev/null 3>&- || status=$?
  err=$(cat "$id.err")
  [ "$status" -eq 0 ] || fail "$verb $id: exit $status"
}

@test "start returns once the container is ready, and tells the manager its main process" {
  entry /bin/sh -c '/probe notify STATUS=starting @5 READY=1; echo said; exec sleep 60'
  manager
  detached create c1 --bundle "$BUNDLE"
  [ "$(wc -l <heard)" -eq 1 ]
  detached start c1
  grep -q notified=yes c1.out
  told
}

@test "run -d waits until the container is ready" {
  entry /bin/sh -c '/probe notify @5 READY=1; echo said; exec sleep 60'
  manager
  detached run c1 --detach --bundle "$BUNDLE"
  told
}

@test "in the foreground the main process is the runtime's own, and nobody waits" {
  [ "$RUNTIME" = swrun ] || skip "others wait for it before they forward signals"
  entry /bin/sh -c 'trap "exit 7" TERM; /probe notify @5 READY=1; while :; do sleep 0.1; done'
  manager
  NOTIFY_SOCKET=$MANAGER_SOCKET timeout -k 5 30 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 \
    >c1.out 2>c1.err </dev/null 3>&- &
  runner=$!
  eventually grep -q READY=1 heard
  main=$(sed -n 's/.*MAINPID=\([0-9]*\).*/\1/p' heard)
  [ "$(readlink -f "/proc/$main/exe" || true)" != "$(readlink -f /bin/sh)" ]
  grep -q swrun "/proc/$main/comm"
  kill -TERM "$main"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 7 ]
  heard READY=1 "MAINPID=$main"
}

@test "a signal comes through before the container is ready" {
  [ "$RUNTIME" = swrun ] || skip "others wait for it before they forward signals"
  probe wait
  manager
  NOTIFY_SOCKET=$MANAGER_SOCKET "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 \
    >c1.out 2>c1.err </dev/null 3>&- &
  runner=$!
  eventually grep -q ready c1.out
  kill -TERM "$runner"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 42 ]
  heard ''
}

@test "what was said last is heard of a container that has ended" {
  [ "$RUNTIME" = swrun ] || skip "others look at the process first"
  probe notify READY=1
  manager
  ok notifying run --bundle "$BUNDLE" c1
  grep -q READY=1 heard
  detached run c2 --detach --bundle "$BUNDLE"
  [ "$(grep -c READY=1 heard)" -eq 2 ]
}

@test "a container that ends and never was ready is not waited for" {
  [ "$RUNTIME" = swrun ] || skip "others fail, or wait on"
  probe exit 3
  manager
  detached run c1 --detach --bundle "$BUNDLE"
  heard ''
}

@test "the program finds a socket that any of its users may write to, in a read-only mount" {
  [ "$RUNTIME" = swrun ] || skip "under a umask others make a place that its users can't look into"
  edit '.process.user = {"uid": 1000, "gid": 1000} | .process.env += ["NOTIFY_SOCKET=/nowhere"]'
  entry /bin/sh -c 'echo "address=$NOTIFY_SOCKET"; stat -c mode=%a "$NOTIFY_SOCKET"
    touch /run/notify/x 2>/dev/null || echo read-only; /probe notify READY=1; exec sleep 60'
  manager
  (umask 077 && detached run c1 --detach --bundle "$BUNDLE")
  output=$(cat c1.out)
  expect address /run/notify/notify.sock
  expect mode 666
  grep -qx read-only c1.out
  told
}

@test "a container in a user namespace finds its socket" {
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings'
  chmod 0755 "${BATS_TEST_TMPDIR%/*/*}" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR" "$BUNDLE"
  mkdir -p "$BUNDLE/rootfs/run/notify"
  chown -R 100000:100000 "$BUNDLE/rootfs"
  entry /bin/sh -c '/probe notify READY=1; exec sleep 60'
  manager
  detached run c1 --detach --bundle "$BUNDLE"
  told
}

@test "the manager's address may be abstract" {
  [ "$RUNTIME" = swrun ] || skip "crun looks for a file"
  entry /bin/sh -c '/probe notify READY=1; exec sleep 60'
  manager "@$TAG"
  detached run c1 --detach --bundle "$BUNDLE"
  told
}

@test "nothing but that it is ready gets out of a hostile container, once" {
  [ "$RUNTIME" = swrun ] || skip "others are not asked"
  probe notify-badly
  manager
  before=$SECONDS
  detached run c1 --detach --bundle "$BUNDLE"
  [ $((SECONDS - before)) -lt 20 ]
  told
  output=$(cat c1.out)
  expect unlink EROFS
  expect symlink EROFS
  expect chmod EROFS
}

@test "a flood costs the runtime next to nothing" {
  [ "$RUNTIME" = swrun ] || skip "others are not asked"
  probe notify-badly forever
  manager
  NOTIFY_SOCKET=$MANAGER_SOCKET "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 \
    >c1.out 2>c1.err </dev/null 3>&- &
  runner=$!
  eventually grep -q flood c1.out
  # User and system time in hundredths of a second: proc(5).
  before=$(awk '{ print $14 + $15 }' "/proc/$runner/stat")
  sleep 2
  after=$(awk '{ print $14 + $15 }' "/proc/$runner/stat")
  [ $((after - before)) -lt 40 ] || fail "it took $((after - before)) hundredths of a second"
  heard ''
  kill -KILL "$(container_pid c1)"
  wait "$runner" || true
}

@test "a manager that does not answer is not waited for for ever" {
  [ "$RUNTIME" = swrun ] || skip "others wait half a minute"
  entry /bin/sh -c '/probe notify READY=1; exec sleep 60'
  manager "$MANAGER_SOCKET" deaf
  before=$SECONDS
  detached run c1 --detach --bundle "$BUNDLE"
  [ $((SECONDS - before)) -lt 15 ]
}

@test "a manager whose queue is full is not waited for for ever" {
  [ "$RUNTIME" = swrun ] || skip "others wait as long as it takes"
  entry /bin/sh -c '/probe notify READY=1; exec sleep 60'
  manager "$MANAGER_SOCKET" full
  before=$SECONDS
  detached run c1 --detach --bundle "$BUNDLE"
  [ $((SECONDS - before)) -lt 20 ]
  says "can't be told that the container is ready"
}

@test "a manager that is not there costs the container nothing but a warning" {
  [ "$RUNTIME" = swrun ] || skip "others fail or are silent"
  entry /bin/sh -c '/probe notify READY=1; exec sleep 60'
  MANAGER_SOCKET=$PWD/nobody
  detached run c1 --detach --bundle "$BUNDLE"
  says 'the service manager can'
  [ "$(container_status c1)" = running ]
  MANAGER_SOCKET=nonsense
  edit ".linux.cgroupsPath = \"/$TAG/c2\""
  detached run c2 --detach --bundle "$BUNDLE"
  says 'NOTIFY_SOCKET is ignored'
  [ "$(container_status c2)" = running ]
}

@test "start without an address, and one of a container made without, just start" {
  [ "$RUNTIME" = swrun ] || skip "runc fails on the second"
  probe wait
  manager
  detached create c1 --bundle "$BUNDLE"
  ok runtime start c1
  edit ".linux.cgroupsPath = \"/$TAG/c2\""
  launch create c2
  detached start c2
  [ "$(container_status c1)" = running ]
  [ "$(container_status c2)" = running ]
}

@test "the container can be asked about and deleted while start waits for it" {
  probe wait
  manager
  detached create c1 --bundle "$BUNDLE"
  (notifying start c1 >start.out 2>&1 3>&-; echo "status=$?" >start.status) 3>&- &
  eventually grep -q ready c1.out
  [ "$(container_status c1)" = running ]
  [ ! -e start.status ]
  ok runtime delete --force c1
  eventually [ -e start.status ]
}

@test "whatever a container has put into its directory goes with it" {
  [ "$RUNTIME" = swrun ] || skip "others are not asked"
  edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
  # shellcheck disable=SC2016
  entry /bin/sh -c '/bin/busybox mount -o remount,rw,bind /run/notify && cd /run/notify &&
    /bin/busybox mkdir -p a/b/c && : >"a/b/$(printf "\\377")" && /bin/busybox ln -s /etc/passwd x &&
    /bin/busybox rm -f notify.sock && /bin/busybox ln -s /etc/passwd notify.sock && echo filled
    exec sleep 60'
  manager
  detached create c1 --bundle "$BUNDLE"
  ok runtime start c1
  ls "$STATE/c1/notify"
  eventually grep -q filled c1.out
  ok runtime delete --force c1
  [ ! -e "$STATE/c1" ]
  [ -s "$BUNDLE/rootfs/etc/passwd" ]
}
