import ImageSpec
import Testing

@testable import Registry

@Suite struct TOMLTests {
  @Test func tablesAndArraysNest() throws {
    let text = """
      a = 1 # comment
      "quoted.key" = 'C:\\raw'
      [one.two]
      list = ["x", # first
        "y\\u00e9",
      ]
      [[registry]]
      prefix = "example.com"
      [[registry.mirror]]
      location = "m1"
      [[registry.mirror]]
      location = "m2"
      insecure = true
      [[registry]]
      mirror = [{ location = "m3", insecure = false }]
      """
    let root = try TOMLValue.document(parsing: text)
    #expect(root["a"] == .integer(1))
    #expect(root["quoted.key"] == .string("C:\\raw"))
    #expect(
      root["one"] == .table(["two": .table(["list": .array([.string("x"), .string("yé")])])])
    )
    #expect(
      root["registry"]
        == .array([
          .table([
            "prefix": .string("example.com"),
            "mirror": .array([
              .table(["location": .string("m1")]),
              .table(["location": .string("m2"), "insecure": .bool(true)]),
            ]),
          ]),
          .table([
            "mirror": .array([.table(["location": .string("m3"), "insecure": .bool(false)])])
          ]),
        ])
    )
  }

  @Test(arguments: [
    "a", "a =", "a = ", "a = 1 2", "a = \"x", "a = [1", "a = 1\na = 2", "[a", "[[a]", "a = {b = 1",
    "a = tru", "a = \"\\q\"", "a = \"\"\"x\"\"\"", "= 1", "a = 1.5", "[a]\nb = 1\n[a.b]\nc = 1",
    "a = 1\n[[a]]", "a = \"\\uD800\"",
  ])
  func brokenTextIsRefused(_ text: String) {
    #expect(throws: TOMLError.self) { try TOMLValue.document(parsing: text) }
  }

  @Test func errorsNameTheLine() {
    let error = #expect(throws: TOMLError.self) {
      try TOMLValue.document(parsing: "a = 1\n\nb = nope\n")
    }
    #expect(error?.line == 3)
  }
}

@Suite struct RegistriesFileTests {
  private func file(_ text: String) throws -> RegistriesFile {
    var file = RegistriesFile()
    try file.add(Array(text.utf8), "test.conf")
    return file
  }

  private func places(_ text: String, _ name: String) throws -> [RegistryPlace]? {
    let reference = try Reference(parsing: name)
    return try file(text).rule(for: "\(reference.domain)/\(reference.path)")?
      .places(of: reference, forPulling: true, verifiesTLS: nil)
  }

  @Test func mirrorsComeFirst() throws {
    let text = """
      [[registry]]
      prefix = "docker.io"
      location = "docker.io"
      [[registry.mirror]]
      location = "mirror.example:5000/hub"
      insecure = true
      [[registry.mirror]]
      location = "digests.example"
      pull-from-mirror = "digest-only"
      """
    let expected = [
      RegistryPlace(registry: "mirror.example:5000", path: "hub/library/app", isInsecure: true),
      RegistryPlace(registry: "docker.io", path: "library/app", isInsecure: false),
    ]
    #expect(try places(text, "app:1") == expected)
  }

  @Test func theLongestPrefixWins() throws {
    let text = """
      [[registry]]
      prefix = "a.example"
      location = "b.example"
      [[registry]]
      prefix = "a.example/team"
      location = "c.example/x"
      [[registry]]
      prefix = "*.wild.example"
      insecure = true
      """
    #expect(try places(text, "a.example/q")?.first?.registry == "b.example")
    #expect(try places(text, "a.example/team/q")?.first?.path == "x/q")
    #expect(try places(text, "a.example/teams/q")?.first?.registry == "b.example")
    #expect(try places(text, "one.wild.example:5000/q")?.first?.isInsecure == true)
    #expect(try places(text, "one.wild.example:5000/q")?.first?.registry == "one.wild.example:5000")
    #expect(try places(text, "wild.example/q") == nil)
    #expect(try places(text, "other.example/q") == nil)
  }

  @Test func blockedIsBlocked() throws {
    #expect(throws: RegistryError.self) {
      try places("[[registry]]\nlocation = \"a.example\"\nblocked = true", "a.example/q")
    }
  }

  @Test(arguments: [
    "[registries.search]\nregistries = []", "registry = 1", "[[registry]]\ninsecure = true",
    "[[registry]]\nlocation = 1", "[[registry]]\nlocation = \"a\"\n[[registry.mirror]]",
  ])
  func brokenFilesAreRefused(_ text: String) {
    #expect(throws: RegistryError.self) { try file(text) }
  }
}

@Suite struct ChallengeTests {
  @Test func parametersAreRead() throws {
    let challenge = try #require(
      Challenge(
        parsing:
          "Bearer realm=\"https://a/t?x=1,2\", service=\"s \\\"q\\\"\",scope=\"r:a:pull,push\""
      )
    )
    #expect(challenge.scheme == "bearer")
    #expect(challenge.parameters["realm"] == "https://a/t?x=1,2")
    #expect(challenge.parameters["service"] == "s \"q\"")
    #expect(challenge.parameters["scope"] == "r:a:pull,push")
  }

  @Test func theSecondChallengeEndsTheFirst() {
    let challenge = Challenge(parsing: "Basic realm=x, Bearer realm=\"y\"")
    #expect(challenge?.scheme == "basic")
    #expect(challenge?.parameters["realm"] == "x")
  }
}

@Suite struct Base64Tests {
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("user:pässword", "dXNlcjpww6Rzc3dvcmQ="),
  ])
  func goesBothWays(_ plain: String, _ encoded: String) {
    #expect(Base64.encoded(Array(plain.utf8)) == encoded)
    #expect(Base64.decoded(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["Zg===", "Z!==", "Zm 9v"])
  func brokenTextIsRefused(_ text: String) {
    #expect(Base64.decoded(text) == nil)
  }
}
