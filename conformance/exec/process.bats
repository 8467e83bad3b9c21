# SPDX-License-Identifier: Apache-2.0
# exec: what the added process is, out of the container's own configuration, options or a file.
load ../lib/common
load exec
setup() { begin; }
teardown() { finish; }

@test "the process has the environment, directory and rights of the container's own" {
  edit '.process.env += ["A=1"] | .process.cwd = "/tmp" | .process.user.umask = 23
    | .process.user.additionalGids = [5, 9]'
  started
  inside identity caps env cwd
  expect env:A 1
  expect cwd /tmp
  expect umask 0027
  expect groups "5 9"
  expect CapEff 0000000020000420
  expect CapBnd 0000000020000420
  expect CapInh 0000000000000000
  expect NoNewPrivs 1
  expect session_leader yes
}

@test "the process is in all namespaces of the container and in its cgroup" {
  started
  inside namespaces
  pid=$(container_pid c1)
  for kind in cgroup ipc mnt net pid uts user; do
    expect "ns:$kind" "$(readlink "/proc/$pid/ns/$kind")"
  done
  ok runtime exec --detach --pid-file "$PWD/pid" c1 /probe sleep
  [ "$(group_of "$(cat pid)")" = "$(group_of "$pid")" ]
}

@test "the process does not see the caller's environment, files or signals" {
  started
  trap '' HUP
  export LEAK=yes
  exec 9<"$BATS_TEST_FILENAME"
  inside env fds signals
  exec 9<&-
  unless fact env:LEAK
  [ "$(grep -c '^fd:' <<<"$output")" -eq 3 ]
  expect SigIgn 0000000000000000
  expect SigBlk 0000000000000000
}

@test "limits, priority and OOM score are the container's" {
  has_capability 24 || edit '.process.oomScoreAdj = 900'
  edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 99, "hard": 100}]
    | .process.oomScoreAdj = 900'
  started
  inside rlimits file /proc/self/oom_score_adj
  expect rlimit:NOFILE "99 100"
  [[ "$output" == *900* ]]
}

@test "a container with a user namespace takes a process too" {
  edit '.linux.namespaces += [{"type": "user"}]
    | .linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    | .linux.gidMappings = .linux.uidMappings | .process.oomScoreAdj = 500'
  chown -R 100000:100000 "$BUNDLE/rootfs"
  chmod 755 "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/.. "$BATS_TEST_TMPDIR"/../.. "$BUNDLE"
  started
  ok runtime exec --user 33:44 c1 /probe identity namespaces caps
  expect uid "33 33 33 33"
  expect gid "44 44 44 44"
  expect ns:user "$(readlink "/proc/$(container_pid c1)/ns/user")"
  expect CapInh 0000000000000000
}

@test "a container in the host's process table takes a process" {
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  started
  inside identity
  expect session_leader yes
}

@test "a container that has been created and not started takes a process" {
  created
  inside identity
  expect uid "0 0 0 0"
}

@test "--user, --additional-gids, --cwd and --env" {
  started
  ok runtime exec --user 7 c1 /probe identity
  expect uid "7 7 7 7"
  expect gid "0 0 0 0"
  ok runtime exec -u 7:8 -g 5 --additional-gids 6 --cwd /tmp -e A=1 --env 'B=two words' -e A=3 c1 \
    /probe identity cwd env
  expect gid "8 8 8 8"
  expect groups "5 6"
  expect cwd /tmp
  expect env:A 3
  expect env:B "two words"
}

# CVE-2026-30892: what is no number was taken for 0
@test "--user takes numbers and nothing else" {
  started
  for user in '' -1 1: :1 1:2:3 root 0x1 ' 1' 4294967295 4294967296 1:-1; do
    not_executed --user="$user" c1 /probe identity
  done
}

# CVE-2022-29162
@test "--cap adds to bounding, effective and permitted, and never to inheritable" {
  started
  ok runtime exec --cap CAP_NET_RAW --cap CAP_CHOWN c1 /probe caps
  expect CapEff 0000000020002421
  expect CapPrm 0000000020002421
  expect CapBnd 0000000020002421
  expect CapInh 0000000000000000
  expect CapAmb 0000000000000000
}

@test "--no-new-privs" {
  edit '.process.noNewPrivileges = false'
  started
  inside caps
  expect NoNewPrivs 0
  ok runtime exec --no-new-privs c1 /probe caps
  expect NoNewPrivs 1
}

