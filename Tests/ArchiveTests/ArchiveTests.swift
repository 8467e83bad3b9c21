import Archive
import Foundation
import Testing

/// An entry with its data put together, holes as zeros.
struct Unpacked: Equatable {
  var entry: Entry
  var contents: [UInt8] = []
  var dataLength = 0
}

func unpacked(
  _ bytes: [UInt8],
  chunkSize: Int = 4096,
  limits: ArchiveLimits = .image,
) throws(ArchiveError) -> [Unpacked] {
  var reader = ArchiveReader(limits: limits)
  var result: [Unpacked] = []
  var isOpen = false
  var start = 0
  while start < bytes.count {
    let chunk = Array(bytes[start..<min(start + chunkSize, bytes.count)])
    start += chunk.count
    var position = 0
    while let event = try reader.next(in: chunk.span, at: &position) {
      switch event {
      case .entry(let entry):
        #expect(!isOpen)
        isOpen = true
        let length = entry.size < 10 << 20 ? Int(entry.size) : 0
        result.append(Unpacked(entry: entry, contents: Array(repeating: 0, count: length)))
      case .data(let range, let offset):
        #expect(isOpen && !range.isEmpty)
        let place = Int(offset)..<(Int(offset) + range.count)
        result[result.count - 1].contents.replaceSubrange(place, with: chunk[range])
        result[result.count - 1].dataLength += range.count
      case .endOfEntry:
        #expect(isOpen)
        isOpen = false
      }
    }
    #expect(position == chunk.count)
  }
  try reader.finish()
  #expect(!isOpen)
  return result
}

func fixture(_ name: String) throws -> [UInt8] {
  let folder = try #require(Bundle.module.resourceURL).appending(path: "Fixtures")
  return Array(try Data(contentsOf: folder.appending(path: name)))
}

func reason(_ bytes: [UInt8], limits: ArchiveLimits = .image) -> ArchiveError.Reason? {
  do {
    _ = try unpacked(bytes, limits: limits)
    return nil
  } catch {
    return error.reason
  }
}

func built(_ build: (inout TarBuilder) -> Void) -> [UInt8] {
  var tar = TarBuilder()
  build(&tar)
  tar.end()
  return tar.bytes
}

func text(_ string: String) -> [UInt8] { Array(string.utf8) }

@Suite struct RealArchives {
  @Test("GNU tar's formats say the same of one tree", arguments: ["gnu", "pax", "ustar", "v7"])
  func formats(format: String) throws {
    let entries = try unpacked(fixture("\(format).tar"))
    let named = Dictionary(uniqueKeysWithValues: entries.map { ($0.entry.path, $0) })
    let file = try #require(named[text("dir/file")])
    #expect(file.contents == text("hello\n"))
    #expect(file.entry.mode == 0o4751)
    #expect(file.entry.uid == 12 && file.entry.gid == 34)
    #expect(file.entry.modified.seconds == 981_173_106)
    #expect(file.entry.modified.nanoseconds == (format == "pax" ? 789_000_000 : 0))
    #expect(named[text("dir/")]?.entry.kind == .directory)
    #expect(named[text("dir/hard")]?.entry.kind == .hardLink(target: text("dir/file")))
    #expect(named[text("dir/soft")]?.entry.kind == .symbolicLink(target: text("../dir/file")))
    guard format != "v7" else { return }
    #expect(named[text("dir/fifo")]?.entry.kind == .fifo)
    #expect(named[text("dir/null")]?.entry.kind == .characterDevice(major: 1, minor: 3))
    #expect(named[text("dir/loop")]?.entry.kind == .blockDevice(major: 7, minor: 300))
    guard format != "ustar" else { return }
    let long = text("dir/" + String(repeating: "n", count: 200))
    #expect(named[long]?.contents == text("long\n"))
    let target = Array(long.dropFirst(4))
    #expect(named[text("dir/to-long")]?.entry.kind == .symbolicLink(target: target))
  }

