@testable import Codecs
import Foundation
import Testing

/// Gives out bytes in pieces of a chosen size, as a pipe may.
struct PiecewiseInput: ByteInput {
  var bytes: ArraySlice<UInt8>
  let pieceSize: Int

  mutating func read(into buffer: inout [UInt8]) throws(Never) -> Int {
    let piece = bytes.prefix(min(pieceSize, buffer.count))
    buffer.replaceSubrange(0..<piece.count, with: piece)
    bytes = bytes.dropFirst(piece.count)
    return piece.count
  }
}

func decoded(
  _ bytes: [UInt8],
  stated: Compression? = nil,
  pieceSize: Int = 65_536,
  chunkSize: Int = 4096,
) throws -> [UInt8] {
  let input = PiecewiseInput(bytes: bytes[...], pieceSize: pieceSize)
  var stream = DecodedStream(input, stated: stated)
  var chunk = [UInt8](repeating: 0, count: chunkSize)
  var all: [UInt8] = []
  while true {
    let count = try stream.next(into: &chunk)
    guard count > 0 else { break }
    all += chunk.prefix(count)
  }
  #expect(try stream.next(into: &chunk) == 0, "the end stays the end")
  #expect(stream.finish().bytes.isEmpty, "the input is drained")
  return all
}

func fixture(_ name: String) throws -> [UInt8] {
  let folder = try #require(Bundle.module.resourceURL).appending(path: "Fixtures")
  return Array(try Data(contentsOf: folder.appending(path: name)))
}

let text = Array((1...20_000).map { "\($0)\n" }.joined().utf8)

func codecError(_ body: () throws -> [UInt8]) -> CodecError? {
  do {
    _ = try body()
    return nil
  } catch StreamError<Never>.codec(let error) {
    return error
  } catch {
    Issue.record("unexpected \(error)")
    return nil
  }
}

@Suite struct CodecsTests {
  static let goodStreams: [(String, Compression)] = [
    ("one.gz", .gzip), ("two-members.gz", .gzip), ("padded.gz", .gzip), ("named.gz", .gzip),
    ("one.zst", .zstd), ("two-frames.zst", .zstd), ("skippable-first.zst", .zstd),
  ]

  @Test("a good stream decodes whatever the sizes of reads and chunks", arguments: goodStreams)
  func good(name: String, compression: Compression) throws {
    let bytes = try fixture(name)
    for pieceSize in [1, 2, 3, 7, 8, 511, 4096, 1 << 20] {
      for chunkSize in [512, 65_536, DecodedStream<PiecewiseInput>.chunkSize] {
        let result = try decoded(
          bytes,
          stated: compression,
          pieceSize: pieceSize,
          chunkSize: chunkSize,
        )
        #expect(result == text, "pieces of \(pieceSize), chunks of \(chunkSize)")
      }
    }
    #expect(try decoded(bytes) == text, "without a stated compression")
  }

