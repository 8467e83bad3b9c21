/// Runs a device program's subset of eBPF, and refuses what the kernel's verifier would.
struct DeviceMachine {
  enum Fault: Error {
    case outOfProgram
    case unknownInstruction(UInt8)
    case unreachable([Int])
  }

  struct Instruction {
    var code: UInt8
    var destination: Int
    var source: Int
    var offset: Int
    var immediate: UInt32
  }

  let program: [Instruction]

  init(_ bytes: [UInt8]) throws(Fault) {
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
    var reached: Set<Int> = []
    var open = [0]
    while let at = open.popLast() {
      guard program.indices.contains(at) else { throw .outOfProgram }
      guard reached.insert(at).inserted, program[at].code != 0x95 else { continue }
      open.append(at + 1)
      if [0x56, 0x16].contains(program[at].code) { open.append(at + 1 + program[at].offset) }
    }
    let dead = program.indices.filter { !reached.contains($0) }
    guard dead.isEmpty else { throw .unreachable(dead) }
  }

  /// Kind is 1 for block, 2 for character; access 1 for mknod, 2 for read, 4 for write, together.
  func allows(kind: UInt32, _ major: UInt32, _ minor: UInt32, access: UInt32) throws(Fault) -> Bool
  {
    let context = [access << 16 | kind, major, minor]
    var registers = [UInt32](repeating: 0xdead_beef, count: 11)
    var at = 0
    while program.indices.contains(at) {
      let step = program[at]
      at += 1
      switch step.code {
      case 0x61: registers[step.destination] = context[step.offset / 4]
      case 0xbc: registers[step.destination] = registers[step.source]
      case 0xb7: registers[step.destination] = step.immediate
      case 0x54: registers[step.destination] &= step.immediate
      case 0x74: registers[step.destination] >>= step.immediate
      case 0x56: if registers[step.destination] != step.immediate { at += step.offset }
      case 0x16: if registers[step.destination] == step.immediate { at += step.offset }
      case 0x95: return registers[0] == 1
      default: throw .unknownInstruction(step.code)
      }
    }
    throw .outOfProgram
  }
}
