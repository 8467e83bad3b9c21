# SPDX-License-Identifier: Apache-2.0
# The exact calls of those who can't be installed here: CRI-O (by a real conmon), BuildKit, and a
# kubelet's containers by containerd's shim. In the order and with the spelling of each.
KNOWN_DIFFERENCES=${BATS_TEST_DIRNAME}/known-differences
load ../lib/common
setup() {
  begin
  ID=$(printf '%s' "$TAG" | sha256sum | cut -c1-64)
  mkdir -p run exits persist
  LOG=$PWD/log.json
}
teardown() {
  [ ! -f conmon.pid ] || kill "$(cat conmon.pid)" 2>/dev/null || true
  finish
}

# caller WORD...: the runtime as it is called, with no option of ours.
caller() { timeout --foreground -k 5 60 "$SWRUN" "$@"; }

# quiet CMD...: ok, and it has nothing to say.
quiet() {
  ok "$@"
  [ -z "$output$err" ] || fail "said something: $*"
}

# --- CRI-O ---------------------------------------------------------------------------------------

crio() { caller --root "$STATE" "$@"; }

# by_conmon OPTION...: as CRI-O starts its conmon, which tells it the pid or the error, here in ./sync.
by_conmon() {
  _OCI_SYNCPIPE=5 timeout 60 conmon -b "$BUNDLE" -c "$ID" -n k8s_web_pod_default_0 --exit-dir "$PWD/exits" \
    -l "$PWD/log" --log-level info -P "$PWD/conmon.pid" -p "$PWD/pid" --persist-dir "$PWD/persist" \
    -r "$SWRUN" --runtime-arg "--root=$STATE" --socket-dir-path "$PWD/run" -u "$ID" "$@" \
    5>sync >conmon.out 2>&1 </dev/null 3>&- 4>&-
}

ended() { [ -s "exits/$ID" ]; }

@test "CRI-O: conmon creates, CRI-O starts, asks, kills by name and deletes" {
  require conmon
  probe wait
  by_conmon || fail "conmon: $(cat conmon.out)"
  eventually eval '[ -s pid ]'
  [[ "$(wc -l <pid)" -eq 0 ]] || fail "the pid file ends with a newline"
  ok crio state "$ID"
  [ "$(jq -r '.status + " " + (.pid | tostring)' <<<"$output")" = "created $(cat pid)" ]
  quiet crio start "$ID"
  ok crio state "$ID"
  [ "$(jq -r .status <<<"$output")" = running ]
  eventually grep -q 'stdout F ready' log
  quiet crio kill "$ID" USR1
  eventually grep -q 'stdout F signal=10' log
  quiet crio kill "$ID" TERM
  eventually ended
  [ "$(cat "exits/$ID")" = 42 ] || fail "exit $(cat "exits/$ID")"
  eventually eval '[ "$(crio state "$ID" 3>&- | jq -r .status)" = stopped ]'
  capture crio kill "$ID" KILL
  [ "$status" -ne 0 ]
  [[ "$err" == *"container not running"* || "$err" == *"no such process"* ]] || fail "CRI-O greps for it"
  quiet crio delete --force "$ID"
  quiet crio delete --force "$ID"
}

@test "CRI-O: what create says against the bundle reaches CRI-O" {
  require conmon
  entry /no/such/program
  by_conmon
  eventually grep -q 'no such file or directory' sync
  [ -z "$(containers)" ]
}

@test "CRI-O: exec by conmon, with a process file, and its exit status" {
  require conmon
  probe wait
  by_conmon || fail "conmon: $(cat conmon.out)"
  eventually eval '[ -s pid ]'
  quiet crio start "$ID"
  eventually grep -q 'stdout F ready' log
  jq '.process | .args = ["/bin/sh", "-c", "echo inside; exit 9"] | .terminal = false' \
    "$BUNDLE/config.json" >process.json
  capture timeout 60 conmon -c "$ID" -n k8s_web_pod_default_0 --exit-dir "$PWD/exits" -l "$PWD/exec-log" \
    --log-level info -p "$PWD/exec-pid" -r "$SWRUN" --runtime-arg "--root=$STATE" \
    --socket-dir-path "$PWD/run" -u exec1 -e --exec-process-spec "$PWD/process.json" --sync
  [ "$status" -eq 9 ] || fail "exit $status"
  eventually grep -q 'stdout F inside' exec-log
  [ -s exec-pid ]
  # Its other way: the runtime itself, with the same file.
  capture crio exec --process "$PWD/process.json" "$ID"
  [ "$status:$output" = 9:inside ] || fail "exit $status"
}

