import Foundation
import RootedFiles
import Testing

func text(_ string: String) -> [UInt8] { Array(string.utf8) }

@Suite struct NameTests {
  static let cleaned: [(String, String)] = [
    ("a/b", "a/b"), ("/a", "a"), ("./a/", "a"), ("a//b/./c", "a/b/c"), ("../a", "a"),
    ("a/../b", "b"), ("a/b/../../..", ""), ("", ""), (".", ""), ("a/..b/.c", "a/..b/.c"),
    ("x/../../../etc", "etc"),
  ]

  @Test("paths are cleaned as in a chroot", arguments: cleaned)
  func cleaning(raw: String, expected: String) {
    #expect(RootedPath(raw).bytes == text(expected))
  }

  @Test("the parts of a path")
  func parts() {
    let path = RootedPath("a/b/c")
    #expect(Array(path.parent) == text("a/b"))
    #expect(Array(path.lastComponent) == text("c"))
    #expect(path.enclosing == RootedPath("a/b"))
    #expect(RootedPath("a").enclosing == RootedPath(""))
    #expect(RootedPath("").enclosing == nil)
  }

  @Test("a name is one component", arguments: ["", ".", "..", "a/b", "/", "a\u{0}b"])
  func invalidNames(name: String) {
    #expect(throws: FileError.invalidName(text(name))) { try FileName(name) }
  }

  @Test("a name has at most 255 bytes")
  func length() throws {
    #expect(try FileName(String(repeating: "n", count: 255)).bytes.count == 255)
    #expect(throws: FileError.self) { try FileName(String(repeating: "n", count: 256)) }
  }

  static let displayed: [([UInt8], String)] = [
    (text("plain name"), "plain name"), (text("ünïcode"), "ünïcode"),
    ([0x1B, 0x5B], "\\x1b["), ([0xFF, 0x61], "\\xffa"), (text("a\\b"), "a\\x5cb"),
    (text("\u{202E}x"), "\\xe2\\x80\\xaex"), ([0xC3], "\\xc3"), ([0x0A], "\\x0a"),
  ]

  @Test("bytes are shown without harm to a terminal", arguments: displayed)
  func showing(bytes: [UInt8], expected: String) {
    #expect(shown(bytes) == expected)
  }
}

@Suite struct ReadTests {
  let folder: URL
  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "rooted-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "root/etc"),
      withIntermediateDirectories: true,
    )
    try write("secret", to: "secret")
    try write("root:x:0:0", to: "root/etc/passwd")
  }

  func write(_ string: String, to path: String) throws {
    try Data(string.utf8).write(to: folder.appending(path: path))
  }

  func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/" + path,
      withDestinationPath: target,
    )
  }

  func read(_ path: String, limit: Int = 1000) throws -> [UInt8]? {
    let root = try RootDirectory(atPath: folder.path + "/root")
    return try root.contents(of: RootedPath(path), limit: limit)
  }

  @Test("a file is read, and one that is missing is nil")
  func plain() throws {
    #expect(try read("etc/passwd") == text("root:x:0:0"))
    #expect(try read("/etc/../etc/passwd") == text("root:x:0:0"))
    #expect(try read("etc/group") == nil)
    #expect(try read("etc/passwd/x") == nil)
  }

  @Test("links are followed inside the root only")
  func links() throws {
    try link("root/relative", to: "etc/passwd")
    try link("root/absolute", to: "/etc/passwd")
    try link("root/escape", to: "../secret")
    try link("root/outside", to: folder.path + "/secret")
    try link("root/magic", to: "/proc/self/root\(folder.path)/secret")
    #expect(try read("relative") == text("root:x:0:0"))
    #expect(try read("absolute") == text("root:x:0:0"))
    for name in ["escape", "outside", "magic"] { #expect(try read(name) == nil) }
  }

  @Test("what isn't a regular file is refused without waiting for it")
  func special() throws {
    #expect(unsafe mkfifo(folder.path + "/root/fifo", 0o600) == 0)
    try link("root/zero", to: "/dev/zero")
    for (name, kind) in [("fifo", FileKind.fifo), ("etc", .directory)] {
      #expect(throws: FileError.notRegular(subject: text(name), kind: kind)) { try read(name) }
    }
    #expect(try read("zero") == nil)
  }

  @Test("no more is read than allowed")
  func limit() throws {
    #expect(try read("etc/passwd", limit: 10) == text("root:x:0:0"))
    #expect(throws: FileError.tooLarge(subject: text("etc/passwd"), limit: 9)) {
      try read("etc/passwd", limit: 9)
    }
  }

  @Test("a file that would have to be opened through a link is not")
  func noFollow() throws {
    try link("root/etc/link", to: "passwd")
    let directory = try Directory(atPath: folder.path + "/root/etc")
    #expect(throws: FileError.self) { _ = try directory.openFile(FileName("link")).raw }
    #expect(throws: FileError.self) { try directory.openDirectory(FileName("link")) }
    #expect(throws: FileError.self) {
      _ = try directory.createFile(FileName("link"), mode: 0o600).raw
    }
  }

  @Test("a wide and deep tree is removed and links in it are not followed")
  func removal() throws {
    var path = "root/tree"
    for level in 0..<200 {
      try FileManager.default.createDirectory(
        atPath: folder.path + "/" + path,
        withIntermediateDirectories: true,
      )
      for index in 0..<3 { try write("", to: path + "/file\(index)") }
      try link(path + "/out", to: folder.path)
      if level == 100 {
        for index in 0..<2000 { try write("", to: path + "/wide\(index)") }
      }
      path += "/d"
    }
    let directory = try Directory(atPath: folder.path + "/root")
    #expect(try directory.removeTree(FileName("tree")) == .directory)
    #expect(try directory.removeTree(FileName("tree")) == nil)
    #expect(try directory.entries().map { Array($0.name.bytes) } == [text("etc")])
    #expect(FileManager.default.fileExists(atPath: folder.path + "/secret"))
  }

  @Test("two open files do not both get an exclusive lock")
  func locks() throws {
    let directory = try Directory(atPath: folder.path + "/root/etc")
    let first = try directory.openFile(FileName("passwd"))
    let second = try directory.openFile(FileName("passwd"))
    #expect(try first.lock(exclusive: true, waiting: false))
    #expect(try !second.lock(exclusive: true, waiting: false))
  }
}
