import Kernel
import Testing

@testable import Confinement

private let program: [UInt8] = (0..<32).map { UInt8($0) }

private func key(_ text: String) -> FilterKey {
  FilterKey(source: Array(text.utf8), compiler: "test 1.0")
}

/// A root directory of its own for each test.
private final class Scratch {
  let path: String
  let root: OwnedDescriptor

  init() throws {
    path = "/tmp/swrun-cache-test.\(Process.ownID).\(Clock.now.nanoseconds)"
    try makeDirectories(path, mode: 0o700)
    root = try open(path, [.readOnly, .directory])
  }

  func entries() throws -> OwnedDescriptor {
    try open("\(path)/.cache/seccomp", [.readOnly, .directory])
  }

  /// Opens an entry to spoil it.
  func entry(_ key: FilterKey, _ flags: OpenFlags) throws -> OwnedDescriptor {
    try open("\(path)/.cache/seccomp/\(key.fileName)", flags)
  }

  deinit {
    do {
      let cache = try open("\(path)/.cache", [.readOnly, .directory])
      let entries = try entries()
      for name in try Directory.names(in: entries) { try Directory.unlink(at: entries, name) }
      try Directory.remove(at: cache, "seccomp")
      try Directory.remove(at: root, ".cache")
      try Directory.remove(
        at: try open("/tmp", [.readOnly, .directory]),
        String(path.dropFirst(5))
      )
    } catch {
      Issue.record("the scratch directory \(path) stays behind: \(error)")
    }
  }
}

@Suite struct FilterCacheTests {
  @Test("what was stored comes back for the same key, and for no other")
  func roundTrip() throws {
    let scratch = try Scratch()
    #expect(try FilterCache.program(for: key("a"), in: scratch.root) == nil)
    try FilterCache.store(program, for: key("a"), in: scratch.root)
    #expect(try FilterCache.program(for: key("a"), in: scratch.root) == program)
    #expect(try FilterCache.program(for: key("b"), in: scratch.root) == nil)
    let other = FilterKey(source: Array("a".utf8), compiler: "test 1.1")
    #expect(try FilterCache.program(for: other, in: scratch.root) == nil)
  }

  @Test("an entry of another key under this key's name is not taken")
  func collision() throws {
    let scratch = try Scratch()
    try FilterCache.store(program, for: key("a"), in: scratch.root)
    try Directory.rename(at: try scratch.entries(), key("a").fileName, to: key("b").fileName)
    #expect(try FilterCache.program(for: key("b"), in: scratch.root) == nil)
  }

  @Test("a torn or changed entry is not taken")
  func torn() throws {
    let whole = FilterRecord.bytes(of: program, for: key("a"))
    #expect(FilterRecord.program(in: whole, for: key("a")) == program)
    for length in 0..<whole.count {
      #expect(FilterRecord.program(in: Array(whole.prefix(length)), for: key("a")) == nil)
    }
    for index in whole.indices {
      var changed = whole
      changed[index] ^= 1
      #expect(FilterRecord.program(in: changed, for: key("a")) == nil, "byte \(index)")
    }
    #expect(FilterRecord.program(in: whole + [0], for: key("a")) == nil)
  }

  @Test("an entry that others may read or write is not taken")
  func mode() throws {
    let scratch = try Scratch()
    try FilterCache.store(program, for: key("a"), in: scratch.root)
    let file = try scratch.entry(key("a"), [.readOnly])
    for mode: UInt32 in [0o644, 0o620, 0o602, 0o4600] {
      try file.setMode(mode)
      #expect(try FilterCache.program(for: key("a"), in: scratch.root) == nil)
    }
    try file.setMode(0o600)
    #expect(try FilterCache.program(for: key("a"), in: scratch.root) == program)
  }

  @Test("an entry of another user is not taken", .enabled(if: Process.effectiveUser == 0, "root"))
  func owner() throws {
    let scratch = try Scratch()
    try FilterCache.store(program, for: key("a"), in: scratch.root)
    try scratch.entry(key("a"), [.path]).setOwner(12345, group: 0)
    #expect(try FilterCache.program(for: key("a"), in: scratch.root) == nil)
  }

  @Test("a fifo or a symbolic link of the entry's name is not taken, and holds nobody")
  func kinds() throws {
    let scratch = try Scratch()
    try FilterCache.store(program, for: key("b"), in: scratch.root)
    let entries = try scratch.entries()
    try Directory.makeFifo(at: entries, key("a").fileName, mode: 0o600)
    #expect(try FilterCache.program(for: key("a"), in: scratch.root) == nil)
    try Directory.unlink(at: entries, key("a").fileName)
    try Directory.makeSymbolicLink(at: entries, key("a").fileName, to: key("b").fileName)
    #expect(throws: KernelError.self) {
      try FilterCache.program(for: key("a"), in: scratch.root)
    }
  }

  @Test("old entries make way for new ones")
  func bound() throws {
    let scratch = try Scratch()
    for number in 0..<(FilterCache.capacity + 6) {
      try FilterCache.store(program, for: key("\(number)"), in: scratch.root)
    }
    let names = try Directory.names(in: try scratch.entries())
    #expect(names.count == FilterCache.capacity)
  }
}
