# SPDX-License-Identifier: Apache-2.0
# swrun update: device rules. Spec: config-linux.md#allowed-device-list.
load ../lib/common
setup() { begin; require_cgroup2; [ "$RUNTIME" = swrun ] || skip "$RUNTIME leaves device rules as they are"; }
teardown() { finish; }

deny='{"allow": false, "access": "rwm"}'
fuse='{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}'

# attached list | attached add: see there. ours, others: what of it is whose; systemd has a program of its
# own beside ours.
attached() { "$PYTHON" -B "$CONFORMANCE/update/attached.py" "$1" "$GROUP"; }

ours() { attached list | grep swrun_devices || true; }
others() { attached list | grep -vE 'swrun_devices|sd_devices' || true; }

# updated RULES
updated() {
  echo "{\"devices\": [$1]}" >"$BATS_TEST_TMPDIR/update.json"
  ok runtime update --resources "$BATS_TEST_TMPDIR/update.json" c1
}

# opening MAJOR MINOR: what a process in the cgroup is told when it opens such a character device.
# The node is in the container's /dev: other places may be mounted without devices.
opening() {
  local node
  node=/proc/$(container_pid c1)/root/dev/node-$1-$2
  [ -e "$node" ] || mknod "$node" c "$1" "$2"
  sh -c 'echo 0 >"$1/cgroup.procs" && exec dd if="$2" bs=1 count=0' sh "$GROUP" "$node" 2>&1 ||
    true
}
denied() { [[ "$(opening "$@")" == *"not permitted"* ]] || fail "$*: $(opening "$@")"; }
allowed() { [[ "$(opening "$@")" != *"not permitted"* ]] || fail "$*: $(opening "$@")"; }

# restricted RULES: a running container with these rules.
restricted() {
  edit '.linux.resources.devices = $rules' --argjson rules "[$1]"
  started
}

@test "a denied device becomes allowed, and denied again" {
  restricted "$deny"
  denied 10 229
  updated "$deny, $fuse"
  allowed 10 229
  denied 10 228
  updated "$deny"
  denied 10 229
  allowed 1 3
}

@test "no open of an allowed device fails while rules change" {
  entry /bin/sh -c '
    mkdir -p /tmp && echo ready && n=0
    while [ ! -e /tmp/stop ]; do
      true </dev/null 2>>/tmp/failed || echo failed >>/tmp/failed
      true </dev/zero 2>>/tmp/failed || echo failed >>/tmp/failed
      n=$((n + 1))
    done
    echo $n >/tmp/count && sleep 1000'
  edit '.linux.resources.devices = $rules | .root.readonly = false' --argjson rules "[$deny]"
  launch create c1
  ok runtime start c1
  eventually grep -q ready "$BATS_TEST_TMPDIR/c1.out"
  local round
  for round in $(seq 20); do
    updated "$deny, $fuse, {\"allow\": true, \"type\": \"c\", \"minor\": $round, \"access\": \"r\"}"
    updated "$deny"
  done
  touch "$BUNDLE/rootfs/tmp/stop"
  eventually test -s "$BUNDLE/rootfs/tmp/count"
  [ "$(cat "$BUNDLE/rootfs/tmp/count")" -gt 100 ]
  [ ! -s "$BUNDLE/rootfs/tmp/failed" ] || fail "$(sort "$BUNDLE/rootfs/tmp/failed" | uniq -c)"
}

@test "there is one program of ours, however often rules change" {
  restricted "$deny"
  [ "$(ours | wc -l)" -eq 1 ]
  updated "$deny, $fuse"
  updated "$deny"
  [ "$(ours | wc -l)" -eq 1 ]
  [ -z "$(others)" ] || fail "$(attached list)"
}

@test "a program that somebody else has attached stays as it is" {
  restricted "$deny"
  attached add
  local other
  other=$(others)
  [ "$(wc -l <<<"$other")" -eq 1 ]
  updated "$deny, $fuse"
  [ "$(others)" = "$other" ]
  [ "$(ours | wc -l)" -eq 1 ]
  allowed 10 229
}

@test "rules come and go" {
  restricted '{"allow": true, "access": "rwm"}'
  allowed 10 229
  [ -z "$(ours)" ]
  updated "$deny"
  denied 10 229
  updated '{"allow": true, "access": "rwm"}'
  allowed 10 229
  [ -z "$(ours)" ]
}

@test "an update without device rules leaves them be" {
  restricted "$deny, $fuse"
  local before
  before=$(ours)
  updated ''
  ok runtime update --cpu-rt-period 1 c1
  [ "$(ours)" = "$before" ]
  allowed 10 229
}

@test "rules that can't be had leave all else as it was" {
  require_controller pids
  edit '.linux.resources.pids.limit = 20'
  restricted "$deny"
  local before
  before=$(jq -S . "$STATE/c1/state.json")
  jq -n '{pids: {limit: 5}, devices: [range(5000) | {allow: true, type: "c", major: 10, minor: 229}]}' \
    >"$BATS_TEST_TMPDIR/update.json"
  refused runtime update -r "$BATS_TEST_TMPDIR/update.json" c1
  says devices
  [ "$(cat "$GROUP/pids.max")" = 20 ]
  [ "$(jq -S . "$STATE/c1/state.json")" = "$before" ]
  denied 10 229
}

@test "an interrupted update of rules is taken back by the next one" {
  require strace
  restricted "$deny"
  echo "{\"devices\": [$deny, $fuse]}" >"$BATS_TEST_TMPDIR/update.json"
  # Just before the new rules are recorded: they are in force already.
  timeout 30 strace -qq -o /dev/null -e trace=renameat -e inject=renameat:signal=KILL:when=2 \
    "$SWRUN" --root "$STATE" update -r "$BATS_TEST_TMPDIR/update.json" c1 >/dev/null 2>&1 3>&- || true
  allowed 10 229
  [ "$(jq '.undo != null' "$STATE/c1/state.json")" = true ]
  updated ''
  denied 10 229
  [ "$(jq .undo "$STATE/c1/state.json")" = null ]
}

# As under rootless podman: the container has no user namespace of its own, swrun is in one.
@test "in the user namespace of its creator a container goes without rules, and takes an update of them" {
  [ "$MANAGER" = cgroupfs ] || skip "systemd/rootless.bats has this for systemd"
  unshare --user sleep 100 3>&- 4>&- &
  local namespace=$!
  eventually eval '[ "$(readlink /proc/$namespace/ns/user)" != "$(readlink /proc/self/ns/user)" ]'
  for map in uid_map gid_map; do echo "0 0 65536" >"/proc/$namespace/$map"; done
  in_user_namespace() {
    nsenter --user --target "$namespace" unshare --mount timeout 60 "$SWRUN" --root "$STATE" "$@"
  }
  edit '.linux.resources.devices = $rules | .linux.namespaces |= map(select(.type != "user"))
    | .mounts |= map(select(.type != "sysfs"))
    | .mounts |= map(if .options then .options |= map(select(startswith("gid=") | not)) else . end)
    | del(.process.rlimits)' --argjson rules "[$deny]"
  probe wait
  ok in_user_namespace create --bundle "$BUNDLE" c1
  echo "{\"devices\": [$deny, $fuse]}" >update.json
  ok in_user_namespace update -r update.json c1
  [ "$(jq .isInUserNamespace "$STATE/c1/state.json")" = true ]
  kill "$namespace"
}
