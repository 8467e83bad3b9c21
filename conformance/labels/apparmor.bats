# SPDX-License-Identifier: Apache-2.0
# config.md#linux-process, apparmorProfile: with AppArmor in force.
# Twice: with and without a user namespace.
load ../lib/common

setup_file() {
  in_force || return 0
  apparmor_parser --replace --skip-cache <<'PROFILES'
profile conformance_kept flags=(attach_disconnected, mediate_deleted) {
  file, capability, network, signal, ptrace, unix, mount,
  deny /secret r,
}
profile conformance_other flags=(attach_disconnected, mediate_deleted) {
  file, capability, network, signal, ptrace, unix, mount,
}
PROFILES
}

setup() {
  in_force || skip "missing: AppArmor in force; conformance/vm/suite uml direct"
  begin
  edit '.process.apparmorProfile = "conformance_kept"'
}
teardown() { finish; }

in_force() {
  grep -qsx Y /sys/module/apparmor/parameters/enabled && command -v apparmor_parser >/dev/null
}

@test "init, and what exec adds, have the container's profile" {
  started
  [ "$(cat "/proc/$(container_pid c1)/attr/apparmor/current")" = "conformance_kept (enforce)" ]
  ok runtime exec c1 /probe labels
  expect apparmor "conformance_kept (enforce)"
}

@test "a program with and without no_new_privs has the profile" {
  local value
  for value in true false; do
    edit ".process.noNewPrivileges = $value"
    in_container labels
    expect apparmor "conformance_kept (enforce)"
  done
}

@test "exec takes a profile of its own, by option and by file" {
  started
  ok runtime exec --apparmor conformance_other c1 /probe labels
  expect apparmor "conformance_other (enforce)"
  jq '.process | .args = ["/probe", "labels"] | .apparmorProfile = "conformance_other"' \
    "$BUNDLE/config.json" >process.json
  ok runtime exec --process process.json c1
  expect apparmor "conformance_other (enforce)"
}

@test "the profile holds for the container's processes" {
  echo word >"$BUNDLE/rootfs/secret"
  probe file /secret
  ok runtime run --bundle "$BUNDLE" c1
  grep -q EACCES <<<"$output"
  edit '.process.apparmorProfile = "conformance_other"'
  ok runtime run --bundle "$BUNDLE" c2
  grep -q word <<<"$output"
}

@test "unconfined is a profile too" {
  edit '.process.apparmorProfile = "unconfined"'
  in_container labels
  expect apparmor unconfined
}

@test "a profile that is not loaded fails create, and exec" {
  edit '.process.apparmorProfile = "no-such-profile"'
  refused runtime create --bundle "$BUNDLE" c1
  [ "$RUNTIME" != swrun ] || says "process.apparmorProfile no-such-profile"
  edit '.process.apparmorProfile = "conformance_kept"'
  started
  capture runtime exec --apparmor no-such-profile c1 /probe labels
  [ "$status" -ne 0 ]
}

# CVE-2019-16884, CVE-2025-52881
@test "a process that joins a container whose procfs is covered has the profile all the same" {
  edit '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"])'
  entry /bin/sh -c 'mount -t tmpfs none /proc && mkdir -p /proc/self/attr/apparmor &&
    echo >/proc/self/attr/exec && echo >/proc/self/attr/apparmor/exec && echo ready && exec sleep 100'
  ln -s busybox "$BUNDLE/rootfs/bin/mount"
  launch run c1 --detach
  eventually grep -q ready c1.out
  ok runtime exec --detach --pid-file "$PWD/pid" c1 /bin/sleep 100
  [ "$(cat "/proc/$(cat pid)/attr/apparmor/current")" = "conformance_kept (enforce)" ]
}
