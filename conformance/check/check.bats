# SPDX-License-Identifier: Apache-2.0
# swrun check: a bundle is judged without being run.
load ../lib/common

setup() {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's own"
  begin
}
teardown() { finish; }

# check [OPTION...]: sets $status, $output and $err.
check() { capture "$SWRUN" check "$@" "$BUNDLE"; }

# strong: a bundle that has nothing to warn of.
strong() {
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW"} | .process.noNewPrivileges = true
    | .process.capabilities = {} | .linux.resources.devices = [{"allow": false, "access": "rwm"}]
    | .mounts |= map(if .type == "cgroup" then .options += ["ro"] else . end)
    | .linux.readonlyPaths += ["/proc/sys", "/proc/sysrq-trigger"]
    | .linux.maskedPaths += ["/proc/kcore"]
    | .linux.namespaces = [("pid", "network", "ipc", "uts", "mount", "cgroup") | {type: .}]'
}

@test "a bundle with nothing to say of it is status 0 and silence" {
  strong
  check
  [ "$status" -eq 0 ] || fail "status $status"
  [ -z "$output$err" ] || fail "not silent"
}

@test "each weakness is a warning with its place, and status 1" {
  strong
  edit 'del(.linux.seccomp, .process.noNewPrivileges)
    | .linux.namespaces |= map(select(.type != "network"))
    | .process.capabilities.bounding = ["CAP_KILL", "CAP_SYS_ADMIN"]
    | .linux.readonlyPaths = [] | .linux.maskedPaths = []
    | .mounts |= map(if .type == "cgroup" then .options -= ["ro"] else . end)
    | .linux.devices = [{"path": "/dev/sda", "type": "b", "major": 8, "minor": 0}]
    | .linux.resources.devices = [{"allow": true, "access": "rwm"}]
    | .mounts += [{"destination": "/d", "source": "/var/run/docker.sock", "options": ["bind"]},
        {"destination": "/h", "source": "/", "options": ["rbind"]}]
    | .linux.rootfsPropagation = "shared"'
  check --format json
  [ "$status" -eq 1 ] || fail "status $status"
  [ "$(jq -c '.violations' <<<"$output")" = '[]' ]
  local count mounts
  mounts=$(jq '.mounts | length' "$BUNDLE/config.json")
  for pointer in /linux/seccomp /process/noNewPrivileges /linux/namespaces \
    /process/capabilities/bounding/1 /linux/readonlyPaths /linux/maskedPaths /linux/devices/0 \
    /linux/resources/devices/0 "/mounts/$((mounts - 2))" "/mounts/$((mounts - 1))" \
    /linux/rootfsPropagation; do
    count=$(jq --arg pointer "$pointer" '[.warnings[] | select(.pointer == $pointer)] | length' \
      <<<"$output")
    [ "$count" -ge 1 ] || fail "no warning of $pointer"
  done
  # A capability that is harmless is none, and the cgroup mount that is writable is one.
  unless grep -q /process/capabilities/bounding/0 <<<"$output"
  jq -e '[.warnings[] | select(.rule | contains("its own limits"))] | length == 1' <<<"$output"
}

@test "what is ignored is a warning with its place" {
  strong
  edit '.process.capabilities.bounding = ["CAP_KILL", "CAP_NOT_THERE"]
    | .linux.resources += {"network": {"classID": 1},
      "blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 10},
        {"major": 8, "minor": 1, "leafWeight": 10}]}}'
  check --format json
  [ "$status" -eq 1 ] || fail "status $status"
  [ "$(jq -r '.warnings[] | select(.line > 0) | "\(.pointer) \(.rule)"' <<<"$output")" = \
    '/process/capabilities/bounding/1 is ignored: there is no capability "CAP_NOT_THERE"
/linux/resources/network/classID is ignored: cgroup v2 has nothing like it
/linux/resources/blockIO/weightDevice/1/leafWeight is ignored: cgroup v2 has nothing like it' ]
}

# warned: the pointers of what is warned of and is in the document, a line each.
warned() { jq -r '.warnings[] | select(.line > 0).pointer' <<<"$output"; }

@test "mappings without a user namespace are warnings" {
  strong
  edit '.linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 1}]
    | .linux.gidMappings = .linux.uidMappings'
  check --format json
  [ "$status" -eq 1 ] || fail "status $status"
  [ "$(warned)" = $'/linux/uidMappings\n/linux/gidMappings' ]
}

@test "what is for other platforms is a warning beside what is for Linux, and else a violation" {
  strong
  edit '. += {"windows": {"layerFolders": ["x"]}, "vm": {}} | .process.commandLine = "cmd"
    | .process.user.username = "ContainerUser"'
  check --format json
  [ "$status" -eq 1 ] || fail "status $status"
  [ "$(warned | sort | tr '\n' ' ')" = '/process/commandLine /process/user/username /vm /windows ' ]
  edit 'del(.linux, .hostname, .process.args, .process.user.uid)'
  check --format json
  [ "$status" -eq 2 ] || fail "status $status"
  [ "$(jq -r '.violations[].pointer' <<<"$output" | sort | tr '\n' ' ')" = \
    '/process/args /process/commandLine /process/user/username /vm /windows ' ]
}

