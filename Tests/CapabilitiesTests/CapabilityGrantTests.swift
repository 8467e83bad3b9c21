import Testing

@testable import Capabilities

private let kill: UInt64 = 1 << 5
private let chown: UInt64 = 1 << 0
private let all = KnownCapabilities.all

@Suite struct CapabilityGrantTests {
  @Test(
    "names are those of capabilities(7), exactly",
    arguments: [
      ("CAP_CHOWN", 0), ("CAP_KILL", 5), ("CAP_SYS_ADMIN", 21), ("CAP_AUDIT_READ", 37),
      ("cap_kill", nil), ("KILL", nil), ("CAP_NO_SUCH", nil), ("", nil), ("CAP_63", nil),
      ("5", nil),
    ] as [(String, Int?)]
  )
  func names(name: String, number: Int?) {
    #expect(KnownCapabilities.number(of: name) == number)
  }

  @Test("a mask's names come back in the order of their numbers")
  func namesOfMask() {
    #expect(KnownCapabilities.names(of: kill | chown) == ["CAP_CHOWN", "CAP_KILL"])
    #expect(KnownCapabilities.names(of: all).count >= 38)
  }

  @Test("each list becomes the mask of its own set")
  func sets() {
    var request = CapabilityRequest()
    request.bounding = ["CAP_CHOWN", "CAP_KILL"]
    request.permitted = ["CAP_CHOWN", "CAP_KILL"]
    request.effective = ["CAP_KILL"]
    let grant = CapabilityGrant(request, available: all)
    #expect(grant.sets.bounding == kill | chown)
    #expect(grant.sets.permitted == kill | chown)
    #expect(grant.sets.effective == kill)
    #expect(grant.sets.inheritable == 0)
    #expect(grant.sets.ambient == 0)
    #expect(grant.warnings.isEmpty)
  }

  @Test("what the creator lacks is left out with a warning that names it")
  func unavailable() {
    var request = CapabilityRequest()
    request.permitted = ["CAP_CHOWN", "CAP_KILL"]
    let grant = CapabilityGrant(request, available: chown)
    #expect(grant.sets.permitted == chown)
    #expect(
      grant.warnings == ["capabilities that cannot be granted here: CAP_KILL"]
    )
  }

  @Test("an unknown name is reported once")
  func unknown() {
    var request = CapabilityRequest()
    request.permitted = ["CAP_TIME_TRAVEL"]
    request.effective = ["CAP_TIME_TRAVEL"]
    let grant = CapabilityGrant(request, available: all)
    #expect(grant.sets == CapabilitySets())
    #expect(
      grant.warnings == ["ignored capability CAP_TIME_TRAVEL: this kernel has none of that name"]
    )
  }

  @Test("ambient ones must be permitted and inheritable, inheritable ones bounding")
  func dependencies() {
    var request = CapabilityRequest()
    request.bounding = ["CAP_KILL"]
    request.permitted = ["CAP_KILL"]
    request.inheritable = ["CAP_KILL", "CAP_CHOWN"]
    request.ambient = ["CAP_KILL", "CAP_CHOWN"]
    request.effective = ["CAP_CHOWN"]
    let grant = CapabilityGrant(request, available: all)
    #expect(grant.sets.inheritable == kill)
    #expect(grant.sets.ambient == kill)
    #expect(grant.sets.effective == 0)
    #expect(grant.warnings.isEmpty)
    #expect(grant.notes.count == 3)
    #expect(
      grant.notes.last
        == "left out of the ambient set, as they are not permitted and inheritable: CAP_CHOWN"
    )
  }
}
