@testable import Cgroups

/// Runs a device program's subset of eBPF over its map, and refuses what the kernel's verifier would.
struct DeviceMachine {
  enum Fault: Error {
    case outOfProgram
    case unknownInstruction(UInt8)
    case unreachable([Int])
    case notOnStack(Int)
    case unknownMap(UInt64)
    case noMemory(UInt64)
  }

  struct Instruction {
    var code: UInt8
    var destination: Int
    var source: Int
    var offset: Int
    var immediate: UInt32
  }

  private static let map: CInt = 77
  private static let (context, stackTop, value): (UInt64, UInt64, UInt64) = (
    1 << 32, 2 << 32, 3 << 32
  )

  let program: [Instruction]
  /// By the 12 bytes of the key, as three numbers.
  private var entries: [[UInt32]: UInt32] = [:]

  init(_ table: DeviceTable) throws(Fault) {
    let bytes = table.program(map: Self.map)
    program = stride(from: 0, to: bytes.count, by: 8).map { at in
      let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
      return Instruction(
        code: UInt8(truncatingIfNeeded: word),
        destination: Int(word >> 8 & 0xf),
        source: Int(word >> 12 & 0xf),
        offset: Int(Int16(truncatingIfNeeded: word >> 16)),
        immediate: UInt32(word >> 32)
      )
    }
    let (keys, values) = (Self.words(table.keyBytes), Self.words(table.valueBytes))
    for (index, value) in values.enumerated() {
      entries[Array(keys[(index * 3)..<(index * 3 + 3)])] = value
    }
    try checkReachable()
  }

  private static func words(_ bytes: [UInt8]) -> [UInt32] {
    stride(from: 0, to: bytes.count, by: 4).map { at in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
    }
  }

  private func checkReachable() throws(Fault) {
    var reached: Set<Int> = []
    var open = [0]
    while let at = open.popLast() {
      guard program.indices.contains(at) else { throw .outOfProgram }
      guard reached.insert(at).inserted, program[at].code != 0x95 else { continue }
      open.append(at + 1)
      if [0x55, 0x16].contains(program[at].code) { open.append(at + 1 + program[at].offset) }
    }
    let dead = program.indices.filter { !reached.contains($0) }
    guard dead.isEmpty else { throw .unreachable(dead) }
  }

  /// Kind is 1 for block, 2 for character; access 1 for mknod, 2 for read, 4 for write, together.
  func allows(kind: UInt32, _ major: UInt32, _ minor: UInt32, access: UInt32) throws(Fault) -> Bool
  {
    let context = [access << 16 | kind, major, minor]
    var stack: [Int: UInt32] = [:]
    var registers = [UInt64](repeating: 0xdead_beef_dead_beef, count: 11)
    (registers[1], registers[10]) = (Self.context, Self.stackTop)
    var at = 0
    while program.indices.contains(at) {
      let step = program[at]
      at += 1
      let source = registers[step.source]
      switch step.code {
      case 0x61 where source == Self.context:
        registers[step.destination] = UInt64(context[step.offset / 4])
      case 0x61 where source >> 32 == 3 && step.offset == 0:
        registers[step.destination] = source & 0xffff_ffff
      case 0x61: throw .noMemory(source)
      case 0x63: stack[step.offset] = UInt32(truncatingIfNeeded: source)
      case 0x62: stack[step.offset] = step.immediate
      case 0xbf: registers[step.destination] = source
      case 0xbc: registers[step.destination] = source & 0xffff_ffff
      case 0x07:
        registers[step.destination] &+= UInt64(bitPattern: Int64(Int32(bitPattern: step.immediate)))
      case 0x54: registers[step.destination] &= UInt64(step.immediate)
      case 0x5c: registers[step.destination] &= source & 0xffff_ffff
      case 0x74: registers[step.destination] = registers[step.destination] >> UInt64(step.immediate)
      case 0xb7: registers[step.destination] = UInt64(step.immediate)
      case 0x18:
        registers[step.destination] = UInt64(step.immediate)
        at += 1
      case 0x85: registers = try lookUp(registers, stack)
      case 0x55: if registers[step.destination] != UInt64(step.immediate) { at += step.offset }
      case 0x16: if registers[step.destination] == UInt64(step.immediate) { at += step.offset }
      case 0x95: return registers[0] == 1
      default: throw .unknownInstruction(step.code)
      }
    }
    throw .outOfProgram
  }

  /// A call leaves nothing of registers 1 to 5; what is found is a pointer to the value.
  private func lookUp(
    _ registers: [UInt64],
    _ stack: [Int: UInt32],
  ) throws(Fault) -> [UInt64] {
    guard registers[1] == UInt64(Self.map) else { throw .unknownMap(registers[1]) }
    let offset = Int(Int64(bitPattern: registers[2] &- Self.stackTop))
    var key: [UInt32] = []
    for word in 0..<3 {
      guard let part = stack[offset + 4 * word] else { throw .notOnStack(offset) }
      key.append(part)
    }
    var after = registers
    for register in 1...5 { after[register] = 0xdead_beef_dead_beef }
    after[0] = entries[key].map { Self.value | UInt64($0) } ?? 0
    return after
  }
}
