import Foundation
import ImageSpec
import Testing

@testable import ContentStore

/// What another process may have removed while it was looked for.
@Suite struct SettledReadingTests {
  private let store: ContentStore
  private let path = NSTemporaryDirectory() + "/settled-\(UUID().uuidString)"
  private let digest: Digest

  init() throws {
    store = try ContentStore(creating: path)
    digest = try Digest(algorithm: "sha256", encoded: String(repeating: "a", count: 64))
  }

  /// As a removal in another process does.
  private func changeIndex() throws(StoreError) { try store.updateIndex { _ in } }

  /// Reads with a change of the index in the first `changes` rounds; how often it was read.
  private func rounds(
    changes: Int,
    isCertain: Bool,
    failing: Bool,
  ) -> (rounds: Int, hasFailed: Bool) {
    var rounds = 0
    do throws(StoreError) {
      try store.settled(isCertain: { isCertain }) { () throws(StoreError) in
        rounds += 1
        if rounds <= changes { try changeIndex() }
        if failing, rounds <= max(changes, 1) { throw .missing(digest) }
      }
      return (rounds, false)
    } catch {
      return (rounds, true)
    }
  }

  @Test func `what is missing is looked for again when the index has changed`() throws {
    #expect(rounds(changes: 2, isCertain: true, failing: true) == (3, false))
    #expect(rounds(changes: 0, isCertain: true, failing: true) == (1, true))
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func `a result that others can spoil is read again, one that stands is not`() throws {
    #expect(rounds(changes: 1, isCertain: false, failing: false) == (2, false))
    #expect(rounds(changes: 1, isCertain: true, failing: false) == (1, false))
    try FileManager.default.removeItem(atPath: path)
  }

  @Test func `changes without end do not hold a reader up`() throws {
    #expect(rounds(changes: .max, isCertain: false, failing: false) == (101, false))
    try FileManager.default.removeItem(atPath: path)
  }
}