@test "a process file is taken whole" {
  edit '.process.env += ["OWN=1"] | .process.user.additionalGids = [5]'
  started
  process_file '.args = ["/probe", "identity", "env", "cwd", "caps"] | .cwd = "/tmp"
    | .env = ["FILE=1"] | .user = {"uid": 12, "gid": 13} | .capabilities = {}
    | .noNewPrivileges = false'
  ok runtime exec --process process.json c1
  expect uid "12 12 12 12"
  expect groups ""
  expect env:FILE 1
  expect cwd /tmp
  expect NoNewPrivs 0
  expect CapBnd 0000000000000000
  unless fact env:OWN
}

@test "a process file that says nothing of rights has the container's" {
  edit '.process.oomScoreAdj = 700 | .process.user.umask = 7'
  started
  inside caps
  own=$(fact CapBnd)
  echo '{"args": ["/probe", "caps"], "cwd": "/"}' >process.json
  ok runtime exec --process process.json c1
  expect CapBnd "$own"
  expect CapInh 0000000000000000
  expect NoNewPrivs 0
  # The rest is what newer versions of runc do.
  [ "$RUNTIME" = swrun ] || return 0
  process_file '{args: ["/bin/sh", "-c", "cat /proc/self/oom_score_adj; umask"], cwd: "/",
    env: ["PATH=/bin"]}'
  ok runtime exec --process process.json c1
  [ "$output" = $'700\n0007' ] || fail "score or umask"
}

@test "a signal that comes while the program is being started is the program's" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  require strace
  started
  # The message that starts the program has been sent, and takes its time to be known as sent.
  timeout 30 strace -o trace -e trace=sendmsg -e inject=sendmsg:delay_exit=3000000 \
    /bin/sh -c 'echo $$ >runtime.pid; exec "$@"' sh "$SWRUN" --root "$STATE" exec c1 /probe sleep \
    >/dev/null 2>&1 </dev/null 3>&- 4>&- &
  caller=$!
  eventually processes_are 2
  kill -TERM "$(cat runtime.pid)"
  status=0
  wait "$caller" || status=$?
  [ "$status" -eq 143 ] || fail "exit $status"
  eventually processes_are 1
}

processes_are() { [ "$(runtime ps --format json c1 | jq length)" -eq "$1" ]; }

@test "what is for Windows is passed over beside what is for Linux, and alone refused" {
  edit '.process.commandLine = "cmd" | .process.user.username = "ContainerUser"'
  started
  process_file '.args = ["/probe", "identity"]'
  ok runtime exec --process process.json c1
  expect uid "0 0 0 0"
  [ "$RUNTIME" = swrun ] || return 0
  says "warning: /process/commandLine is ignored: it is for another platform"
  says "warning: /process/user/username is ignored: it is for another platform"
  # Of the container's own there was a warning when it was made.
  inside identity
  [ -z "$err" ] || fail "a warning for a command"
  process_file 'del(.args)'
  not_executed --process process.json c1
  says "/process/commandLine: is for windows: give the program in args"
  process_file 'del(.commandLine, .user.uid)'
  not_executed --process process.json c1
  says "/process/user/username: is for windows: give a number in uid"
}

@test "a process file that is none is refused" {
  started
  echo '{' >process.json
  not_executed --process process.json c1
  echo '{"args": ["/probe"]}' >process.json
  not_executed -p process.json c1
  not_executed --process nosuch.json c1
  says nosuch.json
}

@test "what has become of the bundle since create does not matter" {
  edit '.process.env += ["OWN=1"]'
  started
  edit '.process.env = ["OWN=2"] | .process.user.uid = 7 | del(.linux.seccomp)'
  inside env identity
  expect env:OWN 1
  expect uid "0 0 0 0"
  rm "$BUNDLE/config.json"
  inside env
  expect env:OWN 1
}

@test "words behind the id are the command's, options and all" {
  started
  ok runtime exec c1 /probe args --detach -t -- --help
  expect arg:0 --detach
  expect arg:1 -t
  expect arg:2 --
  expect arg:3 --help
}

@test "a double dash between id and command is passed over" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's own"
  started
  ok runtime exec c1 -- /probe args -t
  expect arg:0 -t
}

@test "the exit status is the process's, or 128 and the signal's number" {
  started
  capture runtime exec c1 /probe exit 7
  [ "$status" -eq 7 ]
  capture runtime exec c1 /probe die 9
  [ "$status" -eq 137 ]
  capture runtime exec c1 /probe die 15
  [ "$status" -eq 143 ]
}

