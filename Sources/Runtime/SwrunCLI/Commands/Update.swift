import Kernel
import Lifecycle
import RuntimeSpec

/// `swrun update`.
func update(
  _ arguments: Arguments,
  _ presentation: Presentation,
  on host: borrowing Host,
) throws(RuntimeError) {
  let id = try arguments.id()
  for option in ["l3-cache-schema", "mem-bw-schema"] where arguments.has(option) {
    throw .usage(
      "--\(option) can't be set: write the schemata of the container's class of service in resctrl"
    )
  }
  guard let path = arguments.options["resources"] else {
    let request = UpdateRequest(
      resources: try arguments.limits(),
      isDocument: false
    )
    return try update(id, request, on: host)
  }
  for option in arguments.options.keys.sorted() where option != "resources" {
    presentation.warn("--\(option) is ignored, as --resources is given")
  }
  let request = UpdateRequest(resources: try readResources(path), isDocument: true)
  try update(id, request, on: host)
}

/// Reads a document with resources; `-` stands for standard input.
private func readResources(_ path: String) throws(RuntimeError) -> Resources {
  let bytes: [UInt8]
  do throws(KernelError) {
    let limit = 16 << 20
    if path == "-" {
      bytes = try OwnedDescriptor.duplicating(raw: 0).readAll(limit: limit)
    } else {
      bytes = try open(path, [.readOnly]).readAll(limit: limit, subject: path)
    }
  } catch {
    throw .kernel(error, subject: "--resources")
  }
  do throws(ConfigurationError) {
    return try Resources(parsing: bytes)
  } catch {
    throw .configuration(path: "--resources \(path)", error)
  }
}

extension Arguments {
  /// The limits that options give one by one.
  fileprivate func limits() throws(RuntimeError) -> Resources {
    var resources = Resources()
    resources.memory = try memoryLimits()
    resources.cpu = try cpuLimits()
    if let weight = try number("blkio-weight", in: 0...1000) {
      resources.blockIO = BlockIOLimits()
      resources.blockIO?.weight = UInt16(weight)
    }
    // 0 is runc's word for "not given": a container without room for a process would come of it.
    if let limit = try number("pids-limit", in: -1...Int64.max), limit != 0 {
      resources.pids = PidsLimit(limit: limit)
    }
    return resources
  }

  private func memoryLimits() throws(RuntimeError) -> MemoryLimits {
    var memory = MemoryLimits()
    memory.limit = try size("memory")
    memory.reservation = try size("memory-reservation")
    memory.swap = try size("memory-swap")
    memory.kernel = try size("kernel-memory")
    memory.kernelTCP = try size("kernel-memory-tcp")
    return memory
  }

  private func cpuLimits() throws(RuntimeError) -> CPULimits {
    let positive = 0...Int64.max
    var cpu = CPULimits()
    cpu.shares = try number("cpu-share", in: positive).map(UInt64.init)
    cpu.quota = try number("cpu-quota", in: -1...Int64.max)
    cpu.period = try number("cpu-period", in: positive).map(UInt64.init)
    cpu.burst = try number("cpu-burst", in: positive).map(UInt64.init)
    cpu.realtimePeriod = try number("cpu-rt-period", in: positive).map(UInt64.init)
    cpu.realtimeRuntime = try number("cpu-rt-runtime", in: positive)
    cpu.idle = try number("cpu-idle", in: 0...1)
    cpu.cpus = options["cpuset-cpus"]
    cpu.mems = options["cpuset-mems"]
    return cpu
  }

  private func number(
    _ option: String,
    in range: ClosedRange<Int64>,
  ) throws(RuntimeError) -> Int64? {
    guard let text = options[option] else { return nil }
    guard let number = Int64(text), range.contains(number) else {
      let end = range.upperBound == .max ? "on" : "to \(range.upperBound)"
      throw .usage(
        "--\(option) can't be \"\(text)\": use a number from \(range.lowerBound) \(end)"
      )
    }
    return number
  }

  private func size(_ option: String) throws(RuntimeError) -> Int64? {
    guard let text = options[option] else { return nil }
    guard let bytes = byteCount(text) else {
      throw .usage(
        "--\(option) can't be \"\(text)\": use bytes, as 1048576, 512k, 64m or 1.5g, or -1 for none"
      )
    }
    return bytes
  }
}
