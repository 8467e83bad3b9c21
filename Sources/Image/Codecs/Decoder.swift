/// What one step of a decoder did.
struct DecoderStep {
  let consumed: Int
  let produced: Int
}

/// Turns compressed bytes into plain ones, as far as input and room for output go.
protocol Decoder: AnyObject {
  /// Decodes some of the input; does nothing only when it can't go on without more.
  func step(
    _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer,
  ) throws(CodecError) -> DecoderStep

  /// - Throws: when the input may not end here.
  func finish() throws(CodecError)
}

/// Hands on what isn't compressed.
final class PlainDecoder: Decoder {
  func step(
    _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer,
  ) throws(CodecError) -> DecoderStep {
    let count = min(input.count, output.count)
    unsafe output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input.prefix(count)))
    return DecoderStep(consumed: count, produced: count)
  }

  func finish() {}
}