@test "a program that is not there, or that can't be executed, in the words that callers know" {
  started
  touch "$BUNDLE/rootfs/plain" "$BUNDLE/rootfs/bin/plain"
  not_executed c1 nosuch
  says 'exec: "nosuch": executable file not found in $path'
  not_executed c1 plain
  says 'exec: "plain": executable file not found in $path'
  not_executed c1 /no/such
  says 'no such file or directory'
  not_executed c1 /plain
  says 'permission denied'
  not_executed c1 /tmp
}

@test "a container that is not there, has stopped or has no command" {
  not_executed c1 /probe
  says 'does not exist'
  started
  not_executed c1
  runtime kill c1 KILL
  becomes stopped
  not_executed c1 /probe identity
  says 'container'
  [ "$RUNTIME" != swrun ] || says 'container not running'
}

@test "a paused container takes no process unless --ignore-paused is given" {
  require_cgroup2
  started
  freeze 1
  not_executed c1 /probe identity
  says 'paused'
  # Born in the frozen cgroup, it goes on when the container does.
  timeout 30 "$SWRUN" --root "$STATE" exec --ignore-paused c1 /probe say done \
    >out 2>err </dev/null 3>&- &
  sleep 0.3
  freeze 0
  wait $!
  [ "$(cat out)" = done ]
}

@test "seccomp is the container's, also for a process file" {
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO", "errnoRet": 71}]}'
  for nnp in true false; do
    edit ".process.noNewPrivileges = $nnp"
    started "n$nnp"
    ok runtime exec "n$nnp" /probe seccomp call getcwd
    expect Seccomp 2
    expect Seccomp_filters 1
    expect call:getcwd EPROTO
    process_file '.args = ["/probe", "call", "getcwd"]'
    ok runtime exec -p process.json "n$nnp"
    expect call:getcwd EPROTO
    runtime delete --force "n$nnp"
  done
}

@test "a filter that forbids what the way into a container takes forbids only the process" {
  edit '.process.noNewPrivileges = false | .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["clone", "clone3", "vfork", "fork", "setsid", "setns", "dup3",
      "setresuid", "socketpair", "poll"],
      "action": "SCMP_ACT_KILL_PROCESS"}]}'
  started
  inside seccomp
  expect Seccomp 2
}

@test "standard input comes through to its end" {
  started
  head -c 300000 /dev/zero >input
  status=0
  timeout 20 "$SWRUN" --root "$STATE" exec c1 /probe input <input >out 2>err || status=$?
  output=$(cat out) err=$(cat err)
  [ "$status" -eq 0 ]
  expect input 300000
}

# a host's file that is somebody's standard input was given to the container's user
@test "files that standard output and error go to can be opened by the user, by /dev/stdout and its like" {
  edit '.process.user = {"uid": 1000, "gid": 1000}'
  entry /bin/sh -c 'echo out >/dev/stdout && echo err >/dev/stderr'
  timeout 20 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1 </dev/null >out 2>err
  [ "$(cat out)" = out ] && [ "$(cat err)" = err ]
  edit '.process.user = {"uid": 0, "gid": 0}'
  started c2
  timeout 20 "$SWRUN" --root "$STATE" exec -u 1000:1000 c2 \
    /bin/sh -c 'echo out >/dev/stdout && echo err >/dev/stderr' </dev/null >out2 2>err2
  [ "$(cat out2)" = out ] && [ "$(cat err2)" = err ]
  [ "$RUNTIME" != swrun ] || [ "$(stat -c %u out2)" = 1000 ]
}

@test "a file as standard input keeps its owner; a pipe is the user's" {
  [ "$RUNTIME" = swrun ] || skip "runc gives it away, crun too"
  started
  echo text >input
  chmod 600 input
  timeout 20 "$SWRUN" --root "$STATE" exec -u 1000 c1 /bin/cat <input >out
  [ "$(cat out)" = text ]
  [ "$(stat -c %u input)" -eq 0 ]
  echo text | timeout 20 "$SWRUN" --root "$STATE" exec -u 1000 c1 /bin/sh -c 'cat </dev/stdin' >out
  [ "$(cat out)" = text ]
}

@test "--cgroup puts the process below the container's cgroup, and nowhere else" {
  require_cgroup2
  started
  group=$(group_of "$(container_pid c1)")
  mkdir "$(cgroup2_root)$group/below"
  ok runtime exec --detach --pid-file "$PWD/pid" --cgroup below c1 /probe sleep
  [ "$(group_of "$(cat pid)")" = "$group/below" ]
  for path in .. ../.. below/../.. nosuch; do
    not_executed --cgroup "$path" c1 /probe identity
    [ "$RUNTIME" != swrun ] || { says "--cgroup" && says "$path"; }
  done
  not_executed --cgroup= c1 /probe identity
}

