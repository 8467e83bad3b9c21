import Codecs
import Foundation
import ImageSpec
import Layers
import RootedFiles
import Testing

/// A blob is not what the image says: found out while it is unpacked.
@Suite struct VerificationTests {
  let world: World

  init() throws {
    world = try World()
  }

  let good = layer(.file("a", "data"))

  func problem(_ source: consuming LayerSource) throws -> LayerError.Problem? {
    var applier = try LayerApplier(
      root: RootDirectory(atPath: world.root),
      ownership: .rootless,
      limits: .image,
    )
    do throws(LayerError) {
      try applier.apply(source) { _ in true }
      return nil
    } catch {
      return error.problem
    }
  }

  let zeros = "sha256:" + String(repeating: "0", count: 64)

  @Test("another content than the digest's is an error, also behind the archive's end")
  func digest() throws {
    guard case .wrongDigest = try problem(world.source(good, digest: zeros)) else {
      Issue.record("was accepted")
      return
    }
  }

  @Test("another archive than the diff ID's is an error")
  func diffID() throws {
    guard case .wrongDiffID(zeros, _) = try problem(world.source(good, diffID: zeros)) else {
      Issue.record("was accepted")
      return
    }
  }

  @Test("a blob longer or shorter than its size is an error", arguments: [-1, 1, 512])
  func size(difference: Int) throws {
    let source = try world.source(good, size: Int64(good.count + difference))
    let expected = Int64(good.count + difference)
    #expect(
      try problem(source) == .wrongSize(expected: expected, found: Int64(good.count))
    )
  }

  @Test("the magic number must be the media type's")
  func compression() throws {
    #expect(
      try problem(world.source(good, compression: .gzip))
        == .codec(.mismatch(stated: .gzip, found: .none))
    )
  }

  @Test("a damaged compressed blob is reported by its digest, not by its codec")
  func damaged() throws {
    let source = try world.source(
      [0x1F, 0x8B, 0, 0, 0, 0, 0, 0],
      digest: zeros,
      compression: .gzip
    )
    guard case .wrongDigest = try problem(source) else {
      Issue.record("the codec spoke first")
      return
    }
  }

  @Test("a digest of an unknown algorithm is not believed")
  func algorithm() throws {
    let source = try world.source(good, digest: "blake3:abcdef")
    #expect(try problem(source) == .unsupportedAlgorithm("blake3"))
  }

  @Test("trailing bytes belong to the diff ID and are drained")
  func trailing() throws {
    #expect(try problem(world.source(good + Array(repeating: 1, count: 100_000))) == nil)
  }

  @Test("a layer of nothing is a layer")
  func empty() throws {
    #expect(try problem(world.source([])) == nil)
    #expect(try problem(world.source(Array(repeating: 0, count: 1024))) == nil)
  }

  @Test("an unpacked size beyond the allowed ratio is an error")
  func bomb() throws {
    var limits = LayerLimits.image
    limits.freeBytes = 1000
    limits.ratio = 0
    guard case .tooLarge(let what, _) = try world.problem(good, limits: limits) else {
      Issue.record("was accepted")
      return
    }
    #expect(what == "the unpacked layer")
  }

  @Test("a file of holes beyond the allowed size is an error")
  func sparseBomb() throws {
    let bomb = layer(
      .pax([("GNU.sparse.size", "9223372036854775807"), ("GNU.sparse.map", "0,0")]),
      .file("a")
    )
    guard case .tooLarge(let what, _) = try world.problem(bomb) else {
      Issue.record("was accepted")
      return
    }
    #expect(what == "the size of the file")
    #expect(try world.list() == [])
  }

  @Test("names that multiply in memory are an error")
  func nameBomb() throws {
    var limits = LayerLimits.image
    limits.nameBytes = 1 << 20
    let deep = layer(.pax([("path", String(repeating: "d/", count: 2000) + "f")]), .file("short"))
    guard case .tooLarge(let what, _) = try world.problem(deep, limits: limits) else {
      Issue.record("was accepted")
      return
    }
    #expect(what == "the length of all names")
  }

  @Test("the caller can stop, and progress adds up to the blob")
  func progress() throws {
    var applier = try LayerApplier(
      root: RootDirectory(atPath: world.root),
      ownership: .rootless,
      limits: .image,
    )
    let blob = layer(.file("a", String(repeating: "x", count: 1 << 20)))
    var total: Int64 = 0
    try applier.apply(world.source(blob)) { bytes in
      total += bytes
      return true
    }
    #expect(total == blob.count)
    do {
      try applier.apply(world.source(blob)) { _ in false }
      Issue.record("went on")
    } catch let error as LayerError {
      #expect(error.problem == .stopped)
    }
  }

  @Test("an error is one line with the layer, the escaped name and the cause")
  func message() throws {
    let broken = layer(.hardLink("evil\u{1B}[31m\n", to: "no\u{202E}where"))
    do {
      try world.apply(broken)
      Issue.record("was accepted")
    } catch {
      let text = "\(error)"
      #expect(text.hasPrefix("layer sha256:"))
      #expect(text.contains("entry \"evil\\x1b[31m\\x0a\": the target \"no\\xe2\\x80\\xaewhere\""))
      #expect(!text.contains("\n"))
    }
  }
}
