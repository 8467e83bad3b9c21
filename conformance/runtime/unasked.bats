# SPDX-License-Identifier: Apache-2.0
# What a config.json does not ask for costs nothing: no system call of it is made.
load ../lib/common

setup() {
  [ "$RUNTIME" = swrun ] || skip "this is about swrun's own calls"
  begin
  require strace
}
teardown() { finish; }

# calls [OPTION...]: the system calls of a run with these global options, a line each.
calls() {
  probe exit 0
  timeout 60 strace -f -qq -o trace "$SWRUN" --root "$STATE" "$@" run --bundle "$BUNDLE" c1 \
    >/dev/null 2>&1 </dev/null 3>&- || skip "missing: a machine where strace works"
}

@test "sections that are not there make no system calls" {
  calls
  local call
  for call in set_mempolicy sched_setattr ioprio_set personality AF_NETLINK \
    landlock_ AF_UNIX,\ SOCK_STREAM CLONE_NEWTIME timens_offsets resctrl SECCOMP_SET_MODE_FILTER \
    MOUNT_ATTR_IDMAP PR_SCHED_CORE selinux; do
    unless grep -F "$call" trace
  done
}

@test "a filter that says nothing of flags costs no speed, and one that says none has none" {
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}]}'
  calls
  grep -qF "seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW," trace
  edit '.linux.seccomp.flags = []'
  calls
  grep -qF "seccomp(SECCOMP_SET_MODE_FILTER, 0," trace
}

@test "nobody traces the steps of init unless --debug asks" {
  calls
  local quiet debug
  quiet=$(grep -c sendmsg trace)
  calls --debug
  debug=$(grep -c sendmsg trace)
  [ "$quiet" -lt 9 ] && [ "$debug" -gt 25 ] || fail "$quiet messages, and $debug with --debug"
}

@test "nothing but the second start comes before the C library, which starts once" {
  calls
  local first
  first=$(sed '/execveat/q' trace)
  [[ "$first" == *"execveat("* ]] || fail "no second start: $first"
  unless grep -E 'brk\(|arch_prctl|mmap' <<<"$first"
}

@test "the second start has the caller's environment, and no crash reporter whatever that says" {
  probe exit 0
  capture env -i ONE=1 SWIFT_BACKTRACE=enable=yes TWO= timeout 60 /usr/bin/strace -qq -v -s 200 -o trace \
    -e trace=execveat "$SWRUN" --root "$STATE" run --bundle "$BUNDLE" c1
  [ -s trace ] || skip "missing: a machine where strace works"
  grep -F '["ONE=1", "TWO=", "SWIFT_BACKTRACE=enable=no,swift-backtrace=/nonexistent"]' trace
  [ "$(grep -o SWIFT_BACKTRACE trace | wc -l)" -eq 1 ]
}
