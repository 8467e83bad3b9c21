import Testing

@testable import Systemd

@Suite struct UnitTests {
  @Test(
    "paths become units",
    arguments: [
      ("system.slice:runc:web", "runc-web.scope", "system.slice"),
      (":podman:a1", "podman-a1.scope", "system.slice"),
      ("machine.slice::web", "web.scope", "machine.slice"),
      ("a-b-c.slice:p:n", "p-n.scope", "a-b-c.slice"),
      ("-.slice:p:n", "p-n.scope", "-.slice"),
      ("kubepods-pod1_2.slice:cri-containerd:x", "cri-containerd-x.scope", "kubepods-pod1_2.slice"),
      ("::a-b.slice", "a-b.slice", nil),
      ("a.slice:ignored:a-b.slice", "a-b.slice", nil),
      ("-.slice::a.slice", "a.slice", nil),
    ] as [(String, String, String?)]
  )
  func forms(path: String, name: String, slice: String?) throws {
    let unit = try Unit(cgroupsPath: path, id: "id", isOfUser: false)
    #expect(unit.name == name && unit.slice == slice)
  }

  @Test("without a path the unit is called after the container")
  func defaults() throws {
    let unit = try Unit(cgroupsPath: nil, id: "a+b", isOfUser: false)
    #expect(unit.name == "swrun-a\\x2bb.scope" && unit.slice == "system.slice")
    let own = try Unit(cgroupsPath: nil, id: "c", isOfUser: true)
    #expect(own.name == "swrun-c.scope" && own.slice == "user.slice")
  }

  @Test(
    "what names no unit is refused",
    arguments: [
      "/a/b", "a:b", "a:b:c", "a.slice:b:", "a.slice:b:c:d", "../x.slice:b:c", "a--b.slice:p:n",
      "-a.slice:p:n", ".slice:p:n", "a.slice:p:n/../x", "a.slice:p:n x", "b.slice::a-c.slice",
      "::-.slice", "a.slice:p:" + String(repeating: "n", count: 250),
    ]
  )
  func refused(path: String) {
    #expect(throws: SystemdError.self) { try Unit(cgroupsPath: path, id: "id", isOfUser: false) }
  }

  @Test("a unit's object has its name escaped")
  func object() {
    #expect(
      Unit(recorded: "1a-b.scope").objectPath
        == "/org/freedesktop/systemd1/unit/_31a_2db_2escope"
    )
  }
}
