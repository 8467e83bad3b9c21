# SPDX-License-Identifier: Apache-2.0
# runtime.md: operations and the life of a container; go-runc's and conmon's expectations.
load ../lib/common
setup() { begin; }
teardown() { finish; }

# runtime.md#state
@test "create, start, stop and delete show the four statuses" {
  created
  [ "$(container_status c1)" = created ]
  ok runtime start c1
  [ "$(container_status c1)" = running ]
  ok runtime kill c1 TERM
  becomes stopped
  [ "$(container_pid c1)" = 0 ]
  ok runtime delete c1
  refused runtime state c1
  says "does not exist"
}

# runtime.md#state
@test "state has every field that the specification and callers read" {
  edit '.annotations = {"org.example.key": "value"}'
  created
  ok runtime state c1
  jq -e --arg bundle "$BUNDLE" '.id == "c1" and .status == "created" and (.pid > 1)
    and .bundle == $bundle and .rootfs == ($bundle + "/rootfs")
    and .annotations["org.example.key"] == "value" and (.ociVersion | startswith("1."))
    and (.created | test("^2[0-9]{3}-[0-9]{2}-[0-9]{2}T")) and has("owner")' <<<"$output"
  [ -z "$err" ]
}

# runtime.md#state, schema/state-schema.json
@test "state is valid by the specification's schema" {
  require "$PYTHON"
  created
  ok runtime state c1
  echo "$output" | "$PYTHON" "$CONFORMANCE/lib/validate.py" state-schema.json
}

# runtime.md#start: the user program is not run before start
@test "create does not run the process" {
  probe say hello
  launch create c1
  sleep 0.2
  [ ! -s c1.out ]
  ok runtime start c1
  eventually grep -qx hello c1.out
}

# runtime.md#start: changes to config.json after create have no effect
@test "a change of config.json after create has no effect" {
  probe say before
  launch create c1
  probe say after
  ok runtime start c1
  eventually grep -qx before c1.out
}

# runtime.md#start
@test "start twice is refused and leaves the container as it is" {
  started
  refused runtime start c1
  [ "$(container_status c1)" = running ]
}

# runtime.md#delete
@test "delete of a running container is refused" {
  started
  refused runtime delete c1
  [ "$(container_status c1)" = running ]
}

# runtime.md#delete: a created container is not stopped; only --force may
@test "delete --force ends a created container" {
  created
  ok runtime delete --force c1
  refused runtime state c1
}

@test "delete --force ends a running container" {
  started
  pid=$(container_pid c1)
  ok runtime delete --force c1
  eventually eval '! kill -0 "$pid" 2>/dev/null'
}

@test "delete -f accepts the option after the id" {
  started
  ok runtime delete c1 -f
}

# podman and containerd's shim call it when they are not sure
@test "delete --force of an unknown container succeeds silently" {
  ok runtime delete --force nobody
  [ -z "$err" ]
}

@test "delete of an unknown container fails" {
  refused runtime delete nobody
  says "does not exist"
}

# runtime.md#create: the id is unique on the host
@test "an id in use is refused and its owner unharmed" {
  started
  refused runtime create --bundle "$BUNDLE" c1
  says "exist"
  [ "$(container_status c1)" = running ]
}

@test "an id can be used again after delete" {
  created
  ok runtime delete --force c1
  created
}

# go-runc, conmon
@test "the pid file holds bare digits and is complete when create returns" {
  probe wait
  launch create c1 --pid-file "$PWD/pid"
  [[ "$(cat pid; echo .)" =~ ^[0-9]+\.$ ]]
  [ "$(cat pid)" = "$(container_pid c1)" ]
}

@test "the pid file replaces an older one" {
  echo 123456789 >pid
  probe wait
  launch create c1 --pid-file pid
  [ "$(cat pid)" = "$(container_pid c1)" ]
}

# conmon and the shim reap the init themselves
@test "create leaves no parent: the init is reparented to our subreaper" {
  probe wait
  launch create c1
  pid=$(container_pid c1)
  parent=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
  unless grep -aF "$STATE" "/proc/$parent/cmdline"
}

@test "run exits with the code of the process" {
  probe exit 37
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 37 ]
}

@test "run exits with 128 and the signal's number" {
  probe die 9
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  capture runtime run --bundle "$BUNDLE" c1
  [ "$status" -eq 137 ]
}

@test "run deletes the container when the process has ended" {
  in_container say done
  refused runtime state c1
}

@test "the status is the program's also where the container can't be deleted" {
  [ "$RUNTIME" = swrun ] || skip "this is about a state directory of swrun's"
  entry /bin/sh -c 'read -r line; exit 7'
  mkfifo in
  "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 <in >/dev/null 2>err 3>&- 4>&- &
  runner=$!
  exec 7>in
  eventually test -e "$STATE/c1/tenant"
  mkdir "$STATE/c1/strange"
  exec 7>&-
  status=0
  wait "$runner" || status=$?
  err=$(cat err)
  [ "$status" -eq 7 ] || fail "exit $status"
  says 'swrun: warning: '
  rmdir "$STATE/c1/strange"
}

