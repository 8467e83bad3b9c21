# SPDX-License-Identifier: Apache-2.0
# config-linux.md#intelrdt, against a resctrl of our own making: see conformance/lib/resctrl.py for what
# that shows, and what only hardware could.
load ../lib/common

setup() {
  begin
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME wants the kernel's own resctrl"
  [ -c /dev/fuse ] || skip "missing: /dev/fuse"
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || skip "missing: Python 3.10"
  # A /sys/fs with a place for it, in the mount namespace of this file's cases.
  [ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/1/ns/mnt)" ] ||
    skip "needs a mount namespace of its own: conformance/run makes one"
  mkdir fs
  mount -t tmpfs fs fs
  mkdir fs/cgroup fs/resctrl
  mount --rbind /sys/fs/cgroup fs/cgroup
  mount --rbind fs /sys/fs
}

teardown() {
  umount -R /sys/fs 2>/dev/null || true
  umount -R "$BATS_TEST_TMPDIR/fs" 2>/dev/null || true
  [ -z "${SERVER-}" ] || wait "$SERVER" || true
  finish
}

resctrl() {
  "$PYTHON" "$CONFORMANCE/lib/resctrl.py" /sys/fs/resctrl "$PWD/log" 3>&- 4>&- &
  SERVER=$!
  eventually test -e /sys/fs/resctrl/schemata
  touch log
}

noted() { grep -qxF "$1" log || fail "not noted: $1" "$(cat log)"; }

@test "a container gets a class of service of its own, which goes with it" {
  resctrl
  edit '.linux.intelRdt = {"l3CacheSchema": "L3:0=7f0;1=1f\nMB:0=20", "memBwSchema": "MB:0=70",
    "schemata": ["L2:0=3"]}'
  started
  noted "mkdir /c1"
  noted "write /c1/schemata 'L3:0=7f0;1=1f\\nMB:0=70\\nL2:0=3'"
  noted "write /c1/tasks '$(container_pid c1)'"
  ok runtime delete --force c1
  noted "rmdir /c1"
}

@test "a process of exec is in the class of service, too" {
  resctrl
  edit '.linux.intelRdt = {"l3CacheSchema": "L3:0=7f0", "enableMonitoring": true}'
  started
  ok runtime exec c1 /probe identity
  # Init, and the one that the process is born of, which hands its place on.
  [ "$(grep -c '^write /c1/tasks ' log)" -eq 2 ] || fail "$(cat log)"
  [ "$(grep -c '^write /c1/mon_groups/c1/tasks ' log)" -eq 2 ] || fail "$(cat log)"
  ok runtime delete --force c1
}

@test "a container without a mount namespace has a class of service, and exec in it" {
  resctrl
  without_mounts '.linux.intelRdt = {"l3CacheSchema": "L3:0=7f0"}'
  started
  noted "write /c1/tasks '$(container_pid c1)'"
  ok runtime exec c1 /probe identity
  [ "$(grep -c '^write /c1/tasks ' log)" -eq 2 ] || fail "$(cat log)"
  ok runtime delete --force c1
  noted "rmdir /c1"
}

@test "an exec that its class of service does not take fails, and leaves no process" {
  resctrl
  edit '.linux.intelRdt = {"l3CacheSchema": "L3:0=7f0"}'
  started
  umount /sys/fs/resctrl
  capture runtime exec c1 /probe identity
  [ "$status" -eq 255 ]
  says "resctrl is not to be had"
  [ "$(pgrep -cP "$(container_pid c1)")" -eq 0 ]
  [ "$(container_status c1)" = running ]
  ok runtime delete --force c1
}

@test "a class of service with a name stays, as others may have it" {
  resctrl
  edit '.linux.intelRdt = {"closID": "guaranteed", "l3CacheSchema": "L3:0=f"}'
  started
  noted "mkdir /guaranteed"
  ok runtime delete --force c1
  [ -d /sys/fs/resctrl/guaranteed ]
  # Again, and the kernel's way to write it is not ours.
  edit '.linux.intelRdt.l3CacheSchema = "L3:0=0F"'
  started
  ok runtime delete --force c1
  [ "$(grep -c 'write /guaranteed/schemata' log)" -eq 2 ]
  edit '.linux.intelRdt.l3CacheSchema = "L3:0=ff"'
  refused runtime create --bundle "$BUNDLE" c1
  says linux.intelRdt.closID
  [ -d /sys/fs/resctrl/guaranteed ]
}

@test "a monitoring group that is somebody else's is refused, and stays" {
  resctrl
  mkdir /sys/fs/resctrl/mon_groups/c1
  edit '.linux.intelRdt = {"closID": "/", "enableMonitoring": true}'
  refused runtime create --bundle "$BUNDLE" c1
  says "intelRdt.enableMonitoring"
  [ -d /sys/fs/resctrl/mon_groups/c1 ]
  [ ! -d "$STATE/c1" ]
}

@test "a class of service without a schema must be there" {
  resctrl
  edit '.linux.intelRdt = {"closID": "ready"}'
  refused runtime create --bundle "$BUNDLE" c1
  says linux.intelRdt.closID
  unless grep -q mkdir log
  mkdir /sys/fs/resctrl/ready
  started
  noted "write /ready/tasks '$(container_pid c1)'"
  unless grep -q schemata log
  ok runtime delete --force c1
}

@test "the root is a class of service too" {
  resctrl
  edit '.linux.intelRdt = {"closID": "/", "enableMonitoring": true}'
  started
  noted "mkdir /mon_groups/c1"
  noted "write /tasks '$(container_pid c1)'"
  noted "write /mon_groups/c1/tasks '$(container_pid c1)'"
  ok runtime delete --force c1
  noted "rmdir /mon_groups/c1"
}

@test "a schema that is refused fails create, is named and leaves nothing" {
  resctrl
  edit '.linux.intelRdt = {"schemata": ["XX:0=1"], "enableMonitoring": true}'
  refused runtime create --bundle "$BUNDLE" c1
  says schemata
  says EINVAL
  noted "rmdir /c1"
  [ ! -d "$STATE/c1" ]
}

@test "a container that fails later leaves nothing in resctrl" {
  resctrl
  edit '.linux.intelRdt = {"enableMonitoring": true} | .process.args = ["/nothing"]'
  refused runtime create --bundle "$BUNDLE" c1
  noted "rmdir /c1/mon_groups/c1"
  noted "rmdir /c1"
}

@test "without resctrl it is an error that says so" {
  edit '.linux.intelRdt = {"closID": "x"}'
  refused runtime create --bundle "$BUNDLE" c1
  says "linux.intelRdt: resctrl is not to be had"
}

@test "names and schemata that make no sense are refused" {
  local pointer section
  while read -r pointer section; do
    edit '.linux.intelRdt = '"$section"
    refused runtime create --bundle "$BUNDLE" c1
    says "/linux/intelRdt/$pointer:"
  done <<'EOF'
closID {"closID": "../x"}
closID {"closID": ".."}
closID {"closID": "info"}
closID {"closID": "a/b"}
memBwSchema {"memBwSchema": "L3:0=f"}
memBwSchema {"memBwSchema": "MB:0=20\nL3:0=f"}
schemata/1 {"schemata": ["L3:0=f", "a\nb"]}
EOF
}
