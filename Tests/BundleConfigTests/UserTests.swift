import Testing

@testable import BundleConfig

private let accounts = AccountFiles(
  passwd: Array(
    """
    root:x:0:0:root:/root:/bin/sh
    # comment:x:1:1::/:
    app:x:1000:1001:App:/srv/app:/bin/sh
    1234:x:0:0:a name of digits:/evil:/bin/sh
    broken:x:minus:0::/:
    huge:x:4294967296:0::/:
    short:x:5
    """.utf8
  ),
  group: Array(
    """
    root:x:0:
    staff:x:50:app,other
    wheel:x:10:app
    again:x:50:app
    1500:x:0:app
    huge:x:4294967295:app
    """.utf8
  ),
)

@Suite struct UserTests {
  @Test(arguments: [
    ("", ProcessUser(uid: 0, gid: 0, additionalGroups: [], home: "/root")),
    ("root", ProcessUser(uid: 0, gid: 0, additionalGroups: [], home: "/root")),
    ("app", ProcessUser(uid: 1000, gid: 1001, additionalGroups: [50, 10, 0], home: "/srv/app")),
    ("1000", ProcessUser(uid: 1000, gid: 1001, additionalGroups: [50, 10, 0], home: "/srv/app")),
    ("app:staff", ProcessUser(uid: 1000, gid: 50, additionalGroups: [], home: "/srv/app")),
    ("app:7", ProcessUser(uid: 1000, gid: 7, additionalGroups: [], home: "/srv/app")),
    ("7:wheel", ProcessUser(uid: 7, gid: 10, additionalGroups: [], home: nil)),
    ("7:8", ProcessUser(uid: 7, gid: 8, additionalGroups: [], home: nil)),
    ("7", ProcessUser(uid: 7, gid: 0, additionalGroups: [], home: nil)),
    ("2147483647", ProcessUser(uid: 2_147_483_647, gid: 0, additionalGroups: [], home: nil)),
  ])
  func `a user is found as config.md says`(text: String, expected: ProcessUser) throws {
    #expect(try ProcessUser(text, accounts: accounts) == expected)
  }

  @Test func `digits are an id and never a name`() throws {
    let user = try ProcessUser("1234", accounts: accounts)
    #expect(user == ProcessUser(uid: 1234, gid: 0, additionalGroups: [], home: nil))
    #expect(try ProcessUser("0:1500", accounts: accounts).gid == 1500)
  }

  @Test(arguments: [
    "nobody", "app:nogroup", "2147483648", "4294967295", "4294967296", "18446744073709551616",
    "-1", "+1", "0:-1", "0:2147483648", ":", "app:", ":staff", "a:b:c", "broken", "huge", " 1",
    "0x10", "1.0", "app:huge",
  ])
  func `an unknown name or a number out of range is an error`(text: String) {
    #expect(throws: BundleConfigError.self) { try ProcessUser(text, accounts: accounts) }
  }
}
