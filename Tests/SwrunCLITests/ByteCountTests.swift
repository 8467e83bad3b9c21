import Testing

@testable import SwrunCLI

@Suite struct ByteCountTests {
  @Test(
    "sizes are read as callers write them for runc",
    arguments: [
      ("0", 0), ("32", 32), ("32b", 32), ("32B", 32), ("32k", 32_768), ("32K", 32_768),
      ("32kb", 32_768), ("32Kb", 32_768), ("32 kib", 32_768), ("1m", 1_048_576),
      ("1.5g", 1_610_612_736), ("1t", 1_099_511_627_776), ("1p", 1_125_899_906_842_624),
      ("-1", -1), ("9223372036854775807", .max),
    ] as [(String, Int64)]
  )
  func sizes(text: String, bytes: Int64) {
    #expect(byteCount(text) == bytes)
  }

  @Test(
    "what is no size is refused",
    arguments: [
      "", " ", "k", "-2", "12q", "1e3", "0x10", "1.k", ".5k", "1 k ", "9223372036854775808",
      "9007199254740992p", "1,5g", "32ib", "+1", "nan",
    ]
  )
  func none(text: String) {
    #expect(byteCount(text) == nil)
  }
}