@test "CRI-O: exec of a missing program fails as conmon expects, and writes no pid file" {
  started "$ID"
  jq '.process | .args = ["nothing-of-that-name"]' "$BUNDLE/config.json" >process.json
  status=0
  crio exec --pid-file "$PWD/exec-pid" --process "$PWD/process.json" --detach "$ID" >out 2>err \
    </dev/null 3>&- 4>&- || status=$?
  err=$(cat err)
  [ "$status" -ne 0 ]
  says 'executable file not found in $PATH'
  [ ! -e exec-pid ]
}

@test "CRI-O: update reads standard input, pause and resume" {
  started "$ID"
  status=0
  echo '{"cpu": {}}' | crio update --resources - "$ID" >out 2>err || status=$?
  [ "$status" -eq 0 ] || fail "exit $status: $(cat err)"
  quiet crio pause "$ID"
  [ "$(crio state "$ID" 3>&- | jq -r .status)" = paused ]
  quiet crio resume "$ID"
  [ "$(crio state "$ID" 3>&- | jq -r .status)" = running ]
  quiet crio kill -a "$ID" KILL
}

@test "CRI-O: features says what it looks for, and nothing on standard error" {
  ok caller features
  [ -z "$err" ]
  jq -e '.ociVersionMin and .ociVersionMax and (.mountOptions | index("rro")) and
    (.linux.mountExtensions.idmap | has("enabled"))' <<<"$output" >/dev/null || fail "not all of it"
}

# --- BuildKit ------------------------------------------------------------------------------------

buildkit() { caller --log "$LOG" --log-format json "$@"; }

@test "BuildKit: a RUN line in the foreground, with its output and its exit status" {
  local id=$TAG
  entry /bin/sh -c 'echo out; echo no >&2; exit 9'
  capture buildkit --root "$STATE" run --bundle "$BUNDLE" --no-pivot "$id"
  [ "$status:$output:$err" = 9:out:no ] || fail "exit $status"
  [ ! -s "$LOG" ] || fail "log: $(cat "$LOG")"
  [ -z "$(containers)" ]
  ok caller --version
  [[ "$output" == *$'\nspec: '* ]]
}

@test "BuildKit: --keep leaves the container to be deleted" {
  local id=$TAG
  entry /bin/true
  quiet buildkit --root "$STATE" run --bundle "$BUNDLE" --keep "$id"
  [ "$(caller --root "$STATE" state "$id" 3>&- | jq -r .status)" = stopped ]
  quiet buildkit --root "$STATE" delete "$id"
}

# in_background ID: a run that is ready; $client is its process.
in_background() {
  "$SWRUN" --log "$LOG" --log-format json --root "$STATE" run --bundle "$BUNDLE" --keep "$1" \
    >out 2>err </dev/null 3>&- 4>&- &
  client=$!
  eventually grep -q ready out
}

@test "BuildKit: SIGTERM is forwarded, SIGKILL of the process is 137" {
  local id=$TAG client
  probe wait
  in_background "$id"
  status=0
  kill -TERM "$client"
  wait "$client" || status=$?
  [ "$status" -eq 42 ] || fail "exit $status"
  ok buildkit --root "$STATE" delete "$id"
  in_background "$id"
  status=0
  quiet buildkit --root "$STATE" kill "$id" 9
  wait "$client" || status=$?
  [ "$status" -eq 137 ] || fail "exit $status"
  ok buildkit --root "$STATE" delete "$id"
}

@test "BuildKit: exec in the foreground has a pid file and the exit status" {
  local id=$TAG
  started "$id"
  jq '.process | .args = ["/bin/sh", "-c", "echo $$; exit 9"]' "$BUNDLE/config.json" >process.json
  capture buildkit --root "$STATE" exec --process "$PWD/process.json" --pid-file "$PWD/exec-pid" "$id"
  [ "$status" -eq 9 ] || fail "exit $status"
  [[ "$(cat exec-pid)" =~ ^[0-9]+$ ]]
}