@test "where there is room for one process but not for two, the message says so" {
  [ "$RUNTIME" = swrun ] || skip "others need no second one"
  require_controller pids
  edit '.linux.resources.pids = {"limit": 2}'
  started
  not_executed c1 /probe identity
  says "exec needs room for two for a moment; the container's pids.max is 2, and 1 are there"
  ok runtime update --pids-limit 3 c1
  inside identity
}

@test "where a user may have no more processes, the message says so" {
  [ "$RUNTIME" = swrun ] || skip "others need no second one"
  started
  process_file '.args = ["/probe", "identity"] | .user = {"uid": 4242, "gid": 4242}
    | .rlimits = [{"type": "RLIMIT_NPROC", "soft": 1, "hard": 1}]'
  not_executed --process process.json c1
  says "exec needs room for two for a moment, which RLIMIT_NPROC of the user"
}

@test "a program that can't be run is named, with what is missing" {
  started
  local root=$BUNDLE/rootfs
  printf '#!/no/such/interpreter -x\n' >"$root/script"
  printf '#!/script\n' >"$root/chain"
  printf 'nothing\n' >"$root/text"
  chmod +x "$root"/{script,chain,text}
  local dynamic
  dynamic=$(command -v jq)
  cp "$dynamic" "$root/dynamic"
  not_executed c1 /script
  says 'no such file or directory'
  [ "$RUNTIME" = swrun ] || return 0
  says 'exec: "/script": no such file or directory'
  says '"/no/such/interpreter", which it is to be run by'
  not_executed c1 /chain
  says 'exec: "/chain": no such file or directory'
  not_executed c1 /dynamic
  says 'exec: "/dynamic": no such file or directory'
  says 'ld-linux'
  not_executed c1 /text
  says 'exec: "/text": exec format error (ENOEXEC)'
  says 'a first line like #!/bin/sh'
  # The same of a container's own program.
  local program
  for program in /script /chain /dynamic /text; do
    edit '.linux.cgroupsPath = $path' --arg path "/$TAG/c2"
    entry "$program"
    refused runtime run --bundle "$BUNDLE" c2
    says "exec: \"$program\": "
  done
  # A program in another directory of PATH is still found.
  mkdir -p "$root/first"
  cp "$root/script" "$root/first/true"
  ok runtime exec --env PATH=/first:/bin c1 true
}

@test "under an init that has been moved the process goes where init is" {
  require_cgroup2
  edit 'del(.linux.resources)'
  started
  pid=$(container_pid c1)
  group=$(group_of "$pid")
  root=$(cgroup2_root)
  mkdir "$root$group/inner"
  echo "$pid" >"$root$group/inner/cgroup.procs"
  # A group with controllers for those below it holds no process itself.
  controller=$(cut -d' ' -f1 "$root/cgroup.subtree_control")
  [ -n "$controller" ] || skip "missing: a cgroup v2 controller"
  echo "+$controller" >"$root/$TAG/cgroup.subtree_control"
  echo "+$controller" >"$root$group/cgroup.subtree_control"
  ok runtime exec --detach --pid-file "$PWD/pid" c1 /probe sleep
  [[ "$(group_of "$(cat pid)")" == "$group"* ]]
}

# preparation_of PID: the child of exec that is not in the container's pid namespace.
preparation_of() {
  local child
  for child in $(pgrep -P "$1"); do
    [ "$(awk '$1 == "NSpid:" { print NF }' "/proc/$child/status")" -ne 2 ] || echo "$child"
  done
}

@test "a process whose maker is killed before it has told of it does not go on" {
  [ "$RUNTIME" = swrun ] || skip "this is swrun's promise"
  require strace
  started
  # The first call of the new process takes its time.
  strace -qq -f -o trace -e trace=setsid -e inject=setsid:delay_enter=2000000 \
    "$SWRUN" --root "$STATE" exec c1 /probe sleep >exec.out 2>exec.err </dev/null 3>&- 4>&- &
  local tracer=$! exec
  eventually grep -q setsid trace
  exec=$(pgrep -P "$tracer")
  kill -KILL "$(preparation_of "$exec")"
  eventually [ ! -e "/proc/$exec" ]
  # strace stays for as long as anybody whom it follows.
  eventually one_process
  status=0
  wait "$tracer" || status=$?
  [ "$status" -eq 255 ]
  grep -qx 'swrun: exec: the process ended before its program ran: it was killed from outside' exec.err
}

one_process() { [ "$(runtime ps --format json c1 | jq length)" -eq 1 ]; }
