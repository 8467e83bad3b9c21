# SPDX-License-Identifier: Apache-2.0
# swrun(8), DIAGNOSTICS: the code of a failure, and the steps that --debug names.
load ../lib/common

setup() {
  [ "$RUNTIME" = swrun ] || skip "these are swrun's own"
  begin
}
teardown() { finish; }

# code CODE WORD...: the command fails, and its log has this code beside the message.
code() {
  local wanted=$1
  shift
  rm -f log
  capture "$SWRUN" --root "$STATE" --log "$PWD/log" --log-format json "$@"
  [ "$status" -ne 0 ] || fail "no failure of: $*"
  [ "$(wc -l <log)" -eq 1 ] || fail "not one line: $(cat log)"
  [ "$(jq -r .code log)" = "$wanted" ] || fail "not $wanted: $(cat log)"
  jq -e '.level == "error" and .msg and .time' log
  grep -q "^\.It Li $wanted\$" "$REPOSITORY/man/swrun.8" || fail "swrun(8) has no code $wanted"
}

create() { code "$1" create --bundle "$BUNDLE" c1; }

@test "failures have codes that stay the same, and swrun(8) has them all" {
  code usage start a/b
  code usage create --preserve-fds many --bundle "$BUNDLE" c1
  code no-container start nobody
  created
  code container-exists create --bundle "$BUNDLE" c1
  ok runtime start c1
  code wrong-status start c1
  code wrong-status delete c1
  ok runtime kill c1 KILL
  becomes stopped
  code not-running kill c1 TERM
  code not-running exec c1 /probe
  ok runtime delete c1
}

@test "failures to create have the code of what is wrong" {
  edit '.process.args = ["/nothing"]'
  create program-not-found
  edit '.process.args = ["nothing"]'
  create program-not-found
  edit '.process.args = ["/etc/passwd"]'
  create program-not-executable
  edit '.process.args = ["/probe"] | .process.cwd = "relative"'
  create configuration
  edit '.process.cwd = "/" | .mounts += [{"destination": "/x", "type": "nosuchfs"}]'
  create mount
  edit '.mounts |= .[:-1] | .linux.namespaces |= map(if .type == "ipc" then .path = "/proc/self/ns/uts"
    else . end)'
  create namespace
  edit '.linux.namespaces |= map(del(.path)) | .hooks = {"createRuntime": [{"path": "/bin/false"}]}'
  create hook
  edit '.hooks = {"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "9"], "timeout": 1}]}'
  create hook-timeout
  edit 'del(.hooks) | .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW",
    "listenerPath": "/nonexistent", "syscalls": [{"names": ["mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}'
  create kernel
}

# The table is the programs': one that swrun(8) has and swrun does not would be nobody's.
@test "swrun(8) has no code that swrun does not have" {
  local listed source
  listed=$(sed -n '/^\.Ss Codes/,/^\.S[sh] [^C]/s/^\.It Li //p' "$REPOSITORY/man/swrun.8" | sort)
  source=$(sed -n '/enum FailureCode/,/package var/s/^  case \([a-zA-Z]*\)\( = "\(.*\)"\)\{0,1\}$/\1 \3/p' \
    "$REPOSITORY/Sources/Runtime/Lifecycle/FailureCode.swift" | awk '{ print $NF }' | sort)
  [ "$listed" = "$source" ] || fail "$(diff <(echo "$listed") <(echo "$source"))"
}

@test "--debug names each step of the creator and of init, with its time" {
  in_container identity
  ok runtime --debug run --bundle "$BUNDLE" c1
  local step
  for step in nameProcess startSession prepareRootfs mountFileSystems makeDevices enterRootfs \
    changeUser findProgram confine report awaitStart; do
    grep -qE "^swrun: debug: \+[0-9]+\.[0-9]{3} ms: init: $step\$" <<<"$err" || fail "no $step"
  done
  # In the order in which they run, each after the one before.
  # (`prepared` is the creator's word, and comes when it has heard of it.)
  grep -oE '\+[0-9.]+ ms: init: [a-zA-Z]+$' <<<"$err" | grep -v prepared | tr -d '+' | sort -c -n
  grep -q "ms: bundle" <<<"$err"
}

@test "a step that hangs is the last that --debug names" {
  probe wait
  edit '.hooks = {"createContainer": [{"path": "/bin/sleep", "args": ["sleep", "30"]}]}'
  "$SWRUN" --root "$STATE" --debug --log "$PWD/log" create --bundle "$BUNDLE" c1 \
    >/dev/null 2>&1 </dev/null 3>&- 4>&- &
  local creator=$!
  eventually grep -qs "init: runCreateContainerHooks" log
  sleep 0.2
  tail -1 log | grep -q "init: runCreateContainerHooks"
  ok runtime delete --force c1
  wait "$creator" || true
}

@test "--debug names the steps of a process of exec, and says nothing without" {
  started
  ok runtime --debug exec c1 /probe identity
  grep -q "ms: tenant: joinNamespaces" <<<"$err" || fail "no step"
  ok runtime exec c1 /probe identity
  [ -z "$err" ]
  ok runtime delete --force c1
}
