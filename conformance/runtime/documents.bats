# SPDX-License-Identifier: Apache-2.0
# What swrun writes: spec, features, logs.
load ../lib/common
setup() { begin; }
teardown() { finish; }

validate() { "$PYTHON" "$CONFORMANCE/lib/validate.py" "$1"; }

@test "spec writes a config.json that is valid by the schema" {
  mkdir new
  ok "$SWRUN" spec --bundle new
  validate config-schema.json <new/config.json
}

@test "spec defaults to the working directory and refuses to overwrite" {
  mkdir new && cd new
  ok "$SWRUN" spec
  before=$(sha256sum <config.json)
  refused "$SWRUN" spec
  [ "$(sha256sum <config.json)" = "$before" ]
}

@test "what spec writes runs, once it has a rootfs and no terminal" {
  mkdir new && mv "$BUNDLE/rootfs" new/
  ok "$SWRUN" spec --bundle new
  # rlimits: runc and crun need CAP_SYS_RESOURCE for them, and crun for resources.
  jq --arg cgroup "/$TAG/c1" '.process.terminal = false | .process.args = ["/probe", "identity"]
    | .linux.cgroupsPath = $cgroup' new/config.json >config
  if [ "$RUNTIME" != swrun ] && ! has_capability 24; then
    jq 'del(.process.rlimits) | del(.linux.resources)' config >new/config.json
  else
    cp config new/config.json
  fi
  ok runtime run --bundle new c1
  expect uid "0 0 0 0"
}

@test "spec --rootless writes a user namespace for the caller, valid by the schema" {
  mkdir new
  ok "$SWRUN" spec --rootless --bundle new
  validate config-schema.json <new/config.json
  jq -e '(.linux.namespaces | map(.type) | index("user") != null)
    and (.linux.uidMappings | length > 0)' new/config.json
}

@test "features is valid by the schema and says nothing on stderr" {
  ok "$SWRUN" features
  [ -z "$err" ]
  validate features-schema.json <<<"$output"
}

# CRI-O reads these
@test "features names versions, hooks, mount options and namespaces" {
  ok "$SWRUN" features
  jq -e '.ociVersionMin and .ociVersionMax and (.hooks | length == 6)
    and (.mountOptions | index("rro") != null and index("rbind") != null)
    and (.linux.namespaces | index("cgroup") != null)
    and (.linux.capabilities | index("CAP_KILL") != null)
    and .linux.cgroup.v2 == true
    and .linux.seccomp.enabled == true
    and (.linux.seccomp.actions | index("SCMP_ACT_ERRNO") != null)' <<<"$output"
}

# containerd's shim reads the log as a stream of JSON; podman as one object
@test "--log with --log-format json gets one line with level, msg and time on failure" {
  refused "$SWRUN" --root "$STATE" --log "$PWD/log" --log-format json start nobody
  [ "$(wc -l <log)" -eq 1 ]
  jq -e '.level == "error" and (.msg | test("does not exist")) and (.time |
    test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$"))' log
}

@test "--log appends, and stays empty when all is well" {
  echo before >log
  ok "$SWRUN" --root "$STATE" --log "$PWD/log" list
  [ "$(cat log)" = before ]
  refused "$SWRUN" --root "$STATE" --log "$PWD/log" start nobody
  [ "$(head -1 log)" = before ]
  [ "$(wc -l <log)" -eq 2 ]
}

@test "--debug says nothing on stderr of a success" {
  ok "$SWRUN" --root "$STATE" --debug --log "$PWD/log" --log-format json list
  [ -z "$err" ] || [ "$RUNTIME" != swrun ]
  # What there is to say is JSON.
  [ ! -e log ] || jq -e . log >/dev/null
}

@test "a message with quotes and line ends is one line of JSON" {
  refused "$SWRUN" --root "$STATE" --log "$PWD/log" --log-format json start $'a"b\nc'
  [ "$(wc -l <log)" -eq 1 ]
  jq -e '.level == "error"' log
}

@test "global options stand in any order before the verb" {
  ok "$SWRUN" --log-format json --log log --root "$STATE" list
  ok "$SWRUN" --log=log --root="$STATE" --log-format=json list --format=json
}

@test "two cgroup managers at once are a usage error" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has no such option, or lets the last one win"
  refused runtime --systemd-cgroup --cgroup-manager cgroupfs list
  says contradict
  ok runtime --systemd-cgroup --cgroup-manager systemd list
}

@test "a cgroupsPath that is a directory is an error under systemd that says which form is wanted" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has words of its own"
  refused runtime --systemd-cgroup create --bundle "$BUNDLE" c1
  says SLICE:PREFIX:NAME
}

@test "where systemd can't be reached the error says so" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has words of its own"
  edit '.linux.cgroupsPath = "system.slice:swrun:c1"'
  export DBUS_SYSTEM_BUS_ADDRESS=unix:path=/nonexistent/bus
  refused "$SWRUN" --root "$STATE" --cgroup-manager systemd create --bundle "$BUNDLE" c1
  says /nonexistent/bus
  [ ! -d "$STATE/c1" ]
}

@test "--cgroup-manager disabled leaves the container in its creator's cgroup" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has no such option, or no error for limits"
  edit '.linux.resources = {} | .linux.namespaces |= map(select(.type != "cgroup"))'
  probe wait
  ok "$SWRUN" --root "$STATE" --cgroup-manager disabled create --bundle "$BUNDLE" c1
  [ -z "$err" ] || fail "a warning for what was asked for"
  cmp /proc/self/cgroup "/proc/$(container_pid c1)/cgroup"
  ok "$SWRUN" --root "$STATE" delete --force c1
}

