import Foundation
import Hashing
import ImageSpec
import Testing

@testable import ContentStore

/// A store of its own, and a blob that is not in it.
private struct World {
  let path: String
  let store: ContentStore
  let content: [UInt8]
  let descriptor: Descriptor

  init() throws {
    path = NSTemporaryDirectory() + "/claims-\(UUID().uuidString)"
    store = try ContentStore(creating: path)
    content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let encoded = IncrementalHash.hexadecimal(of: content, algorithm: .sha256)
    descriptor = Descriptor(
      mediaType: "application/octet-stream",
      digest: try Digest(algorithm: "sha256", encoded: encoded),
      size: Int64(content.count),
    )
  }

  func remove() throws { try FileManager.default.removeItem(atPath: path) }

  /// The claim, which nobody else may have.
  func claimed(_ lease: borrowing Lease) throws -> BlobClaim {
    guard case .claimed(let claim) = try lease.claim(descriptor, waiting: true) else {
      throw NotClaimed()
    }
    return claim
  }

  /// Leaves the first two of three million bytes, as a claim that was dropped there.
  func leaveBeginning(_ lease: borrowing Lease) throws {
    var claim = try claimed(lease)
    try claim.write(content.span.extracting(0..<2_000_000), at: 0)
  }

  struct NotClaimed: Error {}

  var blob: String { "\(path)/blobs/sha256/\(descriptor.digest.encoded)" }
  var partial: String { "\(path)/partial/sha256-\(descriptor.digest.encoded)" }
  var journal: String { partial + ".ranges" }

  func partialFiles() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(path)/partial")
  }
}

/// Why a blob was not taken; nil when it was.
private func refusal(of claim: consuming BlobClaim) -> String? {
  do throws(StoreError) {
    try claim.commit()
    return nil
  } catch {
    return error.description
  }
}

@Suite struct ClaimTests {
  @Test func `a blob comes in any order and is there once`() throws {
    let world = try World()
    let lease = try Lease(world.store)
    var claim = try world.claimed(lease)
    // A second claim, of this process or another, has to wait.
    guard case .busy = try lease.claim(world.descriptor, waiting: false) else {
      Issue.record("claimed twice")
      return
    }
    let half = world.content.count / 2
    try claim.write(world.content.span.extracting(half..<world.content.count), at: Int64(half))
    let missing = claim.missing
    #expect(missing == [0..<Int64(half)])
    try claim.write(world.content.span.extracting(0..<half), at: 0)
    #expect(refusal(of: claim) == nil)
    #expect(FileManager.default.contents(atPath: world.blob).map(Array.init) == world.content)
    #expect(!FileManager.default.fileExists(atPath: world.partial))
    guard case .present = try lease.claim(world.descriptor, waiting: true) else {
      Issue.record("not present")
      return
    }
    try world.remove()
  }

  @Test func `a dropped claim is taken up where it ended`() throws {
    let world = try World()
    let lease = try Lease(world.store)
    func part(_ range: Range<Int>) throws -> [Range<Int64>] {
      var claim = try world.claimed(lease)
      let missing = claim.missing
      try claim.write(world.content.span.extracting(range), at: Int64(range.lowerBound))
      let isWhole = claim.missing.isEmpty
      if isWhole { try claim.commit() }
      return missing
    }
    #expect(try part(0..<1_000_000) == [0..<3_000_000])
    #expect(try part(2_000_000..<3_000_000) == [1_000_000..<3_000_000])
    #expect(try part(1_000_000..<2_000_000) == [1_000_000..<2_000_000])
    #expect(FileManager.default.contents(atPath: world.blob).map(Array.init) == world.content)
    try world.remove()
  }

  @Test func `content with another digest is refused and not kept`() throws {
    let world = try World()
    let lease = try Lease(world.store)
    var claim = try world.claimed(lease)
    try claim.write(world.content.span, at: 0)
    try claim.write([1, 2, 3].span, at: 5)
    do throws(StoreError) {
      try claim.write([0].span, at: 3_000_000)
      Issue.record("written beyond the end")
    } catch {
      // As it should be.
    }
    #expect(refusal(of: claim)?.contains("wrong digest") == true)
    #expect(!FileManager.default.fileExists(atPath: world.partial))
    #expect(!FileManager.default.fileExists(atPath: world.blob))
    try world.remove()
  }

  @Test func `a journal that a kill has left alone is pruned, and nobody believes it`() throws {
    let world = try World()
    let lease = try Lease(world.store)
    try world.leaveBeginning(lease)
    // As when it was killed between the two steps of putting the blob in its place.
    try FileManager.default.removeItem(atPath: world.partial)
    #expect(FileManager.default.fileExists(atPath: world.journal))
    let found = try world.store.prunePartialBlobs(storedBefore: .max, isDryRun: true)
    #expect(found.map(\.size) == [0])
    _ = try world.store.prunePartialBlobs(storedBefore: .max, isDryRun: false)
    #expect(try world.partialFiles() == [])
    try world.remove()
  }

  @Test func `two who take a blob's journal away at once do not stumble over it`() throws {
    let world = try World()
    let lease = try Lease(world.store)
    var claim = try world.claimed(lease)
    try claim.write(world.content.span, at: 0)
    // As the next claim does that finds the blob in its place before the first has ended.
    try FileManager.default.removeItem(atPath: world.journal)
    #expect(refusal(of: claim) == nil)
    #expect(FileManager.default.fileExists(atPath: world.blob))
    #expect(try world.partialFiles() == [])

    // And the other way round: the first takes the journal from under that next claim.
    try FileManager.default.removeItem(atPath: world.blob)
    do {
      let next = try world.claimed(lease)
      try FileManager.default.removeItem(atPath: world.journal)
      _ = consume next
    }
    #expect(try world.partialFiles() == [])
    try world.remove()
  }

  @Test func `a partial blob that lost its bytes is found out`() throws {
    let world = try World()
    let lease = try Lease(world.store)
    try world.leaveBeginning(lease)
    // As after a loss of power: the journal knows more than the file.
    try Data(world.content.prefix(1000)).write(to: URL(filePath: world.partial))
    var claim = try world.claimed(lease)
    try claim.write(
      world.content.span.extracting(2_000_000..<3_000_000),
      at: 2_000_000,
    )
    #expect(refusal(of: claim)?.contains("wrong digest") == true)
    try world.remove()
  }
}
