# SPDX-License-Identifier: Apache-2.0
# A scope comes and goes with its container, and systemd may do what it likes meanwhile.
load systemd

@test "every verb but create and run knows the manager without being told" {
  created
  [ "$(bare state c1 3>&- | jq -r .status)" = created ]
  ok bare start c1
  becomes running
  ok bare kill c1 KILL
  becomes stopped
  ok bare delete c1
  no_unit
  [ ! -d "$GROUP" ]
}

@test "delete --force of a running container leaves no unit, cgroup or job" {
  started
  ok bare delete --force c1
  no_unit
  [ ! -d "$GROUP" ]
  [ -z "$(systemctl list-jobs --no-legend "$TAG*" 3>&-)" ]
}

@test "a container without a mount namespace lives in its scope, and exec with it" {
  without_mounts
  started
  ok bare exec --detach --pid-file pid c1 /bin/sleep 1000
  grep -qx "$(cat pid)" "$GROUP/cgroup.procs"
  ok bare delete --force c1
  no_unit
  [ ! -d "$GROUP" ]
}

@test "a scope is gone as soon as its container has ended" {
  probe identity
  ok runtime run --bundle "$BUNDLE" --keep c1
  eventually no_unit >/dev/null
  ok bare delete c1
}

@test "only the container's process is in the scope" {
  created
  [ "$(cat "$GROUP/cgroup.procs")" = "$(container_pid c1)" ]
}

@test "what others brought into the scope ends with it, and at once" {
  started
  sleep 1000 3>&- &
  echo $! >"$GROUP/cgroup.procs"
  before=$SECONDS
  ok bare delete --force c1
  [ $((SECONDS - before)) -lt 20 ]
  no_unit
}

@test "somebody else's unit of the same name is left alone" {
  systemd-run --quiet --unit "$UNIT" --scope sleep 1000 3>&- >/dev/null 2>&1 &
  eventually systemctl is-active --quiet "$UNIT" 3>&-
  refused runtime create --bundle "$BUNDLE" c1
  says exists
  systemctl is-active --quiet "$UNIT" 3>&-
  [ -z "$(containers)" ]
  systemctl stop "$UNIT" 3>&-
}

@test "delete leaves a unit alone that has taken the name since" {
  probe identity
  ok runtime run --bundle "$BUNDLE" --keep c1
  eventually no_unit >/dev/null
  systemd-run --quiet --unit "$UNIT" --scope sleep 1000 3>&- >/dev/null 2>&1 &
  eventually systemctl is-active --quiet "$UNIT" 3>&-
  ok bare delete --force c1
  systemctl is-active --quiet "$UNIT" 3>&-
  systemctl stop "$UNIT" 3>&-
}

# An annotation may give units of the same name the same words.
@test "another container's unit of the same name and description is left alone" {
  edit '.annotations["org.systemd.property.Description"] = "'"'web'"'"'
  started
  refused runtime create --bundle "$BUNDLE" c2
  says exists
  [ "$(container_status c1)" = running ]
  ok bare kill c1 KILL
  becomes stopped
  eventually no_unit "$UNIT" >/dev/null
  created c2
  ok bare delete c1
  [ "$(container_status c2)" = created ]
}

@test "the remains of a unit that failed are no obstacle" {
  # A scope whose processes don't end in time fails.
  systemd-run --quiet --unit "$UNIT" --scope -p TimeoutStopSec=1 \
    -p SendSIGKILL=no sh -c 'trap "" TERM; sleep 5' 3>&- >/dev/null 2>&1 &
  eventually systemctl is-active --quiet "$UNIT" 3>&-
  systemctl stop "$UNIT" >/dev/null 2>&1 3>&- || true
  eventually eval '[ "$(property ActiveState)" = failed ]'
  eventually eval '[ ! -d "$(cgroup2_root)/system.slice/$UNIT" ]'
  created
}

@test "a failed create leaves no unit" {
  entry /nowhere
  refused runtime create --bundle "$BUNDLE" c1
  no_unit
  [ ! -d "$GROUP" ]
}

@test "daemon-reload and daemon-reexec lose neither processes nor limits" {
  resources '{"memory": {"limit": 67108864}, "pids": {"limit": 17},
    "unified": {"memory.oom.group": "1"}}'
  started
  for verb in daemon-reload daemon-reexec daemon-reload; do
    systemctl "$verb" 3>&-
    eventually systemctl is-active --quiet "$UNIT" 3>&-
    [ "$(cat "$GROUP/cgroup.procs")" = "$(container_pid c1)" ]
    reads memory.max 67108864
    reads pids.max 17
    # Before 253 systemd sets it to what it has no property for: 0.
    [ "$(systemctl --version | awk 'NR == 1 { print $2 }')" -lt 253 ] || reads memory.oom.group 1
    shows MemoryMax 67108864
  done
  ok bare delete --force c1
  no_unit
}

@test "device rules outlive daemon-reload" {
  edit '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
  resources '{"devices": [{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "access": "m"}]}'
  entry /bin/sh -c 'while [ ! -e /go ]; do sleep 0.1; done
    busybox mknod /fuse c 10 229; (: </fuse) 2>/dev/null && echo opened || echo denied'
  ok runtime run --detach --bundle "$BUNDLE" c1
  systemctl daemon-reload 3>&-
  touch "$BUNDLE/rootfs/go"
  becomes stopped
  grep -qx denied "$BATS_TEST_TMPDIR/.out"
}

@test "systemd executing itself anew does not disturb creation and removal" {
  (while [ ! -e stop ]; do systemctl daemon-reexec; sleep 0.3; done) >/dev/null 2>&1 3>&- &
  reexec=$!
  for round in $(seq 8); do
    created || { touch stop; return 1; }
    ok bare delete --force c1 || { touch stop; return 1; }
  done
  touch stop
  wait "$reexec"
  no_unit
}

@test "systemd reading its configuration anew does not disturb creation and removal" {
  (while [ ! -e stop ]; do systemctl daemon-reload; done) >/dev/null 2>&1 3>&- &
  reload=$!
  for round in $(seq 8); do
    created || { touch stop; return 1; }
    ok bare delete --force c1 || { touch stop; return 1; }
  done
  touch stop
  wait "$reload"
  no_unit
}

@test "a container goes even where systemd can't be reached" {
  started
  edited=$(jq -c '.unit.bus = "unix:path=/nonexistent"' "$STATE/c1/state.json")
  echo "$edited" >"$STATE/c1/state.json"
  ok bare delete --force c1
  eventually no_unit >/dev/null
  eventually [ ! -d "$GROUP" ]
}

# What writes cgroup.procs waits for the kernel's grace period, and so does what hands controllers down.
@test "the creator moves no process and hands no controller down" {
  require strace
  ! grep -qs "User Mode" /proc/cpuinfo || skip "missing: a kernel that strace works in"
  probe wait
  timeout -k 5 300 strace -f -e trace=openat,openat2,clone3 -o trace "$SWRUN" --root "$STATE" \
    --systemd-cgroup create --bundle "$BUNDLE" c1 >/dev/null 2>&1 3>&- 4>&- </dev/null &
  local tracer=$!
  becomes created
  # strace stays for as long as anybody whom it follows.
  ok runtime delete --force c1
  wait "$tracer" || true
  unless grep -E 'cgroup\.(procs|subtree_control)' trace
  grep -q CLONE_INTO_CGROUP trace
}
