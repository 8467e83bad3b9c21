import Testing

@testable import RuntimeSpec

@Suite struct ProcessChangesTests {
  static let none = ProcessChanges(
    cwd: nil,
    uid: nil,
    gid: nil,
    additionalGids: [],
    environment: [],
    capabilities: [],
    apparmorProfile: nil,
    selinuxLabel: nil,
    noNewPrivileges: nil
  )

  static func section(_ text: String) throws -> Configuration.Process {
    try Configuration.Process(parsing: [UInt8](text.utf8))
  }

  static let own = """
    {"cwd": "/", "args": ["init"], "terminal": true, "env": ["A=1"],
     "user": {"uid": 5, "gid": 6, "additionalGids": [7]}, "noNewPrivileges": true,
     "capabilities": {"bounding": ["CAP_KILL"]}}
    """

  @Test func keepsTheContainersOwn() throws {
    let changed = Self.none.applied(to: try Self.section(Self.own), ["ls"])
    #expect(changed.args == ["ls"])
    #expect(changed.terminal == false)
    #expect(changed.user == .init(uid: 5, gid: 6, umask: nil, additionalGids: [7]))
    #expect(changed.noNewPrivileges == true)
    #expect(changed.capabilities?.bounding == ["CAP_KILL"])
  }

  @Test func addsAndReplaces() throws {
    var changes = Self.none
    (changes.uid, changes.cwd, changes.environment) = (9, "/tmp", ["A=2", "B=3"])
    changes.additionalGids = [8]
    let changed = changes.applied(to: try Self.section(Self.own), ["ls"])
    #expect(changed.user == .init(uid: 9, gid: 6, umask: nil, additionalGids: [7, 8]))
    #expect(changed.cwd == "/tmp")
    var warnings: [String] = []
    #expect(try ProcessPlan(changed, warnings: &warnings).environment == ["A=2", "B=3"])
  }

  // CVE-2022-29162
  @Test func neverAddsToTheInheritableSet() throws {
    var changes = Self.none
    changes.capabilities = ["CAP_CHOWN"]
    let sets = changes.applied(to: try Self.section(Self.own), ["ls"]).capabilities
    #expect(sets?.bounding == ["CAP_KILL", "CAP_CHOWN"])
    #expect(sets?.effective == ["CAP_CHOWN"])
    #expect(sets?.permitted == ["CAP_CHOWN"])
    #expect(sets?.inheritable == nil && sets?.ambient == nil)
  }
}
