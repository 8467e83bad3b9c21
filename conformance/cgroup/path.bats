# SPDX-License-Identifier: Apache-2.0
# What making a container does to the hierarchy, and what it does not.
load cgroup
setup() {
  begin
  require_cgroup2
  [ "$MANAGER" = cgroupfs ] || skip "this is systemd's doing"
  ROOT=$(cgroup2_root)
}

# handed_down DIRECTORY: the controllers that it enables for those below it.
handed_down() { cat "$ROOT/$1/cgroup.subtree_control"; }

@test "without limits no controller is enabled" {
  created
  [ -z "$(handed_down "$TAG")" ]
  [ -z "$(handed_down "$TAG/c1")" ]
}

@test "a controller is enabled down the path where a limit needs it, and no other one" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME enables all that there are"
  require_controller pids memory
  edit '.linux.cgroupsPath = $path' --arg path "/$TAG/deep/down/c1"
  made '{"pids": {"limit": 5}}'
  for directory in "$TAG" "$TAG/deep" "$TAG/deep/down"; do
    [ "$(handed_down "$directory")" = pids ] || fail "$directory: $(handed_down "$directory")"
  done
  [ -z "$(handed_down "$TAG/deep/down/c1")" ]
  ok runtime delete --force c1
  # What lies above may be anybody's by now, and stays.
  rmdir "$ROOT/$TAG/deep/down" "$ROOT/$TAG/deep"
}

@test "what others have enabled stays" {
  require_controller pids memory
  mkdir "$ROOT/$TAG"
  echo +memory >"$ROOT/cgroup.subtree_control"
  echo +memory >"$ROOT/$TAG/cgroup.subtree_control"
  made '{"pids": {"limit": 5}}'
  [[ " $(handed_down "$TAG") " == *" memory "* && " $(handed_down "$TAG") " == *" pids "* ]]
}

@test "a directory that was there keeps no limit of before" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME writes only what it is told"
  require_controller pids
  mkdir "$ROOT/$TAG"
  echo +pids >"$ROOT/cgroup.subtree_control"
  echo +pids >"$ROOT/$TAG/cgroup.subtree_control"
  mkdir "$ROOT/$TAG/c1"
  echo 3 >"$ROOT/$TAG/c1/pids.max"
  made '{"pids": {"limit": -1}}'
  reads pids.max max
}

@test "a parent with processes of its own is named where a limit would need it" {
  require_controller memory
  mkdir "$ROOT/$TAG"
  sleep 1000 >/dev/null 2>&1 3>&- 4>&- &
  echo $! >"$ROOT/$TAG/cgroup.procs"
  is_refused '{"memory": {"limit": 33554432}}' "$TAG" processes
  kill %1
}

@test "below a threaded cgroup no process can be born, and the message says so" {
  mkdir "$ROOT/$TAG"
  echo threaded >"$ROOT/$TAG/cgroup.type"
  is_refused '{}' "$TAG/c1" "domain invalid" threaded
}

@test "beside a threaded cgroup neither" {
  mkdir -p "$ROOT/$TAG/threads"
  echo threaded >"$ROOT/$TAG/threads/cgroup.type"
  is_refused '{}' "$TAG/c1" "domain invalid" threaded
  rmdir "$ROOT/$TAG/threads"
}

@test "a threaded cgroup hands no memory controller down, and the message says so" {
  require_controller memory
  mkdir "$ROOT/$TAG"
  echo threaded >"$ROOT/$TAG/cgroup.type"
  is_refused '{"memory": {"limit": 33554432}}' memory.max "$TAG" threaded
}

@test "a place with processes is refused" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME joins them"
  mkdir -p "$ROOT/$TAG/c1"
  sleep 1000 >/dev/null 2>&1 3>&- 4>&- &
  echo $! >"$ROOT/$TAG/c1/cgroup.procs"
  refused runtime create --bundle "$BUNDLE" c1
  says "$TAG/c1"
  [ "$(cat "$ROOT/$TAG/c1/cgroup.procs")" = "$!" ]
  echo 1 >"$ROOT/$TAG/c1/cgroup.kill"
  eventually rmdir "$ROOT/$TAG/c1"
}

# A container that may make cgroups chooses how deep they nest, and their names.
@test "cgroups that nest deeper than there are descriptors, with names of any bytes, are no obstacle" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  started
  inside="$GROUP/"$'x\xff'
  mkdir "$inside"
  (for level in $(seq 200); do cd "$inside" && inside=d && mkdir d; done)
  sleep 1000 >/dev/null 2>&1 3>&- 4>&- &
  echo $! >"$GROUP/"$'x\xff'"/d/cgroup.procs"
  few() { (ulimit -n 64 && runtime "$@"); }
  ok few ps --format json c1
  [ "$(jq "index($!) != null" <<<"$output")" = true ] || fail "it does not list $!"
  ok few kill --all c1 KILL
  becomes stopped
  ok few delete c1
  [ ! -d "$GROUP" ]
}

# writes WORD...: names of the cgroup files that swrun with these words, and its children, write.
# Each write to cgroup.procs or cgroup.subtree_control waits for every processor of the machine.
writes() {
  timeout -k 5 120 strace -D -f -qq -o trace -e trace=openat,openat2,clone3 "$SWRUN" --root "$STATE" "$@" \
    >c1.out 2>c1.err </dev/null 3>&- 4>&- || fail "$(cat c1.err)" || return 1
  sed -nE 's/.*"([^"]*(cgroup|memory|pids|cpu|cpuset|io)\.[a-z._]+)", .*O_(WRONLY|RDWR).* = [0-9]+$/\1/p' \
    trace | sed 's|.*/||'
}

# In user-mode Linux a process that is traced may stand still for good.
unless_user_mode() {
  ! grep -q 'User Mode Linux' /proc/cpuinfo || skip "missing: a kernel on which strace works"
}

require_strace() {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  unless_user_mode
  require strace
}

@test "without limits create writes no file of a cgroup: no process is ever moved" {
  require_strace
  probe wait
  written=$(writes create --bundle "$BUNDLE" c1)
  [ -z "$written" ] || fail "$written"
  [ "$(sed -n 's/^0:://p' "/proc/$(container_pid c1)/cgroup")" = "/$TAG/c1" ]
  grep -q CLONE_INTO_CGROUP trace
}

@test "with limits create writes subtree_control once a level and each limit once" {
  require_strace
  require_controller memory pids
  probe wait
  resources '{"memory": {"limit": 67108864, "swap": 67108864, "reservation": 33554432},
    "pids": {"limit": 5}}'
  written=$(writes create --bundle "$BUNDLE" c1)
  # The root and our parent.
  [ "$written" = "cgroup.subtree_control
cgroup.subtree_control
memory.swap.max
memory.max
memory.low
pids.max" ] || fail "$written"
}

@test "start and delete move nobody either" {
  require_strace
  created
  [ -z "$(writes start c1)" ]
  [ "$(writes delete --force c1 | sort -u)" = "cgroup.kill" ]
}
