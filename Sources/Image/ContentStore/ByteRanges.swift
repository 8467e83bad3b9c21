/// A set of byte ranges of a file: sorted, apart from each other.
package struct ByteRanges: Equatable, Sendable {
  package private(set) var ranges: [Range<Int64>] = []

  package init() {}

  /// Adds a range, joining it with those that it touches.
  package mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    let first = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
    let end = ranges[first...].firstIndex { $0.lowerBound > range.upperBound } ?? ranges.count
    guard first < end else {
      ranges.insert(range, at: first)
      return
    }
    let lower = min(range.lowerBound, ranges[first].lowerBound)
    let upper = max(range.upperBound, ranges[end - 1].upperBound)
    ranges.replaceSubrange(first..<end, with: [lower..<upper])
  }

  /// What is missing of the first bytes of a file.
  package func gaps(below size: Int64) -> [Range<Int64>] {
    var gaps: [Range<Int64>] = []
    var position: Int64 = 0
    for range in ranges where range.lowerBound < size {
      if position < range.lowerBound { gaps.append(position..<range.lowerBound) }
      position = range.upperBound
    }
    if position < size { gaps.append(position..<size) }
    return gaps
  }

  /// How many bytes there are in all.
  package var count: Int64 { ranges.reduce(0) { $0 + Int64($1.count) } }
}

extension ByteRanges {
  /// One range as a line of a journal.
  static func line(_ range: Range<Int64>) -> [UInt8] {
    Array("\(range.lowerBound) \(range.upperBound)\n".utf8)
  }

  /// Reads a journal of lines; a last one that was cut short by a kill doesn't count.
  init(journal: [UInt8], size: Int64) {
    for line in journal.prefix(through: journal.lastIndex(of: UInt8(ascii: "\n")) ?? -1)
      .split(separator: UInt8(ascii: "\n"))
    {
      let bounds = line.split(separator: UInt8(ascii: " "))
        .compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
      guard bounds.count == 2, 0 <= bounds[0], bounds[0] < bounds[1], bounds[1] <= size else {
        continue
      }
      insert(bounds[0]..<bounds[1])
    }
  }
}
