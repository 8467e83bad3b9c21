import Archive
import Testing

/// One header that is wrong, and what must be said of it.
struct HostileHeader: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let expected: ArchiveError.Reason
  let change: @Sendable (inout TarBuilder.Header) -> Void

  init(
    _ description: String,
    _ expected: ArchiveError.Reason,
    _ change: @escaping @Sendable (inout TarBuilder.Header) -> Void,
  ) {
    testDescription = description
    self.expected = expected
    self.change = change
  }
}

/// Records of a PAX header that are wrong, as raw bytes.
struct HostileRecords: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let expected: ArchiveError.Reason
  let body: [UInt8]

  init(_ description: String, _ expected: ArchiveError.Reason, _ body: [UInt8]) {
    testDescription = description
    self.expected = expected
    self.body = body
  }

  init(_ description: String, _ expected: ArchiveError.Reason, _ records: [(String, String)]) {
    let body = records.flatMap { paxRecord($0.0, text($0.1)) }
    self.init(description, expected, body)
  }
}

@Suite struct HostileArchives {
  static let headers = [
    HostileHeader("wrong checksum", .checksumMismatch) { $0.checksum = octal(1, 8) },
    HostileHeader("negative size", .negative(field: "size")) {
      $0.size = Array(repeating: 0xFF, count: 12)
    },
    HostileHeader("size beyond 64 bits", .badNumber(field: "size")) {
      $0.size = [0x80] + Array(repeating: 0x7F, count: 11)
    },
    HostileHeader("size that is no number", .badNumber(field: "size")) {
      $0.size = text("12345678x")
    },
    HostileHeader("negative uid", .negative(field: "uid")) {
      $0.uid = Array(repeating: 0xFF, count: 8)
    },
    HostileHeader("unknown type", .unsupportedType(UInt8(ascii: "M"))) { $0.type = "M" },
    HostileHeader("no name", .emptyName) { $0.name = [] },
    HostileHeader("symbolic link without target", .emptyName) { $0.type = "2" },
    HostileHeader("huge long name", .tooLarge(what: "the length of a name", limit: 65_536)) {
      $0.type = "L"
      $0.size = octal(1 << 30, 12)
    },
    HostileHeader("huge extended header", .tooLarge(what: "an extended header", limit: 1 << 20)) {
      $0.type = "x"
      $0.size = octal(1 << 30, 12)
    },
    HostileHeader("extended header without entry", .extendedHeaderWithoutEntry) { $0.type = "x" },
    HostileHeader("sparse data without map", .badSparseMap("pieces and data differ in length")) {
      $0.type = "S"
      $0.size = octal(512, 12)
      $0.magic = text("ustar  \u{0}")
    },
  ]

  @Test("a wrong header is named", arguments: headers)
  func header(_ hostile: HostileHeader) throws {
    var header = TarBuilder.Header("victim")
    hostile.change(&header)
    #expect(reason(built { $0.add(header) }) == hostile.expected)
  }