@test "run --keep leaves it stopped" {
  probe exit 3
  capture runtime run --keep --bundle "$BUNDLE" c1
  [ "$status" -eq 3 ]
  [ "$(container_status c1)" = stopped ]
  ok runtime delete c1
}

@test "run --detach returns while the process goes on" {
  probe wait
  launch run c1 --detach
  [ "$(container_status c1)" = running ]
}

@test "run passes standard input on" {
  probe input
  printf '%070000d' 1 >input
  status=0
  runtime run --bundle "$BUNDLE" c1 <input >out 2>err 3>&- || status=$?
  [ "$status" -eq 0 ] && [ "$(cat out)" = "input=70000" ]
}

@test "run in the foreground forwards signals" {
  probe wait
  "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 >out 2>err </dev/null 3>&- &
  job=$!
  eventually grep -q ready out
  kill -USR1 "$job"
  eventually grep -q signal=10 out
  kill -TERM "$job"
  status=0
  wait "$job" || status=$?
  [ "$status" -eq 42 ]
}

# --bundle defaults to the working directory
@test "the bundle defaults to the working directory" {
  probe say here
  cd "$BUNDLE"
  ok runtime run c1
  [ "$output" = here ]
}

@test "list shows each container once, as json" {
  created
  edit '.linux.cgroupsPath = "/'"$TAG"'/c2"'
  created c2
  ok runtime list --format json
  [ "$(jq -r 'map(.id) | sort | join(" ")' <<<"$output")" = "c1 c2" ]
  jq -e 'all(.[]; has("pid") and has("status") and has("bundle") and has("created"))' <<<"$output"
}

@test "list of nothing is empty json and a table with a head" {
  ok runtime list --format json
  [[ "$output" == "[]" || "$output" == null ]]
  ok runtime list
  [[ "$output" == *ID*PID*STATUS*BUNDLE* || "$output" == *NAME*PID*STATUS*BUNDLE* ]]
}

@test "list --quiet prints ids alone" {
  created
  ok runtime list --quiet
  [ "$output" = c1 ]
}

@test "the table of list has the id, the pid and the status" {
  created
  ok runtime list
  grep -E "^c1 +$(container_pid c1) +created " <<<"$output"
}

# conmon: descriptors from 3 on are the container's, and no others
@test "--preserve-fds passes that many and no more" {
  probe fds
  echo content >three
  status=0
  timeout 30 "$SWRUN" --root "$STATE" run --preserve-fds 2 --bundle "$BUNDLE" c1 \
    >out 2>err </dev/null 3<three 4<three 5<three 6<three || status=$?
  [ "$status" -eq 0 ]
  output=$(cat out)
  fact fd:3 && fact fd:4
  unless fact fd:5
  unless fact fd:6
}

@test "no descriptor but the standard ones reaches the process" {
  probe fds
  status=0
  timeout 30 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 \
    >out 2>err </dev/null 3<err 4<err 9<err 77<err || status=$?
  output=$(cat out)
  [ "$status" -eq 0 ] || fail "exit $status: $(cat err)"
  [ "$(grep -c ^fd: <<<"$output")" -eq 3 ]
}

# systemd socket activation
@test "LISTEN_FDS passes descriptors and sets LISTEN_PID to 1" {
  probe fds env
  # The variables are for the process that they name.
  timeout 30 sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 >out 2>err </dev/null 3<err
  output=$(cat out)
  fact fd:3
  expect env:LISTEN_FDS 1
  expect env:LISTEN_PID 1
}

@test "LISTEN_PID is the pid that the process sees where it shares the pid namespace" {
  [ "$RUNTIME" = swrun ] || skip "others always say 1"
  probe identity fds env
  edit '.linux.namespaces |= map(select(.type != "pid"))
    | .process.env += ["LISTEN_PID=77", "LISTEN_FDS=78"]'
  timeout 30 sh -c 'LISTEN_FDS=1 LISTEN_FDNAMES=web LISTEN_PID=$$ exec "$@"' sh \
    "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 >out 2>err </dev/null 3<err
  output=$(cat out)
  [ "$(fact pid)" -gt 1 ]
  expect env:LISTEN_PID "$(fact pid)"
  expect env:LISTEN_FDS 1
  expect env:LISTEN_FDNAMES web
}

@test "single-dash long options and options after the id are understood" {
  probe say fine
  ok runtime run -no-new-keyring "-bundle=$BUNDLE" c1 --no-pivot=false
  [ "$output" = fine ]
}

@test "--version begins with the name and names the specification" {
  ok "$SWRUN" --version
  [[ "$(head -1 <<<"$output")" == "$RUNTIME version "* ]]
  grep -E '^spec: 1\.' <<<"$output"
}
