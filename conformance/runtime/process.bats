# SPDX-License-Identifier: Apache-2.0
# config.md#process: who the process is and what it may do.
load ../lib/common
setup() { begin; }
teardown() { finish; }

@test "user and group are as given, in all four ids" {
  edit '.process.user = {"uid": 1000, "gid": 1001}'
  in_container identity
  expect uid "1000 1000 1000 1000"
  expect gid "1001 1001 1001 1001"
}

@test "no additional group is inherited from the caller" {
  edit '.process.user = {"uid": 1000, "gid": 1001}'
  in_container identity
  expect groups ""
}

@test "additional groups are exactly those given" {
  edit '.process.user.additionalGids = [7, 4, 2147483647]'
  in_container identity
  [ "$(fact groups | tr ' ' '\n' | sort -n | tr '\n' ' ')" = "4 7 2147483647 " ]
}

# CVE-2016-3697: a number is a number and never looked up
@test "a user of /etc/passwd whose name is a number is not looked at" {
  printf '1000:x:0:0::/:/bin/sh\n' >>"$BUNDLE/rootfs/etc/passwd"
  edit '.process.user = {"uid": 1000, "gid": 1000}'
  in_container identity
  expect uid "1000 1000 1000 1000"
}

@test "umask is as given" {
  edit '.process.user.umask = 63'
  in_container identity
  expect umask 0077
}

@test "umask is 0022 when none is given" {
  umask 0077
  in_container identity
  expect umask 0022
}

@test "the process leads its session" {
  in_container identity
  expect session_leader yes
  expect pid 1
}

@test "arguments arrive byte for byte" {
  probe args "" " " $'two\nlines' 'ü€' '*' '"'
  ok runtime run --bundle "$BUNDLE" c1
  expect arg:0 ""
  expect arg:1 " "
  expect arg:3 'ü€'
  expect arg:4 '*'
  expect arg:5 '"'
}

@test "the environment is the given one; the caller's does not leak" {
  edit '.process.env = ["A=1", "B=two words", "EMPTY="]'
  export LEAK=yes
  in_container env
  expect env:A 1
  expect env:B "two words"
  expect env:EMPTY ""
  unless fact env:LEAK
}

@test "a program without a slash is found along the container's PATH" {
  entry echo found
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = found ]
}

@test "a program that is not there fails before start with the words that callers know" {
  entry /no/such/program
  refused runtime create --bundle "$BUNDLE" c1
  says "no such file or directory"
}

@test "a program that is not in PATH fails with the words that callers know" {
  entry no-such-program
  refused runtime create --bundle "$BUNDLE" c1
  says 'not found in $PATH'
  [ "$RUNTIME" != swrun ] || says 'exec: "no-such-program": executable file not found in $PATH'
}

@test "a program without the x bit fails with the words that callers know" {
  touch "$BUNDLE/rootfs/plain"
  entry /plain
  refused runtime run --bundle "$BUNDLE" c1
  says "permission denied"
}

# What Go's LookPath passes over is not found, whatever is in the way.
@test "a program in PATH without the x bit is one that is not in PATH" {
  touch "$BUNDLE/rootfs/bin/plain"
  entry plain
  refused runtime create --bundle "$BUNDLE" c1
  says 'not found in $PATH'
  [ "$RUNTIME" = swrun ] || return 0
  says 'exec: "plain": executable file not found in $PATH'
  refused runtime --log "$PWD/log" --log-format json create --bundle "$BUNDLE" c1
  [ "$(jq -r .code log)" = program-not-found ]
}

@test "a program that is a directory fails with the words that callers know" {
  entry /etc
  refused runtime create --bundle "$BUNDLE" c1
  says "permission denied"
  [ "$RUNTIME" != swrun ] || says "is a directory"
}

@test "the working directory is as given" {
  edit '.process.cwd = "/etc"'
  in_container cwd
  expect cwd /etc
}

