# SPDX-License-Identifier: Apache-2.0
# Bad input: one clear line, status 1, and nothing left behind (finish sees to that).
load ../lib/common
setup() { begin; }
teardown() { finish; }

# bad TEXT...: create refuses, and for swrun the message holds each text.
bad() {
  local text
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" = swrun ] || return 0
  for text in "$@"; do says "$text"; done
  [ ${#err} -lt 600 ] || fail "the message is too long"
}

# change FILTER TEXT...: config.json is changed so that it is wrong.
change() {
  local filter=$1
  shift
  edit "$filter"
  bad "$@"
}

# --- the bundle

@test "a bundle that is not there" {
  refused runtime create --bundle "$PWD/nowhere" c1
  says nowhere
}

@test "a bundle that is a file" {
  touch file
  refused runtime create --bundle "$PWD/file" c1
}

@test "a bundle without config.json" {
  rm "$BUNDLE/config.json"
  bad config.json
}

@test "an empty config.json" {
  : >"$BUNDLE/config.json"
  bad config.json
}

@test "a config.json that is a directory" {
  rm "$BUNDLE/config.json" && mkdir "$BUNDLE/config.json"
  bad config.json
}

@test "a config.json that is a fifo does not hang" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME waits for a writer"
  rm "$BUNDLE/config.json" && mkfifo "$BUNDLE/config.json"
  PATIENCE=10 bad config.json
}

@test "broken JSON is told with its line" {
  printf '{\n  "ociVersion": "1.0.2",\n  "process": {,}\n}\n' >"$BUNDLE/config.json"
  bad config.json 3
}

@test "a trailing comma is told with its line" {
  printf '{\n  "ociVersion": "1.0.2",\n  "hostname": "a",\n}\n' >"$BUNDLE/config.json"
  bad config.json 4
}

@test "text after the document" {
  [ "$RUNTIME" != crun ] || skip "crun 1.8 reads on"
  echo '{}' >>"$BUNDLE/config.json"
  bad config.json
}

@test "bytes that are not UTF-8" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME lets them pass"
  printf '{"ociVersion": "1.0.2", "hostname": "\xff\xfe"}' >"$BUNDLE/config.json"
  bad config.json UTF-8
}

@test "JSON nested without end" {
  "$PYTHON" -c 'print("[" * 100000)' >"$BUNDLE/config.json"
  bad config.json
}

@test "JSON that is no object" {
  echo '[]' >"$BUNDLE/config.json"
  bad config.json
}

# --- types and values, told by their place

@test "a missing ociVersion" { change 'del(.ociVersion)' ociVersion; }
@test "an ociVersion of another age" { change '.ociVersion = "2.0.0"' ociVersion; }
@test "a version that is none" { change '.ociVersion = "new"' ociVersion; }
@test "a number where a text belongs" { change '.hostname = 5' hostname; }
@test "a text where a number belongs" { change '.process.user.uid = "root"' uid; }
@test "a negative user" { change '.process.user.uid = -4' uid; }
@test "a user beyond 32 bits" { change '.process.user.uid = 4294967296' uid; }
@test "a fraction of a user" { change '.process.user.uid = 1.5' uid; }
@test "no process" { change 'del(.process)' process; }
@test "no arguments" { change '.process.args = []' args; }
@test "arguments that are a text" { change '.process.args = "sh"' args; }
@test "a relative working directory" { change '.process.cwd = "tmp"' cwd; }
@test "no working directory" { change 'del(.process.cwd)' cwd; }
@test "no root" { change 'del(.root)' root; }
@test "a rootfs that is not there" { change '.root.path = "nowhere"' nowhere; }
@test "a rootfs that is a file" { change '.root.path = "config.json"' config.json; }
@test "an unknown namespace" { change '.linux.namespaces[0].type = "space"' space; }
@test "masked paths without a mount namespace" {
  change '.linux.namespaces |= map(select(.type != "mount")) | .linux.maskedPaths = ["/proc/kcore"]
    | del(.linux.readonlyPaths)' mount
}
@test "a namespace path that is not there" {
  change '.linux.namespaces[1].path = "/no/such/ns"' /no/such/ns
}
@test "an unknown resource limit" {
  change '.process.rlimits = [{"type": "RLIMIT_NONSENSE", "soft": 1, "hard": 1}]' RLIMIT_NONSENSE
}
@test "a resource limit twice" {
  change '.process.rlimits = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
    {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]' RLIMIT_CORE
}
@test "a soft limit above the hard one" {
  change '.process.rlimits = [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]' rlimits
}
@test "a mount without a destination" {
  change '.mounts += [{"type": "tmpfs", "source": "tmpfs"}]' destination
}
@test "a mount of a source that is not there" {
  change '.mounts += [{"destination": "/mnt", "type": "bind", "source": "/no/such/source",
    "options": ["bind"]}]' /no/such/source
}
@test "a mount of an unknown file system" {
  change '.mounts += [{"destination": "/mnt", "type": "nonsensefs", "source": "x"}]' nonsensefs
}
@test "a directory over a file" {
  touch "$BUNDLE/rootfs/file"
  change '.mounts += [{"destination": "/file", "type": "bind", "source": "/etc",
    "options": ["bind"]}]' /file
}
@test "an unknown propagation" { change '.linux.rootfsPropagation = "upwards"' upwards; }
@test "a device of an unknown type" {
  change '.linux.devices = [{"path": "/dev/x", "type": "z", "major": 1, "minor": 3}]' devices
}
@test "a device without numbers" {
  change '.linux.devices = [{"path": "/dev/x", "type": "c"}]' devices
}
@test "a device outside" {
  change '.linux.devices = [{"path": "/dev/../../outside", "type": "c", "major": 1, "minor": 3}]
    | .linux.namespaces[0].type = "nonsense"' nonsense
}
@test "a hook with a relative path" {
  change '.hooks.createRuntime = [{"path": "hook"}]' path
}
@test "a hook with a negative timeout" {
  change '.hooks.createRuntime = [{"path": "/bin/true", "timeout": -1}]' timeout
}
@test "a sysctl with a slash that leads elsewhere" {
  change '.linux.sysctl = {"net/../kernel/hostname": "x"}' sysctl
}
@test "a sysctl that is not there" {
  change '.linux.sysctl = {"net.ipv4.no_such_key": "1"}' no_such_key
}
@test "a hostname without a UTS namespace" {
  change '.linux.namespaces |= map(select(.type != "uts"))' hostname
}
@test "a hostname of 100 letters" { change '.hostname = ("x" * 100)' hostname; }
@test "a null byte in an argument" { change '.process.args += ["a\u0000b"]' args; }
@test "a null byte in a path" { change '.root.path = "root\u0000fs"' path; }
@test "an environment variable without =" {
  change '.process.env += ["NONSENSE"]' NONSENSE
}

