import Testing

@testable import Archive

@Suite struct WriterTests {
  private static func entry(
    _ path: String,
    _ kind: Entry.Kind = .regular,
    size: UInt64 = 0,
    uid: UInt64 = 0,
    modified: Timestamp = Timestamp(seconds: 1_700_000_000),
    attributes: [Entry.Attribute] = [],
  ) -> Entry {
    Entry(
      path: Array(path.utf8),
      kind: kind,
      size: size,
      mode: 0o4755,
      uid: uid,
      gid: 7,
      modified: modified,
      attributes: attributes,
    )
  }

  static let entries: [Entry] = [
    entry("a"),
    entry("d/", .directory),
    entry(String(repeating: "long/", count: 30) + "name"),
    entry(String(repeating: "x", count: 300)),
    entry("l", .symbolicLink(target: Array("../target".utf8))),
    entry("m", .symbolicLink(target: Array(String(repeating: "y", count: 200).utf8))),
    entry("h", .hardLink(target: Array("a".utf8))),
    entry("c", .characterDevice(major: 1, minor: 3)),
    entry("b", .blockDevice(major: 259, minor: 70_000)),
    entry("p", .fifo),
    entry("big", uid: 4_000_000_000),
    entry("early", modified: Timestamp(seconds: -2, nanoseconds: 500_000_000)),
    entry("exact", modified: Timestamp(seconds: 5, nanoseconds: 1)),
    entry("bytes\u{E9}"),
    entry(
      "x",
      attributes: [
        Entry.Attribute(
          name: Array("security.capability".utf8),
          value: Array(repeating: 1, count: 99)
        ),
        Entry.Attribute(name: Array("user.a".utf8), value: [0, 10, 255]),
      ]
    ),
  ]

  @Test(arguments: entries)
  func `what is written is read as it was`(entry: Entry) throws {
    let archive = ArchiveWriter.header(for: entry) + ArchiveWriter.end
    #expect(archive.count % 512 == 0)
    var reader = ArchiveReader(limits: .image)
    var position = 0
    guard case .entry(var read) = try reader.next(in: archive.span, at: &position) else {
      Issue.record("no entry")
      return
    }
    read.offset = 0
    #expect(read == entry)
    while try reader.next(in: archive.span, at: &position) != nil { continue }
    try reader.finish()
  }

  @Test func `a size beyond eight gibibytes needs a record`() throws {
    let large = WriterTests.entry("large", size: 9 << 30)
    var reader = ArchiveReader(limits: .image)
    var position = 0
    let header = ArchiveWriter.header(for: large)
    guard case .entry(let read) = try reader.next(in: header.span, at: &position) else {
      Issue.record("no entry")
      return
    }
    #expect(read.size == 9 << 30)
    #expect(ArchiveWriter.padding(after: 513).count == 511)
    #expect(ArchiveWriter.padding(after: 512).isEmpty)
  }
}