# CVE-2024-21626: a descriptor of the host as the working directory
@test "a working directory by way of a descriptor never leads out" {
  local number
  for number in 3 4 5 6 7 8 9 10; do
    edit '.process.cwd = "/proc/self/fd/'$number'"'
    probe cwd file /proc/self/cwd/etc/hostname
    capture runtime run --bundle "$BUNDLE" c1
    [ "$status" -ne 0 ] || [[ "$(fact cwd)" == /* && "$(fact cwd)" != /proc/* ]] || fail "escaped"
    unless grep -qF "$BUNDLE" <<<"$(fact cwd)"
    runtime delete --force c1 2>/dev/null
  done
}

@test "the five capability sets are as given" {
  edit '.process.capabilities = {
    "bounding": ["CAP_KILL", "CAP_CHOWN"], "permitted": ["CAP_KILL", "CAP_CHOWN"],
    "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}
    | .process.user = {"uid": 1000, "gid": 1000}'
  in_container caps
  expect CapBnd 0000000000000021
  expect CapInh 0000000000000020
  expect CapAmb 0000000000000020
  expect CapEff 0000000000000020
  expect CapPrm 0000000000000020
}

# CVE-2022-29162: the inheritable set stays empty unless asked for
@test "without an inheritable set there is none" {
  in_container caps
  expect CapInh 0000000000000000
  expect CapAmb 0000000000000000
  expect CapEff 0000000020000420
  expect CapPrm 0000000020000420
  expect CapBnd 0000000020000420
}

@test "empty capability lists leave none" {
  edit '.process.capabilities = {"bounding": [], "permitted": [], "effective": []}'
  in_container caps
  local set
  for set in CapInh CapPrm CapEff CapBnd CapAmb; do expect $set 0000000000000000; done
}

@test "without a capabilities section root has none" {
  edit 'del(.process.capabilities)'
  in_container caps
  expect CapEff 0000000000000000
  expect CapBnd 0000000000000000
}

# config.md#linux-process: any value which cannot be mapped MUST be logged as a warning
@test "an unknown capability is a warning and no failure" {
  edit '.process.capabilities.bounding += ["CAP_NOT_THERE"]'
  in_container caps
  expect CapBnd 0000000020000420
}

@test "a user who is not root keeps no capability but ambient ones" {
  edit '.process.user = {"uid": 1000, "gid": 1000}'
  in_container caps
  expect CapEff 0000000000000000
  expect CapBnd 0000000020000420
}

@test "no_new_privs is set when asked for" {
  in_container caps
  expect NoNewPrivs 1
}

@test "no_new_privs is not set otherwise" {
  edit '.process.noNewPrivileges = false'
  in_container caps
  expect NoNewPrivs 0
}

@test "resource limits are as given and others inherited" {
  [ "$RUNTIME" = swrun ] || has_capability 24 || skip "missing: CAP_SYS_RESOURCE"
  edit '.process.rlimits = [{"type": "RLIMIT_NOFILE", "soft": 512, "hard": 1024},
    {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]'
  in_container rlimits
  expect rlimit:NOFILE "512 1024"
  expect rlimit:CORE "0 0"
  expect rlimit:STACK "$(prlimit --stack --raw --noheadings -o SOFT,HARD | \
    sed 's/unlimited/18446744073709551615/g; s/  */ /g')"
}

@test "the OOM score is as given" {
  edit '.process.oomScoreAdj = 321'
  in_container knobs
  expect oom_score_adj 321
}

@test "signals are neither blocked nor ignored for the process" {
  in_container signals
  expect SigBlk 0000000000000000
  expect SigIgn 0000000000000000
}

@test "a caller's ignored and blocked signals do not reach the process" {
  probe signals
  ok "$PYTHON" -c 'import os, signal, sys
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.signal(signal.SIGPIPE, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})
os.execv(sys.argv[1], sys.argv[1:])' "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  expect SigBlk 0000000000000000
  expect SigIgn 0000000000000000
}

@test "no parent-death signal is left and the process can be dumped" {
  in_container knobs
  expect pdeathsig 0
  expect dumpable 1
}

@test "a new session keyring is joined" {
  in_container knobs
  expect keyring _ses.c1
}

@test "--no-new-keyring keeps the caller's session keyring" {
  probe knobs
  ok runtime run --no-new-keyring --bundle "$BUNDLE" c1
  [ "$(fact keyring)" != _ses.c1 ]
}

# CVE-2019-5736: the runtime's own binary through /proc/self/exe
@test "an entry point that leads back to the runtime cannot write its binary" {
  before=$(sha256sum <"$SWRUN")
  printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/evil"
  chmod +x "$BUNDLE/rootfs/evil"
  entry /evil
  capture runtime run --bundle "$BUNDLE" c1
  [ "$(sha256sum <"$SWRUN")" = "$before" ]
  entry /bin/sh -c 'for p in /proc/[0-9]*; do echo x 2>/dev/null >"$p/exe"; done; true'
  edit '.linux.namespaces |= map(select(.type != "pid"))'
  entry /bin/sh -c 'echo x >/proc/self/exe; true'
  capture runtime run --bundle "$BUNDLE" c1
  [ "$(sha256sum <"$SWRUN")" = "$before" ]
}

# Since Linux 6.2 a cpuset no longer undoes it: an engine with CPUAffinity= would confine all containers.
@test "what the caller is confined to of the CPUs is not the container's, nor exec's" {
  require_runtime 1.3.1 1.9.2
  require taskset
  local all
  all=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/1/status)
  [ "$all" != 0 ] || skip "missing: a second processor"
  entry /bin/busybox grep Cpus_allowed_list /proc/self/status
  ok taskset -c 0 timeout 60 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ "$output" = $'Cpus_allowed_list:\t'"$all" ]
  started c2
  ok taskset -c 0 timeout 60 "$SWRUN" --root "$STATE" exec c2 /bin/busybox grep Cpus_allowed_list /proc/self/status
  [ "$output" = $'Cpus_allowed_list:\t'"$all" ]
}

@test "an empty HOME is as good as none" {
  require_runtime 1.3.0 -
  edit '.process.env += ["HOME="]'
  echo 'root:x:0:0::/homely:/bin/sh' >"$BUNDLE/rootfs/etc/passwd"
  entry /bin/sh -c 'env | grep ^HOME='
  ok runtime run --bundle "$BUNDLE" c1
  [ "$output" = HOME=/homely ]
}

# podman's --group-add keep-groups
@test "the caller's groups are kept where crun's annotation says so, for exec too" {
  require setpriv
  edit '.process.user.additionalGids = [5]'
  probe identity
  capture setpriv --groups 777,778 timeout 20 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  expect groups 5
  edit '.annotations["run.oci.keep_original_groups"] = "1"'
  capture setpriv --groups 777,778 timeout 20 "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  expect groups "777 778"
  started
  capture setpriv --groups 777,778 timeout 20 "$SWRUN" --root "$STATE" exec c1 /probe identity
  expect groups "777 778"
}
