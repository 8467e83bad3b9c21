extension OptionTable {
  /// The limits that `update` takes one by one, under the names that runc gave them.
  static let limits: [Option] = [
    Option(
      "resources",
      short: "r",
      value: "FILE",
      "read the new limits as JSON from FILE, or from standard input for -"
    ),
    Option("blkio-weight", value: "N", countsEmpty: true, "weight for block devices, 10 to 1000"),
    Option("cpu-period", value: "US", "period of the CPU quota in microseconds"),
    Option("cpu-quota", value: "US", "CPU time in each period in microseconds, -1 for no limit"),
    Option("cpu-burst", value: "US", "CPU time that may be saved for later, in microseconds"),
    Option("cpu-share", value: "N", "share of CPU time, 2 to 262144"),
    Option("cpu-rt-period", value: "US", "ignored: cgroup v2 has no real-time limits"),
    Option("cpu-rt-runtime", value: "US", "ignored: cgroup v2 has no real-time limits"),
    Option("cpu-idle", value: "0|1", "1 runs only when nothing else wants to"),
    Option("cpuset-cpus", value: "LIST", "CPUs to run on, as 0-2,7"),
    Option("cpuset-mems", value: "LIST", "memory nodes to use"),
    Option("kernel-memory", value: "SIZE", "ignored: cgroup v2 has no such limit"),
    Option("kernel-memory-tcp", value: "SIZE", "ignored: cgroup v2 has no such limit"),
    Option("memory", value: "SIZE", "memory, -1 for no limit"),
    Option("memory-reservation", value: "SIZE", "memory that is left alone while others have more"),
    Option("memory-swap", value: "SIZE", "memory and swap together, -1 for no limit of swap"),
    Option("pids-limit", value: "N", countsEmpty: true, "processes and threads, -1 for no limit"),
    Option("l3-cache-schema", value: "SCHEMA", "refused: write to resctrl itself"),
    Option("mem-bw-schema", value: "SCHEMA", "refused: write to resctrl itself"),
  ]
}
