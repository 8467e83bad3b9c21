package import RuntimeSpec

// The device rules as a program of type BPF_PROG_TYPE_CGROUP_DEVICE.
//
// The kernel runs it for each open and mknod with {access and type, major, minor}. The last rule
// that speaks of a device decides, bit by bit of the access: the program goes through the rules
// from the last to the first and strikes out what has been allowed. A rule that denies one of
// several accesses so stops them all, in whatever combination they are asked for.
//
// See: cgroup-v2.rst, "Device controller"; struct bpf_cgroup_dev_ctx in <linux/bpf.h>.

/// The program for some rules; what no rule speaks of is denied.
package func deviceProgram(for rules: [DeviceRule]) -> [UInt8] {
  var code = Instruction.prologue
  for rule in rules.reversed() {
    let verdict = verdict(of: rule)
    let conditions = conditions(of: rule)
    if rule.speaksOfAll {
      // Nothing gets past this one, and the verifier refuses what can't be reached.
      return (code + verdict).flatMap(\.bytes)
    }
    for (index, condition) in conditions.enumerated() {
      var jump = condition
      jump.offset = Int16(conditions.count - index - 1 + verdict.count)
      code.append(jump)
    }
    code += verdict
  }
  return (code + Instruction.exit(allowing: false)).flatMap(\.bytes)
}

/// Jumps past the rule for the devices that it does not speak of.
private func conditions(of rule: DeviceRule) -> [Instruction] {
  var code: [Instruction] = []
  switch rule.kind {
  case .all: break
  case .block: code.append(.jumpUnlessEqual(.kind, 1))  // BPF_DEVCG_DEV_BLOCK
  case .character: code.append(.jumpUnlessEqual(.kind, 2))  // BPF_DEVCG_DEV_CHAR
  }
  if let major = rule.major { code.append(.jumpUnlessEqual(.major, major)) }
  if let minor = rule.minor { code.append(.jumpUnlessEqual(.minor, minor)) }
  return code
}

private func verdict(of rule: DeviceRule) -> [Instruction] {
  let exit = Instruction.exit(allowing: rule.isAllowed)
  if rule.access == .all { return exit }
  let mask = kernelMask(of: rule.access)
  if rule.isAllowed {
    // Strike out what is allowed; nothing left to ask for is a yes.
    return [.and(.access, ~mask), .jumpUnlessEqual(.access, 0, offset: 2)] + exit
  }
  return [
    .copy(.scratch, .access), .and(.scratch, mask), .jumpIfEqual(.scratch, 0, offset: 2),
  ] + exit
}

/// BPF_DEVCG_ACC_MKNOD, _READ and _WRITE.
private func kernelMask(of access: DeviceRule.Access) -> UInt32 {
  (access.contains(.mknod) ? 1 : 0) | (access.contains(.read) ? 2 : 0)
    | (access.contains(.write) ? 4 : 0)
}

/// One instruction of eBPF: struct bpf_insn.
///
/// All arithmetic is of 32 bits.
private struct Instruction {
  enum Register: UInt8 {
    case result = 0
    case context = 1
    case kind = 2
    case access = 3
    case major = 4
    case minor = 5
    case scratch = 6
  }

  var code: UInt8
  var destination: Register
  var source: Register = .result
  var offset: Int16 = 0
  var immediate: UInt32 = 0

  static let prologue = [
    load(.kind, at: 0),
    copy(.access, .kind),
    and(.kind, 0xffff),
    Instruction(code: 0x74, destination: .access, immediate: 16),  // shift right
    load(.major, at: 4),
    load(.minor, at: 8),
  ]

  static func load(_ register: Register, at offset: Int16) -> Instruction {
    Instruction(code: 0x61, destination: register, source: .context, offset: offset)
  }

  static func copy(_ to: Register, _ from: Register) -> Instruction {
    Instruction(code: 0xbc, destination: to, source: from)
  }

  static func and(_ register: Register, _ mask: UInt32) -> Instruction {
    Instruction(code: 0x54, destination: register, immediate: mask)
  }

  static func jumpUnlessEqual(
    _ register: Register,
    _ value: UInt32,
    offset: Int16 = 0,
  ) -> Instruction {
    Instruction(code: 0x56, destination: register, offset: offset, immediate: value)
  }

  static func jumpIfEqual(_ register: Register, _ value: UInt32, offset: Int16) -> Instruction {
    Instruction(code: 0x16, destination: register, offset: offset, immediate: value)
  }

  static func exit(allowing: Bool) -> [Instruction] {
    [
      Instruction(code: 0xb7, destination: .result, immediate: allowing ? 1 : 0),
      Instruction(code: 0x95, destination: .result),
    ]
  }

  /// As the kernel reads it on a little-endian machine, which is all that Swift runs on under
  /// Linux.
  var bytes: [UInt8] {
    let head = UInt64(code) | UInt64(destination.rawValue | source.rawValue << 4) << 8
    let middle = UInt64(UInt16(bitPattern: offset)) << 16
    let value = head | middle | UInt64(immediate) << 32
    return (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}