  @Test("all four sparse formats hold the same file", arguments: ["gnu", "0.0", "0.1", "1.0"])
  func sparse(version: String) throws {
    let entries = try unpacked(fixture("sparse-\(version).tar"))
    let file = try #require(entries.first)
    #expect(entries.count == 1)
    #expect(file.entry.path == text("sparse"))
    #expect(file.entry.isSparse)
    #expect(file.entry.size == 2 << 20)
    #expect(file.dataLength <= 5 * 4096)
    var expected = [UInt8](repeating: 0, count: 2 << 20)
    expected.replaceSubrange(0..<5, with: text("start"))
    for block in [200, 210, 255] {
      let data = text("at \(block)")
      expected.replaceSubrange((block * 4096)..<(block * 4096 + data.count), with: data)
    }
    #expect(file.contents == expected)
  }

  @Test("an old GNU sparse map may go on over several blocks")
  func longSparse() throws {
    let file = try #require(try unpacked(fixture("sparse-long.tar")).first)
    for block in stride(from: 1, through: 59, by: 2) {
      let data = text("\(block)")
      #expect(Array(file.contents[(block * 4096)...].prefix(data.count)) == data)
    }
    #expect(file.entry.size == 59 * 4096 + 2)
  }

  @Test(
    "the size of the chunks makes no difference",
    arguments: ["gnu", "pax", "sparse-gnu", "sparse-0.0", "sparse-1.0", "sparse-long"],
  )
  func chunkSizes(name: String) throws {
    let bytes = try fixture("\(name).tar")
    let whole = try unpacked(bytes, chunkSize: bytes.count)
    for chunkSize in [1, 7, 511, 513, 4096] {
      #expect(try unpacked(bytes, chunkSize: chunkSize) == whole)
    }
  }

  @Test("an archive that was cut is an error or the entries before the cut")
  func cut() throws {
    let bytes = try fixture("pax.tar")
    let whole = try unpacked(bytes)
    var accepted = 0
    for length in stride(from: 0, to: bytes.count, by: 128) {
      do throws(ArchiveError) {
        let entries = try unpacked(Array(bytes.prefix(length)))
        #expect(entries == Array(whole.prefix(entries.count)), "cut after \(length)")
        accepted += 1
      } catch {
        #expect(error.reason == .truncated || error.reason == .extendedHeaderWithoutEntry)
      }
    }
    // Only between two entries, behind the data of one, and within the end.
    #expect(accepted < bytes.count / 128 / 2)
  }
}

@Suite struct OddArchives {
  @Test("nothing at all, only zeros, and no end blocks are archives")
  func empty() throws {
    #expect(try unpacked([]) == [])
    #expect(try unpacked(Array(repeating: 0, count: 1024)) == [])
    #expect(try unpacked(Array(repeating: 0, count: 512)) == [])
    #expect(try unpacked(Array(repeating: 0, count: 10_240)) == [])
    #expect(try unpacked(TarBuilder.Header("a").bytes).count == 1)
  }

  @Test("what follows the end blocks is ignored")
  func afterTheEnd() throws {
    #expect(try unpacked(built { $0.add(.init("a")) } + Array(repeating: 7, count: 700)).count == 1)
  }

  static let times: [(String, Int64, Int)] = [
    ("0", 0, 0), ("1.5", 1, 500_000_000), ("-1", -1, 0), ("-1.5", -2, 500_000_000),
    ("12.0000000019", 12, 1), ("3.", 3, 0), ("-0.25", -1, 750_000_000),
  ]

  @Test("times have fractions and lie before the epoch", arguments: times)
  func time(value: String, seconds: Int64, nanoseconds: Int) throws {
    let tar = built {
      $0.addPax([("mtime", value)])
      $0.add(.init("a"))
    }
    let expected = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
    #expect(try unpacked(tar).first?.entry.modified == expected)
  }

