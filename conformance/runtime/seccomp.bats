# SPDX-License-Identifier: Apache-2.0
# config-linux.md#seccomp: what the filter does to real system calls.
load ../lib/common
setup() { begin; }
teardown() { finish; }

# filter JSON: a profile that allows all but what the rules say.
filter() { edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW"} + $profile' --argjson profile "$1"; }

calls() {
  in_container call "$@"
}

@test "without a profile there is no filter" {
  in_container seccomp
  expect Seccomp 0
}

@test "with a profile a filter is loaded" {
  filter '{"syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}]}'
  in_container seccomp
  expect Seccomp 2
  expect Seccomp_filters 1
}

@test "a filter may forbid close_range, which the runtime and not the program needs" {
  edit '.process.noNewPrivileges = false'
  filter '{"syscalls": [{"names": ["close_range"], "action": "SCMP_ACT_ERRNO"}]}'
  in_container seccomp
  expect Seccomp 2
}

@test "SCMP_ACT_ERRNO is EPERM unless errnoRet says otherwise" {
  filter '{"syscalls": [
    {"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"},
    {"names": ["sethostname"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
    {"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}'
  calls getcwd sethostname mkdirat getpid
  expect call:getcwd EPERM
  expect call:sethostname ENOSYS
  expect call:mkdirat EACCES
  expect call:getpid allowed
}

@test "a default of ERRNO with defaultErrnoRet" {
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 95,
    "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [{"action": "SCMP_ACT_ALLOW", "names": $names}]}' \
    --argjson names "$(allowed)"
  calls getppid getpid mkdirat
  expect call:getppid allowed
  expect call:mkdirat EOPNOTSUPP
}

# What the probe needs to run at all, and what a runtime does between the filter and execve.
allowed() {
  words read write close fstat newfstatat mmap mprotect munmap brk rt_sigaction rt_sigprocmask \
    pipe2 clone wait4 exit exit_group execve execveat arch_prctl set_tid_address set_robust_list \
    rseq prlimit64 readlink readlinkat getrandom getpid gettid getppid futex uname access openat \
    open fcntl ioctl writev prctl capget capset setuid setgid setgroups setresuid setresgid chdir \
    fchdir getdents64 lseek stat statx sendto sendmsg recvfrom recvmsg poll ppoll nanosleep dup3 \
    close_range fstatfs statfs epoll_pwait epoll_ctl sched_yield mincore sigaltstack tgkill \
    getuid getgid geteuid getegid socketpair keyctl openat2 kill
}

@test "SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL and SCMP_ACT_TRAP end the caller by SIGSYS" {
  local action
  for action in SCMP_ACT_KILL_PROCESS SCMP_ACT_KILL SCMP_ACT_KILL_THREAD SCMP_ACT_TRAP; do
    filter '{"syscalls": [{"names": ["getcwd"], "action": "'$action'"}]}'
    calls getcwd getppid
    expect call:getcwd "signal 31"
    expect call:getppid allowed
  done
}

@test "SCMP_ACT_LOG lets the call through" {
  filter '{"syscalls": [{"names": ["sched_yield"], "action": "SCMP_ACT_LOG"}]}'
  calls sched_yield
  expect call:sched_yield allowed
}

@test "SCMP_ACT_TRACE without a tracer is ENOSYS" {
  filter '{"syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_TRACE", "errnoRet": 5}]}'
  calls getcwd
  expect call:getcwd ENOSYS
}

@test "each comparison of an argument" {
  filter '{"syscalls": [
    {"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 100,
      "args": [{"index": 2, "value": 1000, "op": "SCMP_CMP_EQ"}]},
    {"names": ["unlinkat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 101,
      "args": [{"index": 2, "value": 100, "op": "SCMP_CMP_GT"}]},
    {"names": ["fchmodat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 102,
      "args": [{"index": 2, "value": 240, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ"}]},
    {"names": ["setns"], "action": "SCMP_ACT_ERRNO", "errnoRet": 103,
      "args": [{"index": 1, "value": 7, "op": "SCMP_CMP_NE"}]},
    {"names": ["umount2"], "action": "SCMP_ACT_ERRNO", "errnoRet": 104,
      "args": [{"index": 1, "value": 5, "op": "SCMP_CMP_LE"}]},
    {"names": ["swapon"], "action": "SCMP_ACT_ERRNO", "errnoRet": 105,
      "args": [{"index": 1, "value": 5, "op": "SCMP_CMP_GE"}]},
    {"names": ["acct"], "action": "SCMP_ACT_ERRNO", "errnoRet": 106,
      "args": [{"index": 1, "value": 5, "op": "SCMP_CMP_LT"}]}]}'
  calls mkdirat,-1,-1,1000 mkdirat,-1,-1,1001 unlinkat,-1,-1,101 unlinkat,-1,-1,100 \
    fchmodat,-1,-1,0x1f fchmodat,-1,-1,0x2f setns,-1,8 setns,-1,7 umount2,-1,5 umount2,-1,6 \
    swapon,-1,5 swapon,-1,4 acct,-1,4 acct,-1,5
  expect call:mkdirat,-1,-1,1000 ENETDOWN
  expect call:mkdirat,-1,-1,1001 EFAULT
  expect call:unlinkat,-1,-1,101 ENETUNREACH
  [ "$(fact call:unlinkat,-1,-1,100)" != ENETUNREACH ]
  expect call:fchmodat,-1,-1,0x1f ENETRESET
  expect call:fchmodat,-1,-1,0x2f EFAULT
  expect call:setns,-1,8 ECONNABORTED
  expect call:setns,-1,7 EBADF
  expect call:umount2,-1,5 ECONNRESET
  [ "$(fact call:umount2,-1,6)" != ECONNRESET ]
  expect call:swapon,-1,5 ENOBUFS
  [ "$(fact call:swapon,-1,4)" != ENOBUFS ]
  expect call:acct,-1,4 EISCONN
  [ "$(fact call:acct,-1,5)" != EISCONN ]
}

@test "a 64-bit argument is compared whole" {
  filter '{"syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO", "errnoRet": 100,
      "args": [{"index": 0, "value": 4294967296, "op": "SCMP_CMP_EQ"}]}]}'
  calls acct,0x100000000 acct,0x200000000
  expect call:acct,0x100000000 ENETDOWN
  [ "$(fact call:acct,0x200000000)" != ENETDOWN ]
}

@test "two comparisons in one rule both have to hold" {
  filter '{"syscalls": [{"names": ["setns"], "action": "SCMP_ACT_ERRNO", "errnoRet": 100,
      "args": [{"index": 0, "value": 900, "op": "SCMP_CMP_EQ"},
        {"index": 1, "value": 8, "op": "SCMP_CMP_EQ"}]}]}'
  calls setns,900,8 setns,900,9 setns,901,8
  expect call:setns,900,8 ENETDOWN
  expect call:setns,900,9 EBADF
  expect call:setns,901,8 EBADF
}

@test "a name that the library does not know is passed over" {
  filter '{"syscalls": [{"names": ["no_such_call", "getcwd"], "action": "SCMP_ACT_ERRNO"}]}'
  calls getcwd
  expect call:getcwd EPERM
}

@test "an unknown action, operator or architecture is refused" {
  filter '{"syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_NONSENSE"}]}'
  refused runtime create --bundle "$BUNDLE" c1
  filter '{"syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO",
    "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NONSENSE"}]}]}'
  refused runtime create --bundle "$BUNDLE" c1
  filter '{"architectures": ["SCMP_ARCH_NONSENSE"], "syscalls": [{"names": ["getcwd"],
    "action": "SCMP_ACT_ERRNO"}]}'
  refused runtime create --bundle "$BUNDLE" c1
}