@test "--cgroup-manager disabled refuses limits, which nobody would enforce" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has no such option, or no error for limits"
  edit '.linux.resources = {"memory": {"limit": 67108864}}'
  refused "$SWRUN" --root "$STATE" --cgroup-manager disabled create --bundle "$BUNDLE" c1
  says memory.max
  says disabled
}

# podman run --cgroups=disabled sends them all the same.
@test "--cgroup-manager disabled passes over device rules, with a warning" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME has no such option, or no warning"
  edit '.linux.resources = {"devices": [{"allow": false, "access": "rwm"}]}'
  probe identity
  ok "$SWRUN" --root "$STATE" --cgroup-manager disabled run --bundle "$BUNDLE" c1
  says "warning: device rules are not in force"
}

@test "--help names every verb" {
  ok "$SWRUN" --help
  local verb
  for verb in create start run state list kill delete spec features; do
    grep -qw "$verb" <<<"$output" || fail "no $verb"
  done
}

# features.md#annotations: what callers ask other runtimes for by these names
@test "features names its version, libseccomp's, and that there are checkpoints" {
  ok "$SWRUN" features
  jq -e --arg version "$("$SWRUN" --version | sed -n '1s/.*version \([^ ]*\).*/\1/p')" '
    .annotations
    | (.["org.swrun.version"], .["run.oci.crun.version"], .["org.opencontainers.runc.version"])
      as $ours | select($ours == $version)
    | .["org.opencontainers.runc.checkpoint.enabled"] == "true"
      and (.["io.github.seccomp.libseccomp.version"] | test("^2[.][0-9]+[.][0-9]+$"))' <<<"$output"
}

# crun spec --file
@test "spec --file writes another file of the bundle, and replaces none" {
  mkdir new
  ok "$SWRUN" spec --bundle new --file other.json
  [ "$(ls new)" = other.json ]
  validate config-schema.json <new/other.json
  refused "$SWRUN" spec -f other.json --bundle new
  ok "$SWRUN" spec --bundle new -f "$PWD/third.json"
  cmp new/other.json third.json
}

# config.md#platform-specific-configuration
@test "what is for other platforms is passed over beside what is for Linux" {
  edit '. += {"freebsd": {}, "solaris": {}, "vm": {"kernel": {"path": "/vmlinuz"}},
      "windows": {"layerFolders": ["x"]}, "zos": {}}
    | .process.commandLine = "cmd" | .process.user.username = "ContainerUser"'
  in_container identity
  expect uid "0 0 0 0"
  [ "$RUNTIME" = swrun ] || return 0
  local pointer
  for pointer in freebsd solaris vm windows zos process/commandLine process/user/username; do
    says "warning: /$pointer is ignored: it is for another platform"
  done
  edit 'del(.linux)'
  refused runtime create --bundle "$BUNDLE" c1
  says "/freebsd: is for another platform"
}

# What runc understands
@test "help is a command too, for all and for one" {
  local said
  ok "$SWRUN" help
  said=$output
  ok "$SWRUN" --help
  [ "$output" = "$said" ]
  ok "$SWRUN" help create
  said=$output
  ok "$SWRUN" create --help
  [ "$output" = "$said" ]
  refused "$SWRUN" help nonsense
}

@test "no command at all is a wish for help, and h is another word for it" {
  local said
  ok "$SWRUN" --help
  said=$output
  ok "$SWRUN"
  [ "$output" = "$said" ]
  ok "$SWRUN" --root "$STATE"
  [ "$output" = "$said" ]
  ok "$SWRUN" h
  [ "$output" = "$said" ]
  ok "$SWRUN" help create
  said=$output
  ok "$SWRUN" h create
  [ "$output" = "$said" ]
}

@test "an empty value of an option is as good as none" {
  probe wait
  cd "$BUNDLE"
  ok "$SWRUN" --root "$STATE" --log "" --log-format "" --rootless "" list
  launch create c1 --bundle "" --pid-file "" --console-socket ""
  ok runtime start c1
  ok runtime exec --process "" --cwd "" --apparmor "" --process-label "" --pid-file "" \
    --console-socket "" c1 /probe cwd
  expect cwd /
  ok runtime update --memory "" --cpuset-cpus "" --resources "" c1
  ok runtime kill c1 ""
  eventually grep -qx signal=15 "$BATS_TEST_TMPDIR/c1.out"
  # A number is none.
  capture runtime exec --preserve-fds "" c1 /probe cwd
  [ "$status" -ne 0 ]
}

@test "an empty value of an option that others lack is as good as none" {
  [ "$RUNTIME" = swrun ] || skip "$RUNTIME takes an empty root for the working directory"
  # Where a user's state is kept by default.
  STATE=$PWD/run/swrun
  mkdir -p "$STATE"
  export XDG_RUNTIME_DIR=$PWD/run
  probe wait
  launch create c1 --config "" --pidfd-socket ""
  ok "$SWRUN" --rootless true --root "" --log-level "" --criu "" list --quiet --format ""
  [ "$output" = c1 ]
  # The last one counts.
  ok "$SWRUN" --root /nonexistent --root "$STATE" --log "$PWD/no/such/log" --log "" state c1
}

# What crun understands
@test "short flags may stand together" {
  started
  ok runtime delete -rf 'c[1]'
  becomes_nothing() { [ ! -e "$STATE/c1" ]; }
  eventually becomes_nothing
  refused runtime delete -fx c1
}