  @Test("binary numbers hold large and negative values")
  func binaryNumbers() throws {
    var header = TarBuilder.Header("a")
    header.uid = [0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFE]
    header.modified = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xF6]
    let entry = try #require(try unpacked(built { $0.add(header) }).first?.entry)
    #expect(entry.uid == 4_294_967_294)
    #expect(entry.modified == Timestamp(seconds: -10))
  }

  @Test("a ustar prefix is put before the name, but not in GNU headers")
  func prefix() throws {
    var header = TarBuilder.Header("name")
    header.prefix = text("some/prefix")
    #expect(try unpacked(built { $0.add(header) }).first?.entry.path == text("some/prefix/name"))
    header.magic = text("ustar  \u{0}")
    #expect(try unpacked(built { $0.add(header) }).first?.entry.path == text("name"))
  }

  @Test("a global header holds for all entries and an entry's own goes first")
  func global() throws {
    let entries = try unpacked(
      built {
        $0.addPax([("uid", "77"), ("SCHILY.xattr.user.g", "global"), ("comment", "x")], type: "g")
        $0.add(.init("a"))
        $0.addPax([("uid", "88"), ("SCHILY.xattr.user.l", "local")])
        $0.add(.init("b"))
        $0.addPax([("uid", "")])
        $0.add(.init("c"))
      }
    ).map(\.entry)
    #expect(entries.map(\.uid) == [77, 88, 0])
    #expect(entries.map(\.attributes.count) == [1, 2, 1])
  }

  @Test("attributes come in both encodings, with any bytes")
  func attributes() throws {
    let entry = try #require(
      try unpacked(
        built {
          $0.addPax([
            ("SCHILY.xattr.security.capability", [1, 0, 0, 2, 0x0A, 0x3D]),
            ("LIBARCHIVE.xattr.user.na%3Dme", text("aGkA")),
            ("LIBARCHIVE.xattr.user.unpadded", text("aGk")),
            ("LIBARCHIVE.xattr.user.both", text("!!")),
            ("SCHILY.xattr.user.both", text("wins")),
          ])
          $0.add(.init("a"))
        }
      ).first?.entry
    )
    let found = Dictionary(uniqueKeysWithValues: entry.attributes.map { ($0.name, $0.value) })
    #expect(
      found == [
        text("security.capability"): [1, 0, 0, 2, 0x0A, 0x3D],
        text("user.na=me"): [0x68, 0x69, 0],
        text("user.unpadded"): text("hi"),
        text("user.both"): text("wins"),
      ]
    )
  }

  @Test("links, devices and directories have no data, whatever their size says")
  func sizeOfLinks() throws {
    for type: Character in ["1", "2", "3", "4", "5", "6"] {
      var header = TarBuilder.Header("a")
      header.type = type
      header.link = text("b")
      header.size = octal(512, 12)
      let entries = try unpacked(
        built {
          $0.add(header)
          $0.add(.init("next"))
        }
      )
      #expect(entries.map(\.entry.path) == [text("a"), text("next")], "type \(type)")
    }
  }

  @Test("a long name of GNU tar may be longer than PATH_MAX")
  func veryLongName() throws {
    let name = text(String(repeating: "d/", count: 4000) + "f")
    var header = TarBuilder.Header("././@LongLink")
    header.type = "L"
    let entries = try unpacked(
      built {
        $0.add(header, data: name + [0])
        $0.add(.init("short"))
      }
    )
    #expect(entries.map(\.entry.path) == [name])
  }

  @Test("checksums of signed bytes are accepted")
  func signedChecksum() throws {
    var header = TarBuilder.Header("\u{FF}\u{FF}")
    var bytes = header.bytes
    bytes.replaceSubrange(148..<156, with: Array(repeating: 0x20, count: 8))
    let sum = bytes.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
    header.checksum = octal(sum, 7) + [0x20]
    #expect(try unpacked(built { $0.add(header) }).count == 1)
  }
}
