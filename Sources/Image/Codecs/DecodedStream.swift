/// Where compressed bytes come from: a descriptor, perhaps hashed or counted on the way.
package protocol ByteInput: ~Copyable {
  associatedtype Failure: Error

  /// Reads into the front of the buffer.
  ///
  /// - Returns: how many bytes came, 0 at the end.
  mutating func read(into buffer: inout [UInt8]) throws(Failure) -> Int
}

/// Why a stream of decoded bytes broke: its input failed, or what came from it is not valid.
package enum StreamError<InputFailure: Error>: Error {
  case input(InputFailure)
  case codec(CodecError)
}

/// The decompressed bytes of an input, chunk by chunk, until the input's very end.
package struct DecodedStream<Input: ByteInput & ~Copyable>: ~Copyable {
  /// A size for chunks that keeps them in the processor's cache between the two ends.
  package static var chunkSize: Int { 262_144 }

  private var input: Input
  private let stated: Compression?
  private var decoder: (any Decoder)?
  private var buffer: [UInt8]
  private var position = 0
  private var available = 0
  private var inputHasEnded = false
  private var hasFinished = false
  private var readCount: UInt64 = 0
  private var decodedCount: UInt64 = 0

  /// - Parameters:
  ///   - input: the compressed bytes.
  ///   - stated: what the media type promises, to be checked against the magic number; nil when
  ///     nothing is promised.
  package init(_ input: consuming Input, stated: Compression?) {
    self.input = input
    self.stated = stated
    buffer = [UInt8](repeating: 0, count: Self.chunkSize)
  }

  /// Decodes into the front of the chunk.
  ///
  /// - Returns: how many bytes there are, 0 at the end of the input.
  /// - Throws: when the input fails, is not in the promised compression, is corrupt, or ends early.
  package mutating func next(
    into chunk: inout [UInt8]
  ) throws(StreamError<Input.Failure>) -> Int {
    guard !hasFinished else { return 0 }
    let decoder = try startedDecoder()
    if decoder is PlainDecoder, position == available {
      // Nothing to decode: no need to copy either.
      let count = try Self.read(&input, into: &chunk)
      readCount += UInt64(count)
      decodedCount += UInt64(count)
      hasFinished = count == 0
      return count
    }
    var filled = 0
    while filled < chunk.count {
      if position == available, !inputHasEnded { try refill() }
      let step = try decode(into: &chunk, from: filled, by: decoder)
      position += step.consumed
      filled += step.produced
      guard step.consumed == 0, step.produced == 0 else { continue }
      guard inputHasEnded, position == available else {
        throw .codec(.corrupt(stated ?? .none, reason: "the decoder makes no progress"))
      }
      hasFinished = true
      try finish(decoder)
      break
    }
    decodedCount += UInt64(filled)
    return filled
  }

  /// Whether more came out of the input than out of any honest archive.
  package var isBomb: Bool { isExpansionDishonest(read: readCount, decoded: decodedCount) }

  /// Gives the input back, for what it learned on the way.
  package consuming func finish() -> Input {
    input
  }

  /// Reads enough for the magic number and chooses the decoder, the first time.
  private mutating func startedDecoder() throws(StreamError<Input.Failure>) -> any Decoder {
    if let decoder { return decoder }
    var start: [UInt8] = []
    while start.count < 6, !inputHasEnded {
      try refill()
      start += buffer.prefix(available)
    }
    if start.count > available {
      // Several small reads: continue from all of them together.
      available = start.count
      start.reserveCapacity(Self.chunkSize)
      start += repeatElement(0, count: max(0, Self.chunkSize - start.count))
      buffer = start
    }
    do throws(CodecError) {
      let chosen = try chosenDecoder(for: buffer.prefix(min(available, 6)))
      decoder = chosen
      return chosen
    } catch {
      throw .codec(error)
    }
  }

  private func chosenDecoder(for start: ArraySlice<UInt8>) throws(CodecError) -> any Decoder {
    let found = try Compression.detected(in: start)
    if let stated, stated != found { throw .mismatch(stated: stated, found: found) }
    return switch found {
    case .none: PlainDecoder()
    case .gzip: GzipDecoder()
    case .zstd: try ZstdDecoder()
    }
  }

  private mutating func refill() throws(StreamError<Input.Failure>) {
    position = 0
    available = try Self.read(&input, into: &buffer)
    readCount += UInt64(available)
    inputHasEnded = available == 0
  }

  private static func read(
    _ input: inout Input,
    into bytes: inout [UInt8],
  ) throws(StreamError<Input.Failure>) -> Int {
    do {
      return try input.read(into: &bytes)
    } catch {
      throw .input(error)
    }
  }

  private mutating func decode(
    into chunk: inout [UInt8],
    from filled: Int,
    by decoder: any Decoder,
  ) throws(StreamError<Input.Failure>) -> DecoderStep {
    let range = position..<available
    do throws(CodecError) {
      return try unsafe buffer.span.withUnsafeBytes { input throws(CodecError) in
        var room = chunk.mutableSpan
        return try unsafe room.withUnsafeMutableBytes { output throws(CodecError) in
          try unsafe decoder.step(
            UnsafeRawBufferPointer(rebasing: input[range]),
            UnsafeMutableRawBufferPointer(rebasing: output[filled...]),
          )
        }
      }
    } catch {
      throw .codec(error)
    }
  }

  private func finish(_ decoder: any Decoder) throws(StreamError<Input.Failure>) {
    do throws(CodecError) {
      try decoder.finish()
    } catch {
      throw .codec(error)
    }
  }
}

/// Whether an input has become more than 8 GiB, and more than two hundred times what was read of it.
///
/// An honest archive shrinks to a third; one of zeros in gzip to a thousandth.
func isExpansionDishonest(read: UInt64, decoded: UInt64) -> Bool {
  decoded > 8 << 30 && decoded / 200 > read
}
