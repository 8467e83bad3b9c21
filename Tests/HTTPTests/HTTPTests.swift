import Testing

@testable import HTTP

@Suite struct WebAddressTests {
  @Test(arguments: [
    ("https://Example.com/v2/", "example.com", 443, "example.com"),
    ("http://127.0.0.1:5000/v2/", "127.0.0.1", 5000, "127.0.0.1:5000"),
    ("https://[::1]:5000/", "::1", 5000, "[::1]:5000"),
  ])
  func isTakenApart(_ text: String, _ host: String, _ port: Int, _ authority: String) throws {
    let address = try WebAddress(parsing: text)
    #expect(address.host == host)
    #expect(address.port == port)
    #expect(address.authority == authority)
  }

  @Test(arguments: [
    "file:///etc/passwd", "ftp://a/", "https://user@host/", "https://user:pw@host/", "",
    "https://", "https://a b/", "https://a/\r\nX: y", "gopher://127.0.0.1:25/",
  ])
  func isRefused(_ text: String) {
    #expect(throws: HTTPError.self) { try WebAddress(parsing: text) }
  }

  @Test(arguments: [
    ("/other", "https://a:1/other"), ("https://b/x", "https://b/x"),
    ("//c/y", "https://c/y"), ("z?d=1", "https://a:1/v2/z?d=1"),
  ])
  func locationsAreResolved(_ location: String, _ expected: String) throws {
    let base = try WebAddress(parsing: "https://a:1/v2/q")
    #expect(try base.resolving(location).description == expected)
  }

  @Test func locationsOfOtherSchemesAreRefused() throws {
    let base = try WebAddress(parsing: "https://a/")
    #expect(throws: HTTPError.self) { try base.resolving("file:///etc/passwd") }
    #expect(throws: HTTPError.self) { try base.resolving("https://u:p@a/") }
  }

  @Test func originIsSchemeHostAndPort() throws {
    let one = try WebAddress(parsing: "https://a/x")
    #expect(one.isSameOrigin(as: try WebAddress(parsing: "https://A:443/y")))
    #expect(!one.isSameOrigin(as: try WebAddress(parsing: "https://a:444/x")))
    #expect(!one.isSameOrigin(as: try WebAddress(parsing: "http://a:443/x")))
  }

  @Test func queriesAreEscaped() throws {
    let base = try WebAddress(parsing: "https://a/u?_state=1")
    let digest = try base.appendingQuery("digest", "sha256:a&b=c")
    #expect(digest.description == "https://a/u?_state=1&digest=sha256%3Aa%26b%3Dc")
  }
}

@Suite struct NetworkTests {
  @Test(arguments: [
    ("127.0.0.1", NetworkKind.loopback), ("0.0.0.0", .loopback), ("::1", .loopback),
    ("169.254.169.254", .linkLocal), ("fe80::1", .linkLocal), ("10.0.0.1", .privateNetwork),
    ("172.16.0.1", .privateNetwork), ("172.32.0.1", .open), ("192.168.1.1", .privateNetwork),
    ("100.64.0.1", .privateNetwork), ("fd00::1", .privateNetwork), ("8.8.8.8", .open),
    ("2001:db8::1", .open), ("224.0.0.1", .special), ("::ffff:127.0.0.1", .loopback),
    ("::ffff:169.254.169.254", .linkLocal), ("64:ff9b::7f00:1", .loopback), ("::", .loopback),
    ("ff02::1", .special),
  ])
  func addressesHaveTheirKind(_ text: String, _ kind: NetworkKind) {
    #expect(literalKind(text) == kind)
  }

  @Test func namesHaveNone() {
    #expect(literalKind("localhost") == nil)
    #expect(literalKind("1.example") == nil)
  }

  @Test func linksLeadOutwardsOnly() {
    let fromOpen = NetworkReach.linked(from: .open)
    #expect(fromOpen.allows(.open))
    for kind in NetworkKind.allCases where kind != .open { #expect(!fromOpen.allows(kind)) }
    let fromLoopback = NetworkReach.linked(from: .loopback)
    #expect(fromLoopback.allows(.loopback) && fromLoopback.allows(.privateNetwork))
    #expect(!fromLoopback.allows(.linkLocal))
    #expect(!NetworkReach.linked(from: .privateNetwork).allows(.loopback))
    #expect(NetworkReach.anywhere.allows(.linkLocal))
  }
}

@Suite struct ProxyTests {
  @Test(arguments: [
    ("localhost", "localhost", true), ("a.example.com", ".example.com", true),
    ("example.com", ".example.com", true), ("badexample.com", "example.com", false),
    ("example.com", "a.example.com", false), ("x", "*", true), ("x", "", false), ("x", ".", false),
    ("10.1.2.3", "other, 10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false),
    ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "2.3", false), ("10.1.2.3", "0.0.0.0/0", true),
    ("192.168.9.1", "192.168.8.0/23", true), ("192.168.10.1", "192.168.8.0/23", false),
    ("10.1.2.3", "10.0.0.0/33", false), ("fd00::1", "[fd00::1]", true),
    ("fd00::1", "fd00::/8", true),
    ("fe00::1", "fd00::/8", false), ("::1", "0.0.0.0/0", false),
  ])
  func exceptions(_ host: String, _ list: String, _ expected: Bool) {
    #expect(isExcepted(host, by: list) == expected)
  }
}
