import RuntimeSpec
import Testing

@Suite("What the runtime adds to a container's own environment")
struct AddedToPlanTests {
  private static let environment =
    #""env": ["A=1", "LISTEN_PID=4", "LISTEN_FDS=9", "NOTIFY_SOCKET=/x"]"#

  @Test func socketsTakeTheDocumentsPlace() throws {
    var plan = try Document.process(Self.environment).plan()
    plan.process.addSockets([])
    #expect(plan.process.environment.count == 4 && !plan.process.announcesPid)
    plan.process.addSockets(["LISTEN_FDS=2", "LISTEN_FDNAMES=a:b"])
    let expected = ["A=1", "NOTIFY_SOCKET=/x", "LISTEN_FDS=2", "LISTEN_FDNAMES=a:b"]
    #expect(plan.process.environment == expected && plan.process.announcesPid)
  }

  @Test func aPrefixOfANameIsAnotherVariable() throws {
    var plan = try Document.process(#""env": ["AB=1", "A=2"]"#).plan()
    plan.process.set(["A=3"])
    #expect(plan.process.environment == ["AB=1", "A=3"])
  }

  @Test func theNotifySocketsMountComesLastAndIsReadOnly() throws {
    var plan = try Document.process(Self.environment).plan()
    let before = plan.mounts
    plan.addNotifySocket(in: "/state/c1/notify")
    #expect(plan.mounts.dropLast() == before[...])
    let mount = try #require(plan.mounts.last)
    #expect(mount.destination == "/run/notify")
    #expect(mount.kind == .bind(source: "/state/c1/notify", isRecursive: false))
    #expect(mount.attributes.set & MountAttribute.readOnly != 0)
    #expect(!before.contains { $0.index == mount.index })
    #expect(plan.process.environment.last == "NOTIFY_SOCKET=/run/notify/notify.sock")
    #expect(plan.process.environment.count == 4)
  }
}