  static let recordTable = [
    HostileRecords(
      "length of a record beyond the header",
      .badExtendedHeader("bad record length"),
      text("99 path=a\n")
    ),
    HostileRecords("no length", .badExtendedHeader("bad record length"), text("path=a\n")),
    HostileRecords("negative length", .badExtendedHeader("bad record length"), text("-1 path=a\n")),
    HostileRecords("length zero", .badExtendedHeader("bad record length"), text("0 path=a\n")),
    HostileRecords(
      "length beyond 64 bits",
      .badExtendedHeader("bad record length"),
      text("99999999999999999999 path=a\n"),
    ),
    HostileRecords(
      "no newline",
      .badExtendedHeader("a record without end or equals sign"),
      text("9 path=ab"),
    ),
    HostileRecords(
      "no equals sign",
      .badExtendedHeader("a record without end or equals sign"),
      text("7 path\n"),
    ),
    HostileRecords("NUL in the path", .nulInName, [("path", "a\u{0}b")]),
    HostileRecords("negative uid", .negative(field: "uid"), [("uid", "-1")]),
    HostileRecords("uid with a sign", .badNumber(field: "uid"), [("uid", "+1")]),
    HostileRecords(
      "uid beyond 64 bits",
      .badNumber(field: "uid"),
      [("uid", "18446744073709551616")]
    ),
    HostileRecords(
      "size beyond 63 bits",
      .badNumber(field: "size"),
      [("size", "9223372036854775808")]
    ),
    HostileRecords("time that is none", .badNumber(field: "mtime"), [("mtime", "1e9")]),
    HostileRecords(
      "attribute without name",
      .badExtendedHeader("bad name of an attribute"),
      [("SCHILY.xattr.", "x")],
    ),
    HostileRecords(
      "attribute that isn't base64",
      .badExtendedHeader("the value of an attribute is not base64"),
      [("LIBARCHIVE.xattr.user.a", "****")],
    ),
    HostileRecords(
      "sparse pieces that overlap",
      .badSparseMap("pieces overlap or are out of order"),
      [("GNU.sparse.size", "100"), ("GNU.sparse.map", "0,10,5,10")],
    ),
    HostileRecords(
      "sparse piece beyond the end",
      .badSparseMap("a piece reaches beyond the end of the file"),
      [("GNU.sparse.size", "100"), ("GNU.sparse.map", "90,11")],
    ),
    HostileRecords(
      "sparse piece that overflows",
      .badSparseMap("a piece reaches beyond the end of the file"),
      [("GNU.sparse.size", "100"), ("GNU.sparse.map", "1,18446744073709551615")],
    ),
    HostileRecords(
      "sparse map of odd length",
      .badSparseMap("an offset without length"),
      [("GNU.sparse.size", "100"), ("GNU.sparse.map", "1,2,3")],
    ),
    HostileRecords(
      "unknown sparse version",
      .badSparseMap("unknown version"),
      [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "9"), ("GNU.sparse.realsize", "1")],
    ),
  ]

  @Test("a wrong extended header is named", arguments: recordTable)
  func records(_ hostile: HostileRecords) throws {
    var header = TarBuilder.Header("pax")
    header.type = "x"
    let tar = built {
      $0.add(header, data: hostile.body)
      $0.add(.init("victim"))
    }
    #expect(reason(tar) == hostile.expected)
  }

  static let maps: [(String, String, ArchiveError.Reason)] = [
    ("not a number", "1\nx\n", .badSparseMap("not a number")),
    ("an empty line", "\n", .badSparseMap("an empty line")),
    (
      "too many pieces", "1000001\n",
      .tooLarge(what: "the number of sparse pieces", limit: 1_000_000)
    ),
    ("longer than the data", "2\n0\n1\n", .badSparseMap("longer than the entry")),
  ]

  @Test("a wrong map before the data is named", arguments: maps)
  func map(label: String, map: String, expected: ArchiveError.Reason) {
    let tar = built {
      $0.addPax([
        ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "100"),
      ])
      $0.add(
        .init("victim"),
        data: text(map) + Array(repeating: UInt8(ascii: "0"), count: 512 - map.utf8.count)
      )
      $0.add(.init("next"))
    }
    #expect(reason(tar) == expected)
  }

  @Test("a single block of zeros hides nothing")
  func loneZeroBlock() {
    let hidden = Array(repeating: 0, count: 512) + TarBuilder.Header("hidden").bytes
    #expect(reason(TarBuilder.Header("a").bytes + hidden) == .loneZeroBlock)
  }

  @Test("an error tells the entry and the place of its header")
  func place() {
    var wrong = TarBuilder.Header("wrong")
    wrong.type = "M"
    var tar = TarBuilder()
    tar.add(.init("right"), data: [1, 2, 3])
    tar.add(wrong)
    do {
      _ = try unpacked(tar.bytes)
      Issue.record("was accepted")
    } catch {
      #expect(error.path == text("wrong"))
      #expect(error.offset == 1024)
      #expect(error.description == "unsupported entry type 0x4d (tar header at byte 1024)")
    }
  }

  @Test("the caps on entries and global headers hold")
  func caps() {
    var limits = ArchiveLimits.image
    limits.entryCount = 3
    limits.extendedHeaderLength = 1000
    let entries = built { for index in 0..<4 { $0.add(.init("\(index)")) } }
    #expect(
      reason(entries, limits: limits) == .tooLarge(what: "the number of entries", limit: 3)
    )
    let globals = built {
      for index in 0..<2 {
        $0.addPax([("key\(index)", String(repeating: "v", count: 600))], type: "g")
      }
    }
    #expect(
      reason(globals, limits: limits) == .tooLarge(what: "global extended headers", limit: 1000)
    )
  }
}
