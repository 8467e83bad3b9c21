# SPDX-License-Identifier: Apache-2.0
# What becomes of a container when answers and signals of systemd get lost, or come late.
load systemd
teardown() {
  [ -z "${proxy-}" ] || kill "$proxy" || true
  systemctl stop "slow-$TAG.service" >/dev/null 2>&1 3>&- || true
  # Called by name: the functions of systemd.bash are hidden by ours.
  finish
  systemctl stop "$SLICE" >/dev/null 2>&1 3>&- || true
}

# lossy FAULT...: from now on the runtime's way to systemd is lossy-bus.py with these faults.
lossy() {
  "$PYTHON" -B "$CONFORMANCE/systemd/lossy-bus.py" "$PWD/bus" "$@" 3>&- 4>&- &
  proxy=$!
  eventually [ -S bus ]
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$PWD/bus
}

# after_slow SECONDS: the container's unit starts after something that takes so long.
after_slow() {
  systemd-run --quiet --no-block --unit "slow-$TAG" --property Type=oneshot sleep "$1" 3>&-
  eventually systemctl -q show -p ActiveState "slow-$TAG" 3>&- | grep -q activating
  edit '.annotations["org.systemd.property.After"] = $list' --arg list "['slow-$TAG.service']"
}

@test "a job whose end is never told of is not waited for to the end of patience" {
  lossy signal JobRemoved
  local before=$SECONDS
  created
  shows ActiveState active
  ok bare delete --force c1
  [ $((SECONDS - before)) -lt 15 ] || fail "took $((SECONDS - before)) s"
  no_unit
}

@test "a scope that is gone before its start is known to have ended is an error at once" {
  lossy signal JobRemoved meanwhile StartTransientUnit "systemctl stop $UNIT"
  local before=$SECONDS
  refused runtime create --bundle "$BUNDLE" c1
  [ $((SECONDS - before)) -lt 15 ] || fail "took $((SECONDS - before)) s"
  says "$UNIT"
  no_unit
  [ -z "$(containers)" ]
}

@test "a unit that systemd has begun to start, and whose answer is lost, is waited for" {
  lossy reply StartTransientUnit
  after_slow 3
  created
  shows ActiveState active
  ok bare delete --force c1
}

@test "a unit that is up, and whose answer is lost, is the container's" {
  lossy reply StartTransientUnit
  created
  shows ActiveState active
  ok bare delete --force c1
}

@test "a slice whose start is interrupted is stopped, and so is its job" {
  edit '.linux.cgroupsPath = $path' --arg path "::$TAG-own.slice"
  after_slow 20
  probe wait
  timeout 60 "$SWRUN" --root "$STATE" --systemd-cgroup create --bundle "$BUNDLE" c1 \
    >c1.out 2>c1.err </dev/null 3>&- 4>&- &
  local creator=$!
  starting() { systemctl list-jobs --no-legend 3>&- | grep -q "$TAG-own.slice"; }
  eventually starting
  pkill -TERM -P "$creator"
  unless wait "$creator"
  grep -q SIGTERM c1.err || grep -q 'signal 15' c1.err || fail "$(cat c1.err)"
  sleep 5
  no_unit "$TAG-own.slice"
  unless starting
  [ -z "$(containers)" ]
}
