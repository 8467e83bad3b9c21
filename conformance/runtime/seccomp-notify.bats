# SPDX-License-Identifier: Apache-2.0
# config-linux.md#seccomp: listenerPath, listenerMetadata, and what goes over them.
load ../lib/common

setup() {
  require_runtime 1.1 1.8
  begin
  "$PYTHON" "$CONFORMANCE/lib/seccomp-agent.py" "$PWD/agent" "$PWD/states" 3>&- 4>&- &
  AGENT=$!
  eventually test -S agent
}

teardown() {
  [ -z "${AGENT-}" ] || { kill "$AGENT" && wait "$AGENT"; } 2>/dev/null || true
  finish
}

pointed() { [ "$RUNTIME" != swrun ] || says "$1:"; }

# notified CALL...: the agent answers these with ENOSR (63) in place of the kernel.
notified() {
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $path,
    "listenerMetadata": "meta \"data\"", "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"names": $names, "action": "SCMP_ACT_NOTIFY"}]}' \
    --arg path "$PWD/agent" --argjson names "$(words "$@")"
}

# judged PID: the state that the agent got for a process.
judged() {
  eventually test -s states
  [ "$(wc -l <states)" -eq 1 ] || fail "not one state: $(cat states)"
  jq -e --arg id c1 --arg bundle "$BUNDLE" '.descriptors == 1 and .state.fds == ["seccompFd"]
    and (.state.ociVersion | test("^[0-9]+[.][0-9]+")) and .state.metadata == "meta \"data\""
    and (.state.pid | type == "number") and .state.state.id == $id
    and .state.state.bundle == $bundle and (.state.state.status | IN("creating", "created"))' \
    states >/dev/null || fail "$(cat states)"
}

@test "a listener gets the calls, and the state of the container with it" {
  notified mkdirat
  in_container call mkdirat getppid
  expect call:mkdirat ENOSR
  expect call:getppid allowed
  judged
}

@test "the same without no_new_privs" {
  notified mkdirat
  edit '.process.noNewPrivileges = false'
  in_container call mkdirat
  expect call:mkdirat ENOSR
  judged
}

@test "the same without a mount namespace" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME mounts on the host then"
  notified mkdirat
  without_mounts
  in_container call mkdirat getppid
  expect call:mkdirat ENOSR
  expect call:getppid allowed
  judged
}

@test "the process of the state is init, as the host knows it" {
  notified mkdirat
  started
  eventually test -s states
  [ "$(jq .state.pid states)" = "$(container_pid c1)" ] || fail "$(cat states)"
  [ "$(jq .state.state.pid states)" = "$(container_pid c1)" ] || fail "$(cat states)"
  ok runtime delete --force c1
}

@test "a process of exec has a listener of its own" {
  notified mkdirat
  started
  eventually test -s states
  ok runtime exec c1 /probe call mkdirat getppid
  expect call:mkdirat ENOSR
  expect call:getppid allowed
  [ "$(wc -l <states)" -eq 2 ]
  local pid
  pid=$(tail -1 states | jq .state.pid)
  [ "$pid" != "$(container_pid c1)" ] && [ "$pid" -gt 1 ]
  tail -1 states | jq -e --argjson pid "$(container_pid c1)" \
    '.state.state.status == "running" and .state.state.pid == $pid'
  ok runtime delete --force c1
}

@test "a process of exec without no_new_privs, and in the host's process table" {
  notified mkdirat
  edit '.process.noNewPrivileges = false | .linux.namespaces |= map(select(.type != "pid"))'
  started
  eventually test -s states
  ok runtime exec c1 /probe identity call mkdirat
  expect call:mkdirat ENOSR
  [ "$(tail -1 states | jq .state.pid)" = "$(fact pid)" ] || fail "$(tail -1 states)"
  ok runtime delete --force c1
}

@test "no descriptor of the listener or of the connection is left to the program" {
  notified mkdirat
  in_container fds
  [ "$(grep -c ^fd: <<<"$output")" -eq 3 ] || fail "more than three"
}

@test "WAIT_KILLABLE_RECV goes with a listener" {
  notified mkdirat
  edit '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
    "SECCOMP_FILTER_FLAG_TSYNC"]'
  in_container call mkdirat
  expect call:mkdirat ENOSR
}

@test "a socket that nobody listens at fails create" {
  notified mkdirat
  edit '.linux.seccomp.listenerPath = $path' --arg path "$PWD/nobody"
  capture runtime create --bundle "$BUNDLE" c1
  [ "$status" -ne 0 ]
  [ "$RUNTIME" != swrun ] || says linux.seccomp.listenerPath
  [ ! -d "$STATE/c1" ]
}

# A listener that is stopped, say: the backlog takes one, and nobody comes for it.
@test "a socket that nobody takes connections from fails create in good time" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME waits for ever"
  local taken verdict=0
  notified mkdirat
  edit '.linux.seccomp.listenerPath = $path' --arg path "$PWD/full"
  "$PYTHON" -c 'import socket, sys, time
with socket.socket(socket.AF_UNIX) as full, socket.socket(socket.AF_UNIX) as first:
    full.bind("full"); full.listen(0); first.connect("full"); open("taken", "w").close()
    time.sleep(60)' 3>&- 4>&- &
  taken=$!
  eventually test -e taken
  PATIENCE=20 refused runtime create --bundle "$BUNDLE" c1 || verdict=1
  kill "$taken"
  wait "$taken" || true
  [ "$verdict" -eq 0 ]
  says "linux.seccomp.listenerPath: nobody has taken the connection to $PWD/full within 5 s"
  [ ! -d "$STATE/c1" ]
}

@test "a filter that keeps the listener from being handed over fails, and is named" {
  notified mkdirat
  edit '.linux.seccomp.syscalls += [{"names": ["sendmsg"], "action": "SCMP_ACT_ERRNO"}]'
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -ne 0 ]
  [ "$RUNTIME" != swrun ] || says sendmsg
}

@test "a listener that makes no sense is refused" {
  local pointer change
  while read -r pointer change; do
    edit "$change"
    refused runtime create --bundle "$BUNDLE" c1
    pointed "/linux/seccomp/$pointer"
  done <<'EOF'
listenerPath .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}
listenerPath .linux.seccomp.listenerPath = "relative"
listenerMetadata .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"}
defaultAction .linux.seccomp = {"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/x"}
syscalls/0/names/1 .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x", "syscalls": [{"names": ["mkdirat", "write"], "action": "SCMP_ACT_NOTIFY"}]}
EOF
}
