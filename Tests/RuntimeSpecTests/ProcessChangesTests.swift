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
    var warnings: [IgnoredSetting] = []
    #expect(try ProcessPlan(changed, warnings: &warnings).environment == ["A=2", "B=3"])
  }

  @Test func aFileIsConfinedLikeTheContainer() throws {
    let own = try Self.section(
      """
      {"cwd": "/", "args": ["init"], "env": ["A=1"], "noNewPrivileges": true, "oomScoreAdj": 5,
       "user": {"uid": 5, "umask": 7}, "capabilities": {"bounding": ["CAP_KILL"]},
       "apparmorProfile": "a", "selinuxLabel": "b", "rlimits": []}
      """
    )
    let bare = try Self.section(#"{"cwd": "/tmp", "args": ["ls"], "apparmorProfile": ""}"#)
    let confined = bare.confined(like: own)
    #expect(confined.capabilities?.bounding == ["CAP_KILL"])
    #expect((confined.apparmorProfile, confined.selinuxLabel) == ("a", "b"))
    #expect(confined.oomScoreAdj == 5)
    #expect(confined.user == .init(uid: nil, gid: nil, umask: 7, additionalGids: nil))
    #expect((confined.cwd, confined.args) == ("/tmp", ["ls"]))
    #expect(confined.env == nil && confined.rlimits == nil && confined.noNewPrivileges == nil)
    let full = try Self.section(
      #"{"cwd": "/", "args": ["ls"], "apparmorProfile": "c", "capabilities": {}, "oomScoreAdj": 0}"#
    )
    #expect(full.confined(like: own).apparmorProfile == "c")
    #expect(full.confined(like: own).capabilities?.bounding == nil)
    #expect(full.confined(like: own).oomScoreAdj == 0)
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