# --- ids and the command line

@test "ids that are none" {
  local id
  for id in "" "a/b" "../c" "." ".." "a b" $'a\nb' "$(printf 'x%.0s' $(seq 2000))"; do
    refused runtime create --bundle "$BUNDLE" "$id"
  done
  [ ! -e "$STATE/../c" ]
}

@test "ids of every allowed letter" {
  probe wait
  launch create aZ09_+-.x
  ok runtime delete --force aZ09_+-.x
}

@test "no id" {
  capture runtime create --bundle "$BUNDLE"
  [ "$status" -ne 0 ] && [ -n "$err" ]
}

@test "one argument too many" {
  capture runtime create --bundle "$BUNDLE" c1 c2
  [ "$status" -ne 0 ] && [ -n "$err" ]
}

@test "an unknown verb" {
  capture runtime nonsense
  [ "$status" -ne 0 ]
  [ "$RUNTIME" != swrun ] || { [ "$status" -eq 1 ] && says nonsense; }
}

@test "an unknown option" {
  capture runtime create --nonsense --bundle "$BUNDLE" c1
  [ "$status" -ne 0 ]
  [ "$RUNTIME" != swrun ] || { [ "$status" -eq 1 ] && says nonsense; }
}

@test "an option without its value" {
  capture runtime create c1 --bundle
  [ "$status" -ne 0 ]
  [ "$RUNTIME" != swrun ] || { [ "$status" -eq 1 ] && says bundle; }
}

@test "a value for a flag" {
  capture runtime delete --force=perhaps c1
  [ "$status" -ne 0 ]
}

@test "an unknown log format" {
  capture "$SWRUN" --root "$STATE" --log-format xml list
  [ "$status" -ne 0 ]
  [ "$RUNTIME" != swrun ] || says xml
}

@test "a log file that cannot be opened" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has words of its own"
  refused "$SWRUN" --root "$STATE" --log "$PWD/no/such/log" list
  says no/such/log
}

@test "a preserve-fds that is no number, or of descriptors that are not open" {
  capture runtime create --preserve-fds many --bundle "$BUNDLE" c1
  [ "$status" -ne 0 ]
  refused runtime create --preserve-fds 40 --bundle "$BUNDLE" c1
}

@test "a pid file that cannot be written" {
  refused runtime create --bundle "$BUNDLE" --pid-file "$PWD/no/such/pid" c1
}

@test "a root directory that cannot be made" {
  touch file
  refused "$SWRUN" --root "$PWD/file/state" create --bundle "$BUNDLE" c1
}

@test "start, state and kill of nobody" {
  refused runtime start nobody
  says "does not exist"
  refused runtime state nobody
  says "does not exist"
  refused runtime kill nobody
  says "does not exist"
}

@test "start of a stopped container" {
  started
  ok runtime kill c1 KILL
  becomes stopped
  refused runtime start c1
}

@test "a bundle whose process dies at once leaves a stopped container that can be deleted" {
  probe exit 9
  launch create c1
  ok runtime start c1
  becomes stopped
  ok runtime delete c1
}
