import CISAL

/// Inflates gzip streams of one or more members by isa-l, which checks each member's CRC and length.
///
/// NULs after the last member are accepted, as tape tools pad with them; anything else is not.
///
/// Spec: RFC 1952.
@safe
final class GzipDecoder: Decoder {
  private enum Phase {
    case inMember
    case betweenMembers
    case inPadding
  }

  private let state: UnsafeMutablePointer<inflate_state>
  private var phase = Phase.inMember

  init() {
    unsafe state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
    startMember()
  }

  deinit {
    unsafe state.deallocate()
  }

  func step(
    _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer,
  ) throws(CodecError) -> DecoderStep {
    switch phase {
    case .inMember: unsafe try inflate(input, output)
    case .betweenMembers, .inPadding: unsafe try goOn(input, output)
    }
  }

  /// - Throws: when the stream ends inside a member.
  func finish() throws(CodecError) {
    if case .inMember = phase { throw .truncated(.gzip) }
  }

  private func startMember() {
    unsafe isal_inflate_init(state)
    unsafe state.pointee.crc_flag = UInt32(ISAL_GZIP)
    phase = .inMember
  }

  private func inflate(
    _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer,
  ) throws(CodecError) -> DecoderStep {
    // isa-l takes a mutable pointer to its input and doesn't write through it.
    unsafe state.pointee.next_in = UnsafeMutablePointer(
      mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress
    )
    unsafe state.pointee.avail_in = UInt32(input.count)
    unsafe state.pointee.next_out = output.assumingMemoryBound(to: UInt8.self).baseAddress
    unsafe state.pointee.avail_out = UInt32(output.count)
    let result = unsafe isal_inflate(state)
    guard result == ISAL_DECOMP_OK || result == ISAL_END_INPUT else {
      throw .corrupt(.gzip, reason: explanation(of: result))
    }
    if unsafe state.pointee.block_state == ISAL_BLOCK_FINISH { phase = .betweenMembers }
    return unsafe DecoderStep(
      consumed: input.count - Int(state.pointee.avail_in),
      produced: output.count - Int(state.pointee.avail_out),
    )
  }

  /// Goes on behind a member: with the next one, or with padding to the end.
  private func goOn(
    _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer,
  ) throws(CodecError) -> DecoderStep {
    let zeros = unsafe input.prefix { $0 == 0 }.count
    if zeros > 0 { phase = .inPadding }
    guard zeros < input.count else { return DecoderStep(consumed: zeros, produced: 0) }
    guard case .betweenMembers = phase, unsafe input[0] == 0x1F else { throw .trailingGarbage }
    startMember()
    return unsafe try inflate(input, output)
  }
}

private func explanation(of result: Int32) -> String {
  switch result {
  case ISAL_INVALID_BLOCK: "invalid block"
  case ISAL_INVALID_SYMBOL: "invalid symbol"
  case ISAL_INVALID_LOOKBACK: "reference to before the start"
  case ISAL_INVALID_WRAPPER: "invalid member header"
  case ISAL_UNSUPPORTED_METHOD: "unknown compression method"
  case ISAL_INCORRECT_CHECKSUM: "checksum does not match"
  default: "isa-l error \(result)"
  }
}