  @Test("a stream that was cut anywhere is an error", arguments: ["one.gz", "one.zst"])
  func truncated(name: String) throws {
    let bytes = try fixture(name)
    let compression: Compression = name == "one.gz" ? .gzip : .zstd
    for length in Array(1..<40) + Array(stride(from: 40, to: bytes.count - 30, by: 997))
      + Array((bytes.count - 30)..<bytes.count)
    {
      let error = codecError { try decoded(Array(bytes.prefix(length)), stated: compression) }
      #expect(error != nil, "cut after \(length) bytes")
    }
    #expect(
      codecError { try decoded(bytes.dropLast(), stated: compression) } == .truncated(compression)
    )
  }

  @Test("a gzip stream with a changed byte is an error or means the same")
  func changed() throws {
    let bytes = try fixture("one.gz")
    var errors = 0
    for index in Array(0..<300) + Array((bytes.count - 8)..<bytes.count) {
      var changed = bytes
      changed[index] ^= 0x10
      do {
        #expect(try decoded(changed, stated: nil) == text || index == 0 || index == 1)
      } catch {
        errors += 1
      }
    }
    #expect(errors > 290)
  }

  @Test("the length in a gzip trailer is checked as well as the CRC", arguments: [1, 8])
  func trailer(fromEnd: Int) throws {
    var bytes = try fixture("one.gz")
    bytes[bytes.count - fromEnd] ^= 0x01
    #expect(codecError { try decoded(bytes) } != nil)
  }

  static let badStreams: [(String, CodecError)] = [
    ("garbage.gz", .trailingGarbage),
    ("member-after-padding.gz", .trailingGarbage),
    ("short.xz", .unsupported("xz")),
  ]

  @Test("what isn't gzip or zstd is named", arguments: badStreams)
  func bad(name: String, expected: CodecError) throws {
    let bytes = try fixture(name)
    #expect(codecError { try decoded(bytes) } == expected)
  }

  @Test("a zstd frame that wants a window of 256 MiB is refused", arguments: ["window-256M.zst"])
  func window(name: String) throws {
    let bytes = try fixture(name)
    guard case .corrupt(.zstd, let reason) = codecError({ try decoded(bytes) }) else {
      Issue.record("was accepted")
      return
    }
    #expect(reason.contains("memory"))
  }

  @Test("garbage after zstd frames is an error")
  func zstdGarbage() throws {
    let bytes = try fixture("garbage.zst")
    #expect(codecError { try decoded(bytes) } != nil)
  }

  @Test("the magic number must agree with the media type")
  func mismatch() throws {
    let gzip = try fixture("one.gz")
    #expect(
      codecError { try decoded(gzip, stated: Compression.none) }
        == .mismatch(stated: .none, found: .gzip)
    )
    #expect(
      codecError { try decoded(text, stated: .gzip) } == .mismatch(stated: .gzip, found: .none)
    )
    #expect(
      codecError { try decoded([], stated: .gzip) } == .mismatch(stated: .gzip, found: .none)
    )
  }

  @Test("plain bytes pass through unchanged", arguments: [1, 5, 6, 4096])
  func plain(pieceSize: Int) throws {
    #expect(try decoded(text, stated: Compression.none, pieceSize: pieceSize) == text)
    #expect(try decoded([]) == [])
    #expect(try decoded([0x1F]) == [0x1F])
  }
}

@Suite struct ReadAheadTests {
  @Test("a second thread hands over the same bytes", arguments: [100, 65_536])
  func sameBytes(pieceSize: Int) throws {
    let input = PiecewiseInput(bytes: try fixture("two-members.gz")[...], pieceSize: pieceSize)
    var ahead = try ReadAhead(DecodedStream(input, stated: .gzip))
    var all: [UInt8] = []
    var chunk: [UInt8] = []
    while true {
      let count = try ahead.next(into: &chunk)
      guard count > 0 else { break }
      all += chunk.prefix(count)
    }
    #expect(all == text)
    #expect(ahead.finish()?.bytes.isEmpty == true)
  }

  @Test("an error arrives after the chunks before it")
  func error() throws {
    let long = try fixture("one.gz") + Array("garbage".utf8)
    let input = PiecewiseInput(bytes: long[...], pieceSize: 4096)
    let ahead = try ReadAhead(DecodedStream(input, stated: .gzip))
    var chunk: [UInt8] = []
    #expect(
      codecError {
        while try ahead.next(into: &chunk) > 0 { continue }
        return []
      } == .trailingGarbage
    )
  }

  @Test("letting go in the middle stops the thread")
  func letGo() throws {
    for _ in 0..<50 {
      let input = PiecewiseInput(bytes: Array(repeating: 7, count: 5 << 20)[...], pieceSize: 65_536)
      let ahead = try ReadAhead(DecodedStream(input, stated: nil))
      var chunk: [UInt8] = []
      #expect(try ahead.next(into: &chunk) > 0)
    }
  }
}

@Test(
  "an archive is a bomb beyond 8 GiB and two hundred times its size",
  arguments: [
    (1, 8 << 30, false), (1, 9 << 30, true), (1 << 30, 100 << 30, false),
    (1 << 20, 300 << 30, true),
  ] as [(UInt64, UInt64, Bool)],
)
func bombs(_ read: UInt64, _ decoded: UInt64, _ expected: Bool) {
  #expect(isExpansionDishonest(read: read, decoded: decoded) == expected)
}
