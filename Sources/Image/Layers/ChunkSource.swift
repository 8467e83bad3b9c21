import Codecs
import ImageSpec

/// The decompressed chunks of a verified blob, decoded on a second thread.
struct ChunkSource: ~Copyable {
  private var ahead: ReadAhead<VerifiedBlob>

  init(_ stream: consuming DecodedStream<VerifiedBlob>) throws(LayerError.Problem) {
    do throws(CodecError) {
      ahead = try ReadAhead(stream)
    } catch {
      throw .codec(error)
    }
  }

  /// - Returns: how many bytes there are in the chunk, 0 when the blob was read and verified to its
  ///   end.
  mutating func next(into chunk: inout [UInt8]) throws(LayerError.Problem) -> Int {
    do throws(StreamError<LayerError.Problem>) {
      return try ahead.next(into: &chunk)
    } catch {
      switch error {
      case .input(let problem): throw problem
      case .codec(let problem):
        // A damaged blob shows as a codec's error first; its digest tells the reason better.
        if var blob = ahead.finish() { try blob.drain() }
        throw .codec(problem)
      }
    }
  }
}

extension Compression {
  init(_ stated: LayerCompression) {
    self =
      switch stated {
      case .none: .none
      case .gzip: .gzip
      case .zstd: .zstd
      }
  }
}
