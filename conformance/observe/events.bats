# SPDX-License-Identifier: Apache-2.0
# The documents of `runc events`, which containerd reads: types/events.go of runc.
load ../lib/common
setup() { require_runtime 1.1 -; begin; require_cgroup2; }
teardown() { finish; }

# with CONTROLLER...: the container's cgroup has these controllers, whatever its limits are. (systemd
# hands down what it counts by, which is all of these but huge pages.)
with() {
  require_controller "$@"
  [ "$MANAGER" = cgroupfs ] || return 0
  local root name
  root=$(cgroup2_root)
  mkdir -p "$root/$TAG"
  for name in "$@"; do
    echo "+$name" >"$root/cgroup.subtree_control"
    echo "+$name" >"$root/$TAG/cgroup.subtree_control"
  done
}

# data FILTER: of the statistics event that was printed last.
data() { jq -c ".data$1" <<<"$output"; }

# watch OPTION...: events in the background, its process id in $watcher, its output in events.out.
watch() {
  timeout "${PATIENCE:-60}" "$SWRUN" --root "$STATE" events "$@" c1 \
    >events.out 2>events.err 3>&- 4>&- &
  watcher=$!
}

# over: it has ended by itself, and well.
over() {
  wait "$watcher" || fail "events ended with $?" "$(cat events.err)"
}

# documents TYPE: how many of a type there are.
documents() { jq -c --arg type "$1" 'select(.type == $type)' events.out | wc -l; }

has_documents() { [ "$(documents "$1")" -ge "$2" ]; }

@test "events --stats prints one document on one line" {
  started
  ok runtime events --stats c1
  [ "$(wc -l <<<"$output")" -eq 1 ]
  [ "$(jq -r '[.type, .id] | join(" ")' <<<"$output")" = "stats c1" ]
}

@test "what a consumer relies on is there, whatever controllers are" {
  started
  ok runtime events --stats c1
  [ "$(jq -c '.data | keys' <<<"$output")" = \
    '["blkio","cpu","cpuset","hugetlb","intel_rdt","memory","network_interfaces","pids"]' ]
  [ "$(data '.cpu.usage | [.kernel, .user] | map(type)')" = '["number","number"]' ]
  [ "$(data .network_interfaces)" = null ]
  [ "$(data .pids.current)" = 1 ]
  [ "$(data '.cpuset | length')" -eq 9 ]
}

@test "processor time is in nanoseconds and grows with what is used" {
  entry /bin/sh -c 'echo ready; i=0; while [ $i -lt 300000 ]; do i=$((i + 1)); done; sleep 60'
  launch run c1 --detach
  eventually grep -q ready c1.out
  grown() {
    ok runtime events --stats c1
    [ "$(data .cpu.usage.total)" -gt 50000000 ]
  }
  eventually grown
  ticks=$(awk '{ print $14 + $15 }' "/proc/$(container_pid c1)/stat")
  ok runtime events --stats c1
  # The kernel's two ways to count agree within a factor: one looks, the other is told.
  [ $(($(data .cpu.usage.total) / 10000000)) -le $((ticks * 3 + 20)) ]
}

@test "events prints at each interval and ends with the container" {
  started
  watch --interval 100ms
  eventually has_documents stats 3
  ok runtime kill c1 KILL
  over
  [ ! -s events.err ]
}

@test "events of a paused container go on" {
  started
  ok runtime pause c1
  watch --interval 50ms
  eventually has_documents stats 3
  ok runtime kill c1 KILL
  over
}

@test "events ends when a container without a pid namespace loses its init" {
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  probe spawn 1
  launch run c1 --detach
  eventually grep -q ready c1.out
  watch --interval 50ms
  eventually has_documents stats 1
  kill -KILL "$(container_pid c1)"
  [ "$RUNTIME" = swrun ] || runtime kill --all c1 KILL || true
  over
}

@test "events ends when nobody reads any more, and waits for nothing but events" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME ends at its next write"
  require strace
  started
  mkfifo pipe
  timeout 60 strace -f -e trace=nanosleep,clock_nanosleep -o trace \
    "$SWRUN" --root "$STATE" events --interval 1h c1 >pipe 2>/dev/null 3>&- &
  watcher=$!
  exec 5<pipe
  sleep 0.3
  kill -0 $watcher
  exec 5<&-
  wait $watcher
  unless grep -q sleep trace
}

@test "an interval that is none is refused" {
  started
  for interval in 0s -1s 5 soon ''; do
    refused timeout 10 "$SWRUN" --root "$STATE" events --interval "$interval" c1
  done
}

