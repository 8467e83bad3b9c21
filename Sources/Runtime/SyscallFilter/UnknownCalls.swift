// Calls newer than a profile.
//
// A profile can't name what did not exist when it was written. glibc tries new calls first (clone3,
// faccessat2, …) and falls back on ENOSYS, not on EPERM: so where the default action stops a call,
// one whose number is above every number that the profile names gets ENOSYS instead. runc does the
// same, and profiles are written with that in mind.

/// The highest call that a profile names for an architecture.
struct LastCall: Equatable {
  /// A token of libseccomp: the kernel's AUDIT_ARCH_*, but for x32, which has a token of its own.
  var architecture: UInt32
  var number: UInt32
}

/// Whether the default action keeps programs from calling what the profile doesn't name.
func needsUnknownCallPrefix(_ action: FilterAction) -> Bool {
  !action.letsCallsThrough && action != noSuchCall
}

/// Instructions to put before a program: they return ENOSYS or fall through to it.
func unknownCallPrefix(_ limits: [LastCall]) -> [UInt8] {
  var code: [Instruction] = []
  let x32 = limits.first { $0.architecture == x32Token }
  for limit in limits where limit.architecture != x32Token {
    let isX86 = limit.architecture == x86Token
    var block = [Instruction.loadNumber]
    if isX86 {
      // x32 calls come with the same architecture and bit 30 set: they have a limit of their own,
      // or are left to the program, which knows whether the profile allows them at all.
      block.append(.init(code: .jumpIfGreaterOrEqual, whenTrue: x32 == nil ? 2 : 3, k: x32Bit))
    }
    block += unknownTest(above: limit.number)
    if isX86, let x32 { block += [.leave] + unknownTest(above: x32.number | x32Bit) }
    block.append(.leave)
    code.append(
      .init(code: .jumpIfEqual, whenFalse: UInt8(block.count), k: limit.architecture)
    )
    code += block
  }
  guard !code.isEmpty else { return [] }
  code.insert(.loadArchitecture, at: 0)
  for index in code.indices where code[index] == .leave {
    code[index].k = UInt32(code.count - index - 1)
  }
  return code.flatMap(\.bytes)
}

/// ENOSYS, as all architectures but mips number it.
private let noSuchCall = FilterAction.errno(38)
private let x86Token: UInt32 = 0xc000_003e
private let x32Token: UInt32 = 0x4000_003e
private let x32Bit: UInt32 = 0x4000_0000

private func unknownTest(above number: UInt32) -> [Instruction] {
  [
    .init(code: .jumpIfGreater, whenFalse: 1, k: number),
    .init(code: .return, k: noSuchCall.code),
  ]
}

/// One instruction of classic BPF: struct sock_filter.
private struct Instruction: Equatable {
  /// The codes that are needed here, of <linux/bpf_common.h>.
  enum Code: UInt16 {
    case load = 0x20
    case jump = 0x05
    case jumpIfEqual = 0x15
    case jumpIfGreater = 0x25
    case jumpIfGreaterOrEqual = 0x35
    case `return` = 0x06
  }

  var code: Code
  var whenTrue: UInt8 = 0
  var whenFalse: UInt8 = 0
  var k: UInt32

  /// The offsets are those of struct seccomp_data.
  static let loadNumber = Instruction(code: .load, k: 0)
  static let loadArchitecture = Instruction(code: .load, k: 4)
  /// A jump to what follows the prefix; the distance is filled in at the end.
  static let leave = Instruction(code: .jump, k: .max)

  /// As the kernel reads it on a little-endian machine, which is all that Swift runs on under
  /// Linux.
  var bytes: [UInt8] {
    let head = UInt64(code.rawValue) | UInt64(whenTrue) << 16 | UInt64(whenFalse) << 24
    let value = head | UInt64(k) << 32
    return (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}
