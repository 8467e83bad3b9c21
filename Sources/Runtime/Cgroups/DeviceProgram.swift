// The program of type BPF_PROG_TYPE_CGROUP_DEVICE that looks a device up in the table of rules.
//
// The kernel runs it for each open and mknod with {access and kind, major, minor}. It is the same for
// all containers but for the map it names and the kinds of keys that it need not look for.
//
// Why a map, and not the rules as instructions: the kernel's verifier follows each branch of each
// rule. For Docker's and podman's rules that took 0.20 ms of every start where the map, filled, and
// this program together take 0.06 (medians of 300, Linux 6.18).
//
// Why a new map and program for each update, and not new entries in the map: a program that runs
// during the changes would see half of the old rules and half of the new. An array of maps would
// switch all at once, but the kernel waits out an RCU grace period on each write to one, the first
// included: 12 ms for every start. Programs are replaced with one write of a pointer too
// (BPF_F_REPLACE), for each cgroup below in turn, and a map that a program names never changes.
//
// See: cgroup-v2.rst, "Device controller"; struct bpf_cgroup_dev_ctx in <linux/bpf.h>.

extension DeviceTable {
  /// The program over a map with the table's entries; what no key is found for is denied.
  func program(map: CInt) -> [UInt8] {
    var code = Instruction.prologue
    var jumps: [Int] = []
    for shape in Shape.allCases where entries.contains(where: { Shape($0.key) == shape }) {
      code += shape.key + Instruction.lookUp(map)
      jumps.append(code.count)
      code.append(.jumpIfFound)
    }
    code += Instruction.exit(allowing: false)
    for jump in jumps { code[jump].offset = Int16(code.count - jump - 1) }
    return (code + Instruction.judgement).flatMap(\.bytes)
  }

  /// The kinds of keys, the most specific first: a device in two of one rank would be in the first.
  private enum Shape: CaseIterable {
    case device, major, minor, every

    init(_ key: Key) {
      switch (key.major == Key.every, key.minor == Key.every) {
      case (false, false): self = .device
      case (false, true): self = .major
      case (true, false): self = .minor
      case (true, true): self = .every
      }
    }

    /// Puts the numbers of the key on the stack.
    var key: [Instruction] {
      switch self {
      case .device: [.store(.major, at: -12), .store(.minor, at: -8)]
      case .major: [.store(.major, at: -12), .store(Key.every, at: -8)]
      case .minor: [.store(Key.every, at: -12), .store(.minor, at: -8)]
      case .every: [.store(Key.every, at: -12), .store(Key.every, at: -8)]
      }
    }
  }
}

/// One instruction of eBPF: struct bpf_insn.
private struct Instruction {
  enum Register: UInt8 {
    case result = 0
    case first = 1
    case second = 2
    case kind = 6
    case access = 7
    case major = 8
    case minor = 9
    case frame = 10

    /// What a program gets, and a call takes, is in the same register.
    static let context = Register.first
  }

  var code: UInt8
  var destination = Register.result
  var source = Register.result
  /// The high nibble of the registers' byte where it is no register: BPF_PSEUDO_MAP_FD.
  var mark: UInt8 = 0
  var offset: Int16 = 0
  var immediate: UInt32 = 0

  /// Takes the context apart; the key on the stack begins with the kind.
  static let prologue = [
    load(.kind, from: .context, at: 0),
    Instruction(code: 0xbc, destination: .access, source: .kind),  // copy
    Instruction(code: 0x54, destination: .kind, immediate: 0xffff),  // and
    Instruction(code: 0x74, destination: .access, immediate: 16),  // shift right
    load(.major, from: .context, at: 4),
    load(.minor, from: .context, at: 8),
    store(.kind, at: -16),
  ]

  /// What is asked for without what is denied has to be the same.
  static let judgement =
    [
      load(.result, from: .result, at: 0),
      Instruction(code: 0x5c, destination: .result, source: .access),  // and
      Instruction(code: 0x16, destination: .result, offset: 2),  // jump if 0
    ] + exit(allowing: false) + exit(allowing: true)

  /// bpf_map_lookup_elem(map, key).
  static func lookUp(_ map: CInt) -> [Instruction] {
    [
      Instruction(
        code: 0x18,
        destination: .first,
        mark: 1,
        immediate: UInt32(bitPattern: map)
      ),
      Instruction(code: 0),
      Instruction(code: 0xbf, destination: .second, source: .frame),  // copy
      Instruction(code: 0x07, destination: .second, immediate: UInt32(bitPattern: -16)),  // add
      Instruction(code: 0x85, immediate: 1),
    ]
  }

  static let jumpIfFound = Instruction(code: 0x55, destination: .result)

  static func load(_ register: Register, from: Register, at offset: Int16) -> Instruction {
    Instruction(code: 0x61, destination: register, source: from, offset: offset)
  }

  static func store(_ register: Register, at offset: Int16) -> Instruction {
    Instruction(code: 0x63, destination: .frame, source: register, offset: offset)
  }

  static func store(_ number: UInt32, at offset: Int16) -> Instruction {
    Instruction(code: 0x62, destination: .frame, offset: offset, immediate: number)
  }

  static func exit(allowing: Bool) -> [Instruction] {
    [
      Instruction(code: 0xb7, destination: .result, immediate: allowing ? 1 : 0),
      Instruction(code: 0x95),
    ]
  }

  /// As the kernel reads it on a little-endian machine, which is all that Swift runs on under
  /// Linux.
  var bytes: [UInt8] {
    let registers = destination.rawValue | (source.rawValue | mark) << 4
    let head = UInt64(code) | UInt64(registers) << 8
    let middle = UInt64(UInt16(bitPattern: offset)) << 16
    let value = head | middle | UInt64(immediate) << 32
    return (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}
