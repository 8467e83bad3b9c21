// Reads a JSON text in hex a line and prints its dump, or - where the reader refuses it.

import JSON

@main
enum Judge {
  static func main() {
    while let line = readLine() {
      do {
        print(dump(try JSONDocument(parsing: bytes(hexadecimal: line)).root))
      } catch {
        print("-")
      }
    }
  }

  private static func bytes(hexadecimal digits: String) -> [UInt8] {
    let digits = Array(digits.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { index in
      UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
    }
  }
}
