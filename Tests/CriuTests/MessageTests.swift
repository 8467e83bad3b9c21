@testable import Criu
import Testing

/// The bytes are those that the encoding's own description and rpc.proto give.
///
/// See: https://protobuf.dev/programming-guides/encoding.
struct MessageTests {
  @Test("Integers, texts and messages in them are written as the format has it")
  func written() {
    var writer = MessageWriter()
    writer.integer(1, UInt64(150))
    #expect(writer.bytes == [0x08, 0x96, 0x01])
    writer = MessageWriter()
    writer.text(2, "testing")
    #expect(writer.bytes == [0x12, 0x07] + Array("testing".utf8))
    writer = MessageWriter()
    writer.integer(1, Int32(-2))
    #expect(writer.bytes == [0x08, 0xfe] + [UInt8](repeating: 0xff, count: 8) + [0x01])
    writer = MessageWriter()
    writer.message(3) { $0.integer(1, UInt64(150)) }
    #expect(writer.bytes == [0x1a, 0x03, 0x08, 0x96, 0x01])
    writer = MessageWriter()
    writer.flag(37, false)
    writer.text(14, ifAny: nil)
    #expect(writer.bytes.isEmpty)
    // A field's number over 15 takes two bytes.
    writer.flag(37, true)
    #expect(writer.bytes == [0xa8, 0x02, 0x01])
  }

  @Test("What is read is what was written, and unknown fields are passed over")
  func read() throws {
    var writer = MessageWriter()
    writer.integer(1, Int32(-5))
    writer.text(2, "a")
    writer.text(2, "b")
    writer.message(3) { $0.flag(1, true) }
    let fields = try #require(MessageFields(writer.bytes + [0x29, 1, 2, 3, 4, 5, 6, 7, 8]))
    #expect(fields.integer(1) == -5)
    #expect(fields.text(2) == "b")
    #expect(fields.message(3)?.flag(1) == true)
    #expect(fields.integer(4) == nil)
    #expect(fields.flag(4) == false)
  }

  static let broken: [[UInt8]] = [
    [0x08], [0x08, 0x80], [0x12, 0x05, 0x61], [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x61],
    [0x0b], [0x29, 1, 2], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
    [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  ]

  @Test("What is cut short or no message is none", arguments: broken)
  func refused(_ bytes: [UInt8]) {
    #expect(MessageFields(bytes) == nil)
    #expect(CriuResponse(frame: bytes) == nil)
  }

  @Test("Answers of CRIU's are told apart")
  func responses() {
    // type NOTIFY, success, notify { script, pid }
    let notification: [UInt8] = [0x08, 6, 0x10, 1, 0x2a, 6, 0x0a, 2, 0x68, 0x69, 0x10, 7]
    #expect(CriuResponse(frame: notification) == .notification("hi", pid: 7))
    // type RESTORE, success, restore { pid }
    #expect(CriuResponse(frame: [0x08, 2, 0x10, 1, 0x22, 2, 0x08, 9]) == .done(pid: 9))
    #expect(CriuResponse(frame: [0x08, 1, 0x10, 1]) == .done(pid: nil))
    // type DUMP, no success, cr_errno, cr_errmsg
    #expect(
      CriuResponse(frame: [0x08, 1, 0x10, 0, 0x38, 3, 0x4a, 1, 0x78])
        == .failed(code: 3, message: "x")
    )
    #expect(CriuResponse(frame: []) == nil)
  }

  @Test("A request has its fields under the numbers of rpc.proto")
  func request() throws {
    var request = CriuRequest(
      .restore(root: "/r"),
      imagesDirectory: 5,
      workDirectory: 6,
      logFile: "restore.log",
      settings: .init()
    )
    request.settings.pageServer = .init(address: "a", port: 1)
    request.settings.fileLocks = true
    request.settings.cgroupsMode = .strict
    request.external = ["mnt[/a]:/b"]
    request.inherited = [.init(key: "pipe:[1]", descriptor: 7)]
    request.joined = [.init(name: "ipc", path: "/p")]
    request.cgroupRoot = "/c"
    let fields = try #require(MessageFields(request.frame))
    #expect(fields.integer(1) == 2)
    let options = try #require(fields.message(2))
    #expect(options.integer(1) == 5)
    #expect(options.integer(2) == nil)
    #expect(options.flag(8))
    #expect(options.text(10) == "restore.log")
    #expect(options.message(11) == nil)
    #expect(options.text(13) == "/r")
    #expect(options.integer(17) == 6)
    #expect(options.message(25)?.text(2) == "/c")
    #expect(options.flag(26))
    #expect(options.message(27)?.text(1) == "pipe:[1]")
    #expect(options.message(27)?.integer(2) == 7)
    #expect(options.integer(34) == 5)
    #expect(options.text(37) == "mnt[/a]:/b")
    #expect(options.message(39)?.text(2) == "/p")
    #expect(!options.flag(5))
  }

  @Test("Where pages go is said when a container is dumped")
  func dump() throws {
    var request = CriuRequest(
      .preDump(pid: 9),
      imagesDirectory: 5,
      workDirectory: 6,
      logFile: "dump.log",
      settings: .init()
    )
    request.settings.pageServer = .init(address: "a", port: 1)
    request.settings.parentPath = "../p"
    let fields = try #require(MessageFields(request.frame))
    #expect(fields.integer(1) == 13)
    let options = try #require(fields.message(2))
    #expect(options.integer(2) == 9)
    #expect(options.message(11)?.integer(2) == 1)
    #expect(options.text(14) == "../p")
    #expect(options.flag(15))
    #expect(options.text(13) == nil)
  }

  @Test("Of a log the lines with errors are quoted, without their times")
  func log() {
    let text = """
      (00.000001) Version: 3.17
      (00.050000) Error (criu/tun.c:85): tun: Unable to create tun: No such file or directory
      (00.100000) Error (criu/net.c:85): no net
      (00.200000)      1: Error (criu/files.c:1): bad
      (00.300000) Warn  (criu/x.c:1): hm
      """
    #expect(
      errorLines(in: Array(text.utf8)) == [
        "Error (criu/net.c:85): no net", "Error (criu/files.c:1): bad",
      ]
    )
  }
}
