import Testing

@testable import Launch

@Suite("Interpreters of programs")
struct InterpreterTests {
  @Test(
    arguments: [
      ("#!/bin/sh\necho", "/bin/sh"),
      ("#! \t/usr/bin/env  python3\n", "/usr/bin/env"),
      ("#!/no/end", "/no/end"),
      ("#!", nil),
      ("#!  \n/bin/sh", nil),
      ("echo", nil),
      ("", nil),
    ] as [(String, String?)]
  )
  func ofScripts(_ text: String, _ path: String?) {
    #expect(Interpreter(head: Array(text.utf8))?.path == path)
  }

  /// An executable of 64 bits with one program header behind a word that is none.
  private func executable(type: UInt8, table: UInt8 = 64, start: UInt8 = 120) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 136)
    head.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
    head[32] = table
    head[54] = 56
    head[56] = 1
    head[64] = type
    head[72] = start
    head[96] = 8
    head.replaceSubrange(120..<128, with: Array("/lib/ld\0".utf8))
    return head
  }

  @Test func ofExecutables() {
    #expect(Interpreter(head: executable(type: 3))?.path == "/lib/ld")
    #expect(Interpreter(head: executable(type: 1)) == nil)
  }

  @Test func hostileHeadsAreNone() {
    #expect(Interpreter(head: executable(type: 3, table: 255)) == nil)
    #expect(Interpreter(head: executable(type: 3, start: 135)) == nil)
    for length in 0..<136 {
      let head = Array(executable(type: 3).prefix(length))
      #expect(Interpreter(head: head) == nil || length >= 128)
    }
    var far = executable(type: 3)
    far.replaceSubrange(32..<40, with: [UInt8](repeating: 0xFF, count: 7) + [0x7F])
    #expect(Interpreter(head: far) == nil)
    far.replaceSubrange(32..<40, with: [UInt8](repeating: 0xFF, count: 8))
    #expect(Interpreter(head: far) == nil)
  }
}