@test "events of a stopped container and of nobody are refused" {
  started
  ok runtime kill c1 KILL
  becomes stopped
  refused runtime events --stats c1
  says "not running"
  refused runtime events c1
  says "not running"
  refused runtime events --stats nobody
  says "does not exist"
}

# waiting COMMAND: a container that will do it; events watches.
waiting() {
  ln -sf busybox "$BUNDLE/rootfs/bin/tail"
  entry /bin/sh -c "until [ -e /go ]; do sleep 0.1; done; $1"
  launch run c1 --detach
  watch --interval 200ms
  eventually has_documents stats 1
}

# hungry COMMAND: a container that does it once events watches.
hungry() {
  waiting "$1"
  touch "$BUNDLE/rootfs/go"
}

# --- with controllers ----------------------------------------------------------------------------

@test "memory has usage, limit, peak and the kernel's counters" {
  with memory
  edit '.linux.resources.memory.limit = 67108864'
  ln -sf busybox "$BUNDLE/rootfs/bin/dd"
  entry /bin/sh -c 'dd if=/dev/zero of=/tmp/fill bs=1048576 count=16 && echo ready; sleep 60'
  launch run c1 --detach
  eventually grep -q ready c1.out
  ok runtime events --stats c1
  [ "$(data .memory.usage.limit)" -eq 67108864 ]
  [ "$(data .memory.usage.usage)" -gt 1048576 ]
  [ "$(data '.memory.raw.anon')" -gt 0 ]
  [ "$(data '.memory.raw | length')" -gt 20 ]
  [ ! -e "$GROUP/memory.peak" ] || [ "$RUNTIME" != swrun ] ||
    [ "$(data .memory.usage.max)" -ge "$(data .memory.usage.usage)" ]
}

@test "memory without a limit has the greatest number as one" {
  with memory
  started
  ok runtime events --stats c1
  grep -q '"usage":{"limit":18446744073709551615,' <<<"$output"
}

@test "pids has current and limit" {
  with pids
  edit '.linux.resources.pids.limit = 33'
  probe spawn 3
  launch run c1 --detach
  eventually grep -q ready c1.out
  ok runtime events --stats c1
  [ "$(data .pids)" = '{"current":4,"limit":33}' ]
}

@test "throttling is reported" {
  with cpu
  edit '.linux.resources.cpu = {"quota": 10000, "period": 100000}'
  entry /bin/sh -c 'echo ready; while :; do :; done'
  launch run c1 --detach
  eventually grep -q ready c1.out
  throttled() {
    ok runtime events --stats c1
    [ "$(data '.cpu.throttling.throttledPeriods // 0')" -gt 2 ] &&
      [ "$(data .cpu.throttling.throttledTime)" -gt 100000000 ]
  }
  eventually throttled
}

@test "bytes written to a disk are reported by device" {
  # What is written later than it was asked for is counted for the owner of the memory.
  with io memory
  [ "$(stat -f -c %T /var/tmp)" != tmpfs ] || skip "missing: a disk below /var/tmp"
  ln -sf busybox "$BUNDLE/rootfs/bin/dd"
  entry /bin/sh -c 'dd if=/dev/zero of=/data/fill bs=1048576 count=8 conv=fsync && echo ready; sleep 60'
  mkdir /var/tmp/"$TAG"
  edit '.mounts += [{"destination": "/data", "source": $dir, "options": ["bind"]}]' \
    --arg dir "/var/tmp/$TAG"
  mkdir "$BUNDLE/rootfs/data"
  launch run c1 --detach
  eventually grep -q ready c1.out
  ok runtime events --stats c1
  rm -r /var/tmp/"$TAG"
  [ "$(data ' | [.blkio.ioServiceBytesRecursive[] | select(.op == "Write") | .value // 0] | add')" \
    -ge 8388608 ]
  [ "$(data ' | [.blkio.ioServicedRecursive[] | select(.op == "Write") | .value // 0] | add')" -gt 0 ]
}

@test "a process that is killed for want of memory is an oom event, before the end" {
  with memory
  edit '.linux.resources.memory = {"limit": 8388608, "swap": 8388608}'
  # The shell waits for the one that is killed, which is not init.
  hungry '(exec tail /dev/zero); sleep 1; echo over'
  over
  grep -q over c1.out
  [ "$(documents oom)" -ge 1 ]
  [ "$(jq -c 'select(.type == "oom")' events.out | head -1)" = '{"type":"oom","id":"c1"}' ]
}

