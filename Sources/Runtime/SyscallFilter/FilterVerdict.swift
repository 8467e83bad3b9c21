import CSeccomp

/// A system call as a filter sees it.
package struct FilteredCall: Sendable {
  let name: String
  /// As far as they are known; the others count as 0.
  let arguments: [UInt64]

  package init(_ name: String, _ arguments: [UInt64] = []) {
    self.name = name
    self.arguments = arguments
  }
}

extension CompiledFilter {
  /// Whether the filter lets all of some calls through.
  ///
  /// What this can't tell counts as a no.
  package func allows(_ calls: [FilteredCall]) -> Bool {
    calls.allSatisfy { call in
      let number = unsafe seccomp_syscall_resolve_name(call.name)
      // The architecture lacks it, so nobody calls it.
      guard number >= 0 else { return true }
      let verdict = verdict(on: UInt32(number), call.arguments)
      return [FilterAction.allow.code, FilterAction.log.code].contains(verdict)
    }
  }

  /// What the kernel would do with a call of this program's own; nil for a program that does what none
  /// of libseccomp's does.
  ///
  /// See: seccomp(2), struct seccomp_data; <linux/bpf_common.h>.
  private func verdict(on number: UInt32, _ arguments: [UInt64]) -> UInt32? {
    var (next, value) = (0, UInt32(0))
    while let instruction = instruction(next) {
      next += 1
      let k = instruction.k
      switch instruction.code {
      case 0x20: value = word(at: k, number, arguments)
      case 0x54: value &= k
      case 0x05: next += Int(k)
      case 0x15: next += value == k ? instruction.whenTrue : instruction.whenFalse
      case 0x25: next += value > k ? instruction.whenTrue : instruction.whenFalse
      case 0x35: next += value >= k ? instruction.whenTrue : instruction.whenFalse
      case 0x06: return k
      default: return nil
      }
    }
    return nil
  }

  private func instruction(_ index: Int) -> FilterInstruction? {
    let start = index * 8
    guard start + 8 <= program.count else { return nil }
    return FilterInstruction(
      code: UInt16(program[start]) | UInt16(program[start + 1]) << 8,
      whenTrue: Int(program[start + 2]),
      whenFalse: Int(program[start + 3]),
      k: (4..<8).reversed().reduce(0) { $0 << 8 | UInt32(program[start + $1]) }
    )
  }

  private func word(at offset: UInt32, _ number: UInt32, _ arguments: [UInt64]) -> UInt32 {
    switch offset {
    case 0: return number
    case 4: return nativeArchitecture
    case 16..<64:
      let index = Int(offset - 16) / 8
      let value = index < arguments.count ? arguments[index] : 0
      return UInt32(truncatingIfNeeded: offset % 8 == 0 ? value : value >> 32)
    default: return 0
    }
  }
}

private struct FilterInstruction {
  let code: UInt16
  let whenTrue: Int
  let whenFalse: Int
  let k: UInt32
}