@test "all violations are told at once, in the order of the document, and status 2" {
  cat >"$BUNDLE/config.json" <<'END'
{
  "ociVersion": "one",
  "process": {
    "cwd": "relative",
    "args": [],
    "env": ["A=b", "broken", 5, "=x"],
    "user": {"uid": -1, "additionalGids": [1, "x", 3, 4294967295]},
    "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 5, "hard": 4}, {"type": "RLIMIT_CPU"}]
  },
  "root": {"path": "rootfs"},
  "mounts": [
    {"type": "proc"},
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/x", "options": ["bind"]}
  ],
  "linux": {
    "namespaces": [{"type": "pid"}, {"type": "pid"}, {"type": "nonsense"}],
    "sysctl": {"vm.swappiness": "1", "net.ipv4.ip_forward": "1"},
    "maskedPaths": ["relative", "/proc/kcore"],
    "devices": [{"path": "/dev/x", "type": "z"}]
  }
}
END
  check --format json
  [ "$status" -eq 2 ] || fail "status $status"
  [ "$(jq -r '.violations[] | "\(.line) \(.pointer)"' <<<"$output")" = "2 /ociVersion
4 /process/cwd
5 /process/args
6 /process/env/1
6 /process/env/2
6 /process/env/3
7 /process/user/uid
7 /process/user/additionalGids/1
7 /process/user/additionalGids/3
8 /process/rlimits/0/soft
8 /process/rlimits/1/soft
12 /mounts/0/destination
14 /mounts/2/source
17 /linux/namespaces/1/type
17 /linux/namespaces/2/type
18 /linux/sysctl/vm.swappiness
18 /linux/sysctl/net.ipv4.ip_forward
19 /linux/maskedPaths
19 /linux/maskedPaths/0
20 /linux/devices/0/type" ] || fail "other violations"
  check
  [ "$status" -eq 2 ]
  grep -qF "$BUNDLE/config.json:4: error: /process/cwd: must be an absolute path, is \"relative\"" \
    <<<"$output"
}

@test "create refuses with one of the violations that check finds" {
  local break
  for break in '.process.cwd = "x"' '.mounts[0].destination = 5' '.linux.devices = [{}]' \
    'del(.root)' '.hooks = {"poststop": [{"path": "x"}]}' '.linux.namespaces = []' \
    '.linux.resources.cpu = {"shares": -1}' '.linux.seccomp = {"defaultAction": "SCMP_ACT_NONE"}'; do
    make_bundle "$BUNDLE"
    edit "$break"
    check --format json
    [ "$status" -eq 2 ] || fail "status $status with $break"
    jq -r '.violations[] | "\(.pointer): \(.rule)"' <<<"$output" >"$BATS_TEST_TMPDIR/rules"
    refused runtime create --bundle "$BUNDLE" c1
    grep -qF -f "$BATS_TEST_TMPDIR/rules" <<<"$err" || fail "create with $break says something else"
  done
}

@test "a bundle without config.json or without rootfs is a violation" {
  rm -r "$BUNDLE/rootfs"
  check
  [ "$status" -eq 2 ]
  [[ "$output" == *"/root/path: must be a directory that is there"* ]]
  rm "$BUNDLE/config.json"
  check
  [ "$status" -eq 2 ]
  [[ "$output" == *"config.json: error: is missing"* ]]
  echo '{"a": 1,}' >"$BUNDLE/config.json"
  check
  [ "$status" -eq 2 ]
  [[ "$output" == *"config.json:1: error: "*"RFC 8259"* ]]
}

@test "what swrun spec writes has no violation" {
  rm "$BUNDLE/config.json"
  ok "$SWRUN" spec --bundle "$BUNDLE"
  check --format json
  [ "$(jq -c .violations <<<"$output")" = '[]' ] || fail "violations"
}

@test "a document of ten thousand errors is judged in seconds" {
  edit '.process.env = [range(10000) | tostring]'
  SECONDS=0
  check
  [ "$status" -eq 2 ]
  [ "$(grep -c '/process/env/' <<<"$output")" -eq 1000 ]
  [[ "$(tail -1 <<<"$output")" == *"there may be more: mend these first (swrun-check(8))" ]]
  [ "$SECONDS" -lt 20 ]
}

@test "a large document full of faults is judged in little time, with a word that there may be more" {
  strong
  # Fifteen MiB in which each of very many annotations is wrong.
  "$PYTHON" - "$BUNDLE/config.json" <<'PY'
import json, sys
config = json.load(open(sys.argv[1]))
config["annotations"] = {f"key-{number}": number for number in range(600000)}
json.dump(config, open(sys.argv[1], "w"))
PY
  [ "$(stat -c %s "$BUNDLE/config.json")" -gt 12000000 ]
  PATIENCE_OF_CHECK=$SECONDS
  capture timeout 40 "$SWRUN" check "$BUNDLE"
  [ "$status" -eq 2 ] || fail "status $status"
  [ $((SECONDS - PATIENCE_OF_CHECK)) -lt 30 ]
  [[ "$(head -1 <<<"$output")" == *"/annotations/key-"*"must be a string, is an integer"* ]]
  [[ "$(tail -1 <<<"$output")" == *"there may be more: mend these first (swrun-check(8))" ]]
}

@test "every property of the schema is known, and what is made of it is written down" {
  capture "$PYTHON" -B "$CONFORMANCE/check/properties.py" "$SWRUN" "$CONFORMANCE/check/properties" "$PWD"
  [ "$status" -eq 0 ] && [ -z "$output" ] || fail "the table and swrun differ"
}
