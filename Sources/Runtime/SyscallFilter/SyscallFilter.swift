// SyscallFilter
