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
  for call in set_mempolicy sched_setaffinity sched_setattr ioprio_set personality AF_NETLINK \
    landlock_ AF_UNIX,\ SOCK_STREAM CLONE_NEWTIME timens_offsets resctrl SECCOMP_SET_MODE_FILTER \
    MOUNT_ATTR_IDMAP PR_SCHED_CORE selinux; do
    unless grep -F "$call" trace
  done
}

@test "nobody traces the steps of init unless --debug asks" {
  calls
  local quiet debug
  quiet=$(grep -c sendmsg trace)
  calls --debug
  debug=$(grep -c sendmsg trace)
  [ "$quiet" -lt 6 ] && [ "$debug" -gt 25 ] || fail "$quiet messages, and $debug with --debug"
}
