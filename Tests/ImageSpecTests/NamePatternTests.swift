import Testing

@testable import ImageSpec

@Suite struct NamePatternTests {
  @Test(arguments: [
    ("app", "app:1", true), ("app:1", "app:1", true), ("app:2", "app:1", false),
    ("ap?", "app:1", true), ("*", "app:1", true), ("*", "me/app:1", false),
    ("*/app", "me/app:1", true), ("docker.io/library/app:*", "app:1", true),
    ("quay.io/*/b", "quay.io/a/b:3", true), ("quay.io/*", "quay.io/a/b:3", false),
    ("**********************z", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1", false),
  ])
  func `a pattern matches as in a shell`(pattern: String, name: String, isMatch: Bool) throws {
    #expect(NamePattern(pattern).matches(try Reference(parsing: name)) == isMatch)
  }
}
