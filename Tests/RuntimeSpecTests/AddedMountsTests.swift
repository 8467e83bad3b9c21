@testable import RuntimeSpec
import Testing

struct AddedMountsTests {
  private static let bind = #"{"destination": "/a", "source": "/s", "options": ["bind"]}"#

  @Test("A list, an object with mounts and one mount alone say the same")
  func forms() throws {
    for text in ["[\(Self.bind)]", "{\"mounts\": [\(Self.bind)]}", Self.bind] {
      let plans = try MountPlan.added(parsing: [UInt8](text.utf8), bundle: "/b")
      #expect(plans.map(\.destination) == ["/a"], "\(text)")
      #expect(plans.map(\.kind) == [.bind(source: "/s", isRecursive: false)], "\(text)")
    }
    #expect(try MountPlan.added(parsing: [UInt8]("[]".utf8), bundle: "/b").isEmpty)
  }

  static let refusals: [(text: String, pointer: String)] = [
    (#"[{"destination": "/", "source": "/s", "options": ["bind"]}]"#, "/mounts/0/destination"),
    (#"[{"destination": "/x/..", "source": "/s", "options": ["bind"]}]"#, "/mounts/0/destination"),
    (#"[{"destination": "/a", "type": "proc"}]"#, "/mounts/0/type"),
    (#"[{"destination": "/a", "type": "sysfs"}]"#, "/mounts/0/type"),
    (#"[{"destination": "/a", "type": "mqueue"}]"#, "/mounts/0/type"),
    (#"[{"destination": "/a", "type": "cgroup2"}]"#, "/mounts/0/type"),
    (#"[{"destination": "/a", "options": ["remount", "ro"]}]"#, "/mounts/0/options"),
    (#"[{"destination": "/a", "type": "tmpfs", "options": ["tmpcopyup"]}]"#, "/mounts/0/options"),
    (#"[{"source": "/s", "options": ["bind"]}]"#, "/0/destination"),
    (#"{"mounts": {}}"#, "/mounts"),
    (#""mounts""#, ""),
  ]

  @Test("What makes sense only while a container is made is refused", arguments: refusals)
  func refused(_ text: String, _ pointer: String) throws {
    let error = #expect(throws: ConfigurationError.self) {
      try MountPlan.added(parsing: [UInt8](text.utf8), bundle: "/b")
    }
    #expect(error?.pointer == pointer)
  }

  @Test("Of mounts to remove nothing but the destination counts")
  func removed() throws {
    let text = #"[{"destination": "/a/../b/"}, {"destination": "c", "type": 5}]"#
    #expect(try MountPlan.removed(parsing: [UInt8](text.utf8)) == ["/b", "/c"])
    let error = #expect(throws: ConfigurationError.self) {
      try MountPlan.removed(parsing: [UInt8](#"[{"source": "/a"}]"#.utf8))
    }
    #expect(error?.rule == "is required and missing")
  }
}
