# SPDX-License-Identifier: Apache-2.0
# A user's systemd keeps a user's containers. See: systemd.resource-control(5), "Delegation"; user@.service(5).
load systemd

OWNER=rootless

setup_file() {
  id -u "$OWNER" >/dev/null 2>&1 || return 0
  [ -d /run/systemd/system ] || return 0
  systemctl start "user@$(id -u "$OWNER")" 3>&-
}

begin_as_user() {
  id -u "$OWNER" >/dev/null 2>&1 || skip "missing: the user $OWNER"
  number=$(id -u "$OWNER")
  [ -S "/run/user/$number/bus" ] || skip "missing: a systemd of the user $OWNER"
  STATE=/run/user/$number/$TAG
  edit '.linux.cgroupsPath = $path
    | .linux.namespaces = (.linux.namespaces | map(select(.type != "network"))) + [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": $id, "size": 1}]
    | .linux.gidMappings = [{"containerID": 0, "hostID": $id, "size": 1}]
    | .mounts |= (map(select(.type != "sysfs"))
        | map(if .options then .options |= map(select(startswith("gid=") | not)) else . end))
    | del(.process.rlimits)' \
    --arg path "user.slice:$TAG:c1" --argjson id "$number"
  chown -R "$OWNER" "$BUNDLE"
  searchable "$BUNDLE"
  as_user mkdir -p "$STATE"
}

# as_user CMD...: without DBUS_SESSION_BUS_ADDRESS, as podman calls.
as_user() {
  runuser -u "$OWNER" -- env -u DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR="/run/user/$number" "$@"
}

user_systemctl() { as_user systemctl --user "$@" 3>&-; }

# Where the scope of the user's systemd is.
user_scope() { printf '%s' "$(cgroup2_root)/user.slice/user-$number.slice/user@$number.service/user.slice/$TAG-c1.scope"; }

ends_as_user() {
  rm -rf "$STATE"
}

# user_runtime WORD...: swrun as the user.
user_runtime() { as_user timeout --foreground -k 5 60 "$SWRUN" --root "$STATE" "$@"; }

@test "the user's systemd keeps the scope" {
  begin_as_user
  resources '{"memory": {"limit": 67108864}, "pids": {"limit": 17}}'
  chown "$OWNER" "$BUNDLE/config.json"
  probe wait
  chown "$OWNER" "$BUNDLE/config.json"
  ok user_runtime --systemd-cgroup create --bundle "$BUNDLE" c1
  pid=$(user_runtime state c1 3>&- | jq .pid)
  [ "$(cgroup2_root)$(path_of "$pid")" = "$(user_scope)" ]
  [ "$(cat "$(user_scope)/memory.max")" = 67108864 ]
  [ "$(cat "$(user_scope)/pids.max")" = 17 ]
  [ "$(cat "$(user_scope)/cgroup.procs")" = "$pid" ]
  [ "$(user_systemctl show --property TasksMax --value "$TAG-c1.scope")" = 17 ]
  ok user_runtime delete --force c1
  [ ! -d "$(user_scope)" ]
  [ -z "$(user_systemctl list-units --all --plain --no-legend "$TAG-*")" ]
  ends_as_user
}

# As in a session that was taken over from another one, or by a tool that talks to a bus of its own.
@test "a session bus that is not to be reached is no obstacle" {
  begin_as_user
  probe wait
  chown "$OWNER" "$BUNDLE/config.json"
  for address in unix:path=/nonexistent autolaunch: tcp:host=localhost,port=1; do
    ok as_user env DBUS_SESSION_BUS_ADDRESS="$address" timeout --foreground -k 5 60 \
      "$SWRUN" --root "$STATE" --systemd-cgroup create --bundle "$BUNDLE" c1
    [ "$(user_systemctl is-active "$TAG-c1.scope")" = active ]
    ok user_runtime delete --force c1
    [ ! -d "$(user_scope)" ]
  done
  refused as_user env DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent XDG_RUNTIME_DIR=/nowhere \
    "$SWRUN" --root "$STATE" --systemd-cgroup create --bundle "$BUNDLE" c1
  says "unix:path=/nonexistent;unix:path=/nowhere/bus"
  ends_as_user
}

# in_user_namespace WORD...: swrun as root of a user namespace of the user's, as under podman.
in_user_namespace() {
  as_user unshare --user --mount --map-root-user --map-auto \
    timeout --foreground -k 5 60 "$SWRUN" --root "$STATE" "$@"
}

@test "root of a user namespace reaches the user's systemd too" {
  begin_as_user
  require newuidmap newgidmap
  edit '.linux |= del(.uidMappings, .gidMappings)
    | .linux.namespaces |= map(select(.type != "user"))'
  probe wait
  chown "$OWNER" "$BUNDLE/config.json"
  ok in_user_namespace --systemd-cgroup create --bundle "$BUNDLE" c1
  pid=$(in_user_namespace state c1 3>&- | jq .pid)
  [ "$(cgroup2_root)$(path_of "$pid")" = "$(user_scope)" ]
  # No program for devices can be loaded there, and no device be made.
  echo '{"devices": [{"allow": false, "access": "rwm"},
    {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}]}' >update.json
  chmod a+r update.json
  ok in_user_namespace update -r update.json c1
  ok in_user_namespace delete --force c1
  [ ! -d "$(user_scope)" ]
  ends_as_user
}

@test "a controller that the user was not given is an error that names it" {
  begin_as_user
  offered=$(cat "$(cgroup2_root)/user.slice/user-$number.slice/user@$number.service/cgroup.controllers")
  for controller in cpuset io cpu; do
    [[ " $offered " == *" $controller "* ]] || break
  done
  [[ " $offered " != *" $controller "* ]] || skip "missing: a controller that is not delegated"
  case $controller in
    cpuset) resources '{"cpu": {"cpus": "0"}}' ;;
    io) resources '{"blockIO": {"weight": 100}}' ;;
    cpu) resources '{"cpu": {"quota": 50000}}' ;;
  esac
  probe wait
  chown "$OWNER" "$BUNDLE/config.json"
  refused user_runtime --systemd-cgroup create --bundle "$BUNDLE" c1
  says "$controller"
  [ ! -d "$(user_scope)" ]
  ends_as_user
}
