import Testing

@testable import ContentStore

@Suite struct ByteRangesTests {
  @Test(
    arguments: [
      ([], [0..<100]),
      ([0..<10], [10..<100]),
      ([10..<20, 0..<10], [20..<100]),
      ([50..<60, 10..<20], [0..<10, 20..<50, 60..<100]),
      ([0..<30, 20..<40, 5..<8], [40..<100]),
      ([10..<20, 30..<40, 15..<35], [0..<10, 40..<100]),
      ([0..<100], []),
    ] as [([Range<Int64>], [Range<Int64>])]
  )
  func `what is missing is what was not inserted`(held: [Range<Int64>], gaps: [Range<Int64>]) {
    var ranges = ByteRanges()
    for range in held { ranges.insert(range) }
    #expect(ranges.gaps(below: 100) == gaps)
    #expect(ranges.count == 100 - gaps.reduce(0) { $0 + Int64($1.count) })
  }

  @Test func `a journal survives a cut and lies`() {
    let text = "0 10\n20 30\n-5 3\n40 30\n90 110\nnonsense\n50 6"
    let ranges = ByteRanges(journal: Array(text.utf8), size: 100)
    #expect(ranges.ranges == [0..<10, 20..<30])
    #expect(ByteRanges(journal: [], size: 100).ranges.isEmpty)
    #expect(ByteRanges(journal: Array("0 10".utf8), size: 100).ranges.isEmpty)
  }
}