@test "an init that is killed for want of memory is an oom event too" {
  with memory
  edit '.linux.resources.memory = {"limit": 8388608, "swap": 8388608}'
  hungry 'exec tail /dev/zero'
  over
  [ "$(documents oom)" -ge 1 ]
}

# systemd takes a scope away with its last process, and what the kernel has counted with it.
@test "an init that is killed for want of memory is an oom event, however late events looks" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  with memory
  edit '.linux.resources.memory = {"limit": 8388608, "swap": 8388608}'
  waiting 'exec tail /dev/zero'
  pkill -STOP -P "$watcher"
  touch "$BUNDLE/rootfs/go"
  eventually no_process_left
  becomes stopped
  [ "$MANAGER" = cgroupfs ] || eventually [ ! -d "$GROUP" ]
  pkill -CONT -P "$watcher"
  over
  [ "$(documents oom)" -eq 1 ] || fail "$(cat events.out)"
}

@test "what is killed for want of memory in another container is no event of this one" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  with memory
  edit '.linux.resources.memory = {"limit": 8388608, "swap": 8388608}'
  started
  watch --interval 100ms
  eventually has_documents stats 1
  put_at c2
  entry /bin/busybox tail /dev/zero
  capture runtime run --bundle "$BUNDLE" c2
  [ "$status" -eq 137 ] || fail "exit $status"
  ok runtime kill c1 KILL
  over
  [ "$(documents oom)" -eq 0 ] || fail "$(cat events.out)"
}

@test "pressure is reported for cpu, memory and io where the kernel tells" {
  with cpu memory io
  [ -e /proc/pressure/cpu ] || skip "missing: pressure figures (PSI)"
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME may be older than its pressure figures"
  edit '.linux.resources.cpu = {"quota": 10000, "period": 100000}'
  entry /bin/sh -c 'echo ready; while :; do :; done'
  launch run c1 --detach
  eventually grep -q ready c1.out
  pressed() {
    ok runtime events --stats c1
    [ "$(data '.cpu.psi.some.total // 0')" -gt 100000 ]
  }
  eventually pressed
  [ "$(data '.memory.psi | type')" = '"object"' ]
  [ "$(data '.blkio.psi | type')" = '"object"' ]
}

@test "huge pages are reported by size" {
  with hugetlb
  [ ! -d /sys/kernel/mm/hugepages/hugepages-2048kB ] ||
    edit '.linux.resources.hugepageLimits = [{"pageSize": "2MB", "limit": 4194304}]'
  started
  ok runtime events --stats c1
  for size in $(data '.hugetlb | keys[]' | tr -d '"'); do
    [ -e "$GROUP/hugetlb.$size.max" ]
    [ "$(data ".hugetlb[\"$size\"].failcnt")" = 0 ]
  done
  [ "$(data '.hugetlb | length')" -gt 0 ]
}

@test "the document has the members of runc's own for the same cgroup" {
  [ "$RUNTIME" = swrun ] || skip "this is the comparison itself"
  local runc=/opt/newer/runc
  [ -x $runc ] || runc=runc
  require $runc
  # runc reads the cgroup that its state names: it makes the container, and both look at its like.
  grep -q ' /sys/fs/cgroup cgroup2 ' /proc/self/mounts || skip "missing: cgroup v2 alone, for runc"
  with cpu memory io pids
  edit '.linux.resources.memory.limit = 67108864 | .linux.resources.pids.limit = 33
    | .linux.resources.cpu = {"quota": 50000, "period": 100000} | del(.linux.resources.devices)'
  edit '.linux.cgroupsPath = $path' --arg path "/$TAG/theirs"
  probe wait
  mkdir their-state
  timeout 60 $runc --root "$PWD/their-state" run -d --bundle "$BUNDLE" theirs >/dev/null 2>&1 </dev/null 3>&- 4>&-
  timeout 60 $runc --root "$PWD/their-state" events --stats theirs >theirs.json
  timeout 60 $runc --root "$PWD/their-state" delete --force theirs
  put_at c1
  started
  ok runtime events --stats c1
  members() { jq -r 'paths | map(if type == "number" then "*" else . end) | join(".")' | sort -u; }
  members <<<"$output" >ours
  members <theirs.json >theirs
  # runc before 1.3 has no pressure and no peak, before 1.4 writes memory that nobody counts; who
  # has not waited, written, been throttled or cached has no member for it.
  may_differ='\.psi(\.|$)|usage\.max$|memory\.(kernel|cache)|^data\.cpu\.throttling|^data\.blkio\.'
  diff <(grep -vE "$may_differ" theirs) <(grep -vE "$may_differ" ours)
}