# runc and crun answer ENOSYS for calls newer than the profile, so that libc falls back
@test "a call newer than every name of the profile is ENOSYS and not EPERM" {
  edit '.linux.seccomp = {"defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64"],
    "syscalls": [{"action": "SCMP_ACT_ALLOW", "names": $names}]}' --argjson names "$(allowed)"
  calls beyond mkdirat
  expect call:beyond ENOSYS
  expect call:mkdirat EPERM
}

@test "the filter is in force without no_new_privs too" {
  edit '.process.noNewPrivileges = false'
  filter '{"syscalls": [{"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
  in_container caps call mkdirat
  expect NoNewPrivs 0
  expect call:mkdirat EPERM
}

@test "the filter is in force for another user, with and without no_new_privs" {
  local value
  for value in true false; do
    edit '.process.user = {"uid": 1000, "gid": 1000} | .process.noNewPrivileges = '$value
    filter '{"syscalls": [{"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
    calls mkdirat
    expect call:mkdirat EPERM
  done
}

@test "the filters of an x86 program of 32 bits are there when its architecture is listed" {
  [ "$(uname -m)" = x86_64 ] || skip "missing: an x86_64 machine"
  filter '{"architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}]}'
  calls getcwd getppid
  expect call:getcwd EPERM
  expect call:getppid allowed
}

@test "a large profile works and works again from the cache" {
  local profile=$CONFORMANCE/bench/docker-seccomp.json
  edit '.linux.seccomp = $profile[0]' --slurpfile profile "$profile"
  local round
  for round in 1 2; do
    calls getpid bpf reboot perf_event_open init_module settimeofday
    expect call:getpid allowed
    expect call:bpf EPERM
    expect call:reboot EPERM
    expect call:perf_event_open EPERM
    expect call:init_module EPERM
    expect call:settimeofday EPERM
  done
}

# A cache entry is only trusted whole: whoever changes a byte of it changes nothing in the filter.
@test "a spoilt cache of compiled filters is not trusted" {
  filter '{"syscalls": [{"names": ["getcwd"], "action": "SCMP_ACT_ERRNO"}]}'
  calls getcwd
  expect call:getcwd EPERM
  local file found=0
  while IFS= read -r file; do
    found=1
    "$PYTHON" -c 'import sys
with open(sys.argv[1], "r+b") as file:
    data = bytearray(file.read())
    for at in range(len(data) // 3, len(data)):
        data[at] ^= 0xff
    file.seek(0)
    file.write(data)' "$file"
  done < <(find "$STATE" -path '*/.*' -type f)
  [ "$found" = 1 ] || skip "missing: a cache in $RUNTIME"
  calls getcwd
  expect call:getcwd EPERM
}
