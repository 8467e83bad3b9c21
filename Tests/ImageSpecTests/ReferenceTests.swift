import Testing

@testable import ImageSpec

@Suite struct ReferenceTests {
  @Test(arguments: [
    ("app", "docker.io/library/app:latest", "app:latest"),
    ("app:1.0", "docker.io/library/app:1.0", "app:1.0"),
    ("me/app", "docker.io/me/app:latest", "me/app:latest"),
    ("docker.io/app:1", "docker.io/library/app:1", "app:1"),
    ("docker.io/library/app:1", "docker.io/library/app:1", "app:1"),
    ("index.docker.io/library/app:1", "docker.io/library/app:1", "app:1"),
    ("localhost/app:1", "localhost/app:1", "localhost/app:1"),
    ("localhost:5000/a/b:1", "localhost:5000/a/b:1", "localhost:5000/a/b:1"),
    ("quay.io/a/b/c", "quay.io/a/b/c:latest", "quay.io/a/b/c:latest"),
    ("[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"),
    ("library/a/b:1", "docker.io/library/a/b:1", "docker.io/library/a/b:1"),
    ("a__b.c-d--e:T_1", "docker.io/library/a__b.c-d--e:T_1", "a__b.c-d--e:T_1"),
  ])
  func `a name is kept in full and shown short`(text: String, full: String, short: String) throws {
    let reference = try Reference(parsing: text)
    #expect(reference.description == full)
    #expect(reference.short == short)
    #expect(try Reference(parsing: short) == reference)
    #expect(try Reference(parsing: full) == reference)
  }

  @Test func `a digest takes the place of the default tag`() throws {
    let digest = "sha256:" + String(repeating: "a", count: 64)
    let reference = try Reference(parsing: "app@\(digest)")
    #expect(reference.tag == nil)
    #expect(reference.description == "docker.io/library/app@\(digest)")
    #expect(try Reference(parsing: "app:1@\(digest)").tag == "1")
  }

  @Test(arguments: [
    "", ":", "app:", ":1", "App", "a//b", "/app", "app/", "a..b", "a___b", "-a", "a-", "a b",
    "app:-x", "app:a/b:c:d", "app@sha256:12", "../x", "a/../b", "app:é", "a:b:c",
    "bad_host.io/app", "-x.io/app", "x.io:port/app", "docker.io/", "app\n",
    "[::1/app", String(repeating: "a", count: 256),
    "app:" + String(repeating: "t", count: 129),
  ])
  func `a name outside the grammar is refused`(text: String) {
    #expect(throws: ReferenceError.self) { try Reference(parsing: text) }
  }
}

@Suite struct DigestTests {
  @Test(arguments: [
    "sha256:" + String(repeating: "0", count: 64), "sha512:" + String(repeating: "f", count: 128),
    "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564", "blake3:abc=",
  ])
  func `a digest by the grammar is taken`(text: String) throws {
    #expect(try Digest(parsing: text).description == text)
  }

  @Test(arguments: [
    "", "sha256", "sha256:", ":abc", "sha256:../../etc/passwd",
    "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "0", count: 63),
    "sha512:" + String(repeating: "0", count: 64), "SHA256:" + String(repeating: "0", count: 64),
    "../x:00", "a/b:00", "x..y:00", "other:a/b", "other:..", "sha256:" + "0\u{0}0",
    "+x:00",
  ])
  func `a text that could be a path or is malformed is no digest`(text: String) {
    #expect(throws: DigestError.self) { try Digest(parsing: text) }
  }
}
