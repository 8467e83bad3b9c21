import CZstd

/// Decompresses zstd streams of one or more frames by libzstd.
///
/// Spec: RFC 8878.
@safe
final class ZstdDecoder: Decoder {
  /// The largest window that a frame may ask for, as a power of two: 128 MiB, the limit that the
  /// zstd program sets itself, so that a few hostile bytes cannot claim gigabytes.
  private static let largestWindow: Int32 = 27

  private let context: OpaquePointer
  private var isBetweenFrames = false

  init() throws(CodecError) {
    guard let context = unsafe ZSTD_createDCtx() else { throw .noResources }
    unsafe self.context = context
    let result = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindow)
    precondition(ZSTD_isError(result) == 0, "libzstd refuses its window limit")
  }

  deinit {
    unsafe _ = ZSTD_freeDCtx(context)
  }

  func step(
    _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer,
  ) throws(CodecError) -> DecoderStep {
    var source = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let result = unsafe ZSTD_decompressStream(context, &target, &source)
    guard ZSTD_isError(result) == 0 else {
      throw unsafe .corrupt(.zstd, reason: String(cString: ZSTD_getErrorName(result)).lowercased())
    }
    let step = unsafe DecoderStep(consumed: source.pos, produced: target.pos)
    // A call that had nothing to do after a frame's end answers with the size of the next header.
    if step.consumed > 0 || step.produced > 0 { isBetweenFrames = result == 0 }
    return step
  }

  /// - Throws: when the stream ends inside a frame.
  func finish() throws(CodecError) {
    guard isBetweenFrames else { throw .truncated(.zstd) }
  }
}