@test "BuildKit: a failure is in the log, as its last line says" {
  entry nothing-of-that-name
  capture buildkit --root "$STATE" run --bundle "$BUNDLE" "$TAG"
  [ "$status" -eq 1 ]
  [ "$(tail -n 1 "$LOG" | jq -r .level)" = error ]
  [[ "$(tail -n 1 "$LOG" | jq -r .msg)" == *'executable file not found in $PATH'* ]]
  [ -z "$(containers)" ]
}

# --- a kubelet's, by containerd's shim -----------------------------------------------------------

shim() { caller --root "$STATE" --log "$LOG" --log-format json "$@"; }

# shim_creates [OPTION...]: $ID, with the streams of the shim's.
shim_creates() {
  shim create --bundle "$BUNDLE" --pid-file "$PWD/init.pid" "$@" "$ID" >out 2>&1 </dev/null 3>&- 4>&-
}

@test "kubelet: a sandbox and a container that joins its namespaces, stopped and deleted" {
  probe wait
  shim_creates
  quiet shim start "$ID"
  eventually grep -q ready out
  local sandbox=$ID pid
  pid=$(cat init.pid)
  ID=$(printf 'second%s' "$TAG" | sha256sum | cut -c1-64)
  edit '.linux.namespaces |= map(if .type == "network" or .type == "ipc" or .type == "uts" then
      .path = "/proc/\($pid)/ns/" + (if .type == "network" then "net" else .type end) else . end) |
    del(.hostname) | .linux.cgroupsPath += "-2"' --arg pid "$pid"
  shim_creates
  quiet shim start "$ID"
  [ "$(readlink "/proc/$(cat init.pid)/ns/net")" = "$(readlink "/proc/$pid/ns/net")" ]
  local id
  for id in "$ID" "$sandbox"; do
    quiet shim kill "$id" 15
    eventually eval '[ "$(shim state "$id" 3>&- | jq -r .status)" = stopped ]'
    capture shim kill --all "$id" 9
    quiet shim delete "$id"
  done
}

@test "kubelet: exec detached with a process file and a pid file; the program's answer is the shim's to reap" {
  probe wait
  shim_creates
  quiet shim start "$ID"
  jq '.process | .args = ["/bin/sleep", "100"]' "$BUNDLE/config.json" >process.json
  status=0
  shim exec --process "$PWD/process.json" --detach --pid-file "$PWD/exec.pid" "$ID" >exec.out 2>&1 \
    </dev/null 3>&- 4>&- || status=$?
  [ "$status" -eq 0 ] || fail "exit $status: $(cat exec.out)"
  [ "$(tr '\0' ' ' <"/proc/$(cat exec.pid)/cmdline")" = "/bin/sleep 100 " ]
  ok shim ps --format json "$ID"
  [ "$(jq -c sort <<<"$output")" = "$(jq -cn '$ARGS.positional | map(tonumber) | sort' --args \
    "$(cat init.pid)" "$(cat exec.pid)")" ] || fail "not these two"
  ok shim list --format=json
  [ "$(jq -r --arg id "$ID" '.[] | select(.id == $id) | .status' <<<"$output")" = running ]
  quiet shim kill --all "$ID" 9
}

@test "kubelet: update --resources=- , pause, resume, events --stats" {
  probe wait
  shim_creates --no-new-keyring
  quiet shim start "$ID"
  status=0
  echo '{"cpu": {}}' | shim update --resources=- "$ID" >out2 2>&1 || status=$?
  [ "$status" -eq 0 ] || fail "exit $status: $(cat out2)"
  quiet shim pause "$ID"
  quiet shim resume "$ID"
  ok shim events --stats "$ID"
  [ "$(jq -r .type <<<"$output")" = stats ]
}

@test "kubelet: the shim's words for what is not there or not running" {
  capture shim state nobody
  [ "$status" -ne 0 ]
  [[ "${err,,}" == *"does not exist"* ]] || fail "not the words"
  [ "$(tail -n 1 "$LOG" | jq -r .level)" = error ]
  quiet shim delete --force nobody
  probe wait
  shim_creates
  quiet shim kill "$ID" 9
  eventually eval '[ "$(shim state "$ID" 3>&- | jq -r .status)" = stopped ]'
  capture shim kill "$ID" 15
  [[ "${err,,}" == *"container not running"* || "${err,,}" == *"process already finished"* ||
    "${err,,}" == *"no such process"* ]] || fail "not the words"
  quiet shim delete "$ID"
}
