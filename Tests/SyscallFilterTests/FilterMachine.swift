/// Runs classic BPF over a struct seccomp_data, as the kernel would.
struct FilterMachine {
  var architecture: UInt32
  var number: UInt32
  var arguments: [UInt64] = []

  struct Fault: Error {
    var at: Int
    var code: UInt16
  }

  private func word(at offset: UInt32) -> UInt32 {
    switch offset {
    case 0: return number
    case 4: return architecture
    case 16..<64:
      let index = Int(offset - 16) / 8
      let value = index < arguments.count ? arguments[index] : 0
      return UInt32(truncatingIfNeeded: offset % 8 == 0 ? value : value >> 32)
    default: return 0
    }
  }

  /// The filter's verdict.
  func run(_ program: [UInt8]) throws(Fault) -> UInt32 {
    var (at, a) = (0, UInt32(0))
    while true {
      guard at * 8 + 8 <= program.count else { throw Fault(at: at, code: 0) }
      let bytes = program[(at * 8)..<(at * 8 + 8)].map { UInt64($0) }
      let code = UInt16(bytes[0] | bytes[1] << 8)
      let (jt, jf) = (Int(bytes[2]), Int(bytes[3]))
      let k = UInt32(bytes[4] | bytes[5] << 8 | bytes[6] << 16 | bytes[7] << 24)
      at += 1
      switch code {
      case 0x20: a = word(at: k)
      case 0x54: a &= k
      case 0x05: at += Int(k)
      case 0x15: at += a == k ? jt : jf
      case 0x25: at += a > k ? jt : jf
      case 0x35: at += a >= k ? jt : jf
      case 0x06: return k
      default: throw Fault(at: at - 1, code: code)
      }
    }
  }
}
