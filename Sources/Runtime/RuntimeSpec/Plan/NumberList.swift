/// A set of CPUs or memory nodes, written as the kernel writes one: `0-3,7`.
///
/// See: cpuset(7), "List format".
package struct NumberList: Equatable, Sendable {
  /// More than any kernel is built for: CONFIG_NR_CPUS ends at 8192.
  private static let most = 8192

  /// A bit a number, the lowest first: what sched_setaffinity(2) and set_mempolicy(2) take.
  package private(set) var mask: [UInt64]

  /// Reads a list; nil where the text is none, or is empty.
  package init?(_ text: String) {
    mask = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        .map(Self.number)
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else {
        return nil
      }
      for number in first...last { insert(number) }
    }
  }

  private static func number(_ digits: Substring) -> Int? {
    let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    guard isNumber, let number = Int(digits), number < most else { return nil }
    return number
  }

  private mutating func insert(_ number: Int) {
    while mask.count <= number / 64 { mask.append(0) }
    mask[number / 64] |= 1 << UInt64(number % 64)
  }
}
