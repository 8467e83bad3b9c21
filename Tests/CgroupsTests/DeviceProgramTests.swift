import RuntimeSpec
import Testing

@testable import Cgroups

private let (block, character): (UInt32, UInt32) = (1, 2)
private let (mknod, read, write): (UInt32, UInt32, UInt32) = (1, 2, 4)

private func rule(
  _ isAllowed: Bool,
  _ kind: DeviceRule.Kind = .all,
  _ major: UInt32? = nil,
  _ minor: UInt32? = nil,
  _ access: DeviceRule.Access = .all,
) -> DeviceRule {
  DeviceRule(isAllowed: isAllowed, kind: kind, major: major, minor: minor, access: access)
}

private func machine(_ rules: [DeviceRule]) throws -> DeviceMachine {
  try DeviceMachine(deviceProgram(for: rules))
}

@Suite struct DeviceProgramTests {
  @Test("what no rule speaks of is denied")
  func defaultDenies() throws {
    let machine = try machine([rule(true, .character, 1, 3)])
    #expect(try machine.allows(kind: character, 1, 3, access: read | write))
    #expect(try !machine.allows(kind: character, 1, 4, access: read))
    #expect(try !machine.allows(kind: character, 2, 3, access: read))
    #expect(try !machine.allows(kind: block, 1, 3, access: read))
  }

  @Test("a later rule wins")
  func order() throws {
    let opened = try machine([rule(false), rule(true, .block, 8, 0)])
    #expect(try opened.allows(kind: block, 8, 0, access: write))
    #expect(try !opened.allows(kind: block, 8, 1, access: write))
    let closed = try machine([rule(true, .block, 8, 0), rule(false)])
    #expect(try !closed.allows(kind: block, 8, 0, access: write))
    let holed = try machine([rule(true), rule(false, .block, 8, 0)])
    #expect(try !holed.allows(kind: block, 8, 0, access: read))
    #expect(try holed.allows(kind: block, 8, 1, access: read))
  }

  @Test("nil is every number")
  func wildcards() throws {
    let machine = try machine([
      rule(false), rule(true, .character, 136), rule(true, .block, nil, 7),
    ])
    #expect(try machine.allows(kind: character, 136, 4095, access: read))
    #expect(try !machine.allows(kind: character, 137, 7, access: read))
    #expect(try machine.allows(kind: block, 4095, 7, access: read))
  }

  @Test("an access needs all that it asks for, from one rule or several")
  func combined() throws {
    let read3 = rule(true, .character, 1, 3, .read)
    let write3 = rule(true, .character, 1, 3, .write)
    let one = try machine([rule(false), read3])
    #expect(try one.allows(kind: character, 1, 3, access: read))
    #expect(try !one.allows(kind: character, 1, 3, access: read | write))
    let both = try machine([rule(false), read3, write3])
    #expect(try both.allows(kind: character, 1, 3, access: read | write))
    #expect(try !both.allows(kind: character, 1, 3, access: read | write | mknod))
  }

  @Test("a denied access stays denied in company")
  func deniedInCompany() throws {
    let machine = try machine([rule(true), rule(false, .character, 1, 3, .write)])
    #expect(try machine.allows(kind: character, 1, 3, access: read))
    #expect(try !machine.allows(kind: character, 1, 3, access: write))
    #expect(try !machine.allows(kind: character, 1, 3, access: read | write))
  }

  @Test("numbers with the highest bit set are compared whole")
  func large() throws {
    let machine = try machine([rule(true, .character, .max, 0x8000_0000)])
    #expect(try machine.allows(kind: character, .max, 0x8000_0000, access: read))
    #expect(try !machine.allows(kind: character, .max, 0x8000_0001, access: read))
  }

  @Test("rules that restrict nothing make no program")
  func unrestricted() {
    #expect(effectiveDeviceRules(nil) == [])
    #expect(effectiveDeviceRules([]) == [])
    #expect(effectiveDeviceRules([rule(true)]) == [])
    #expect(effectiveDeviceRules([rule(false), rule(true), rule(true, .character, 1, 3)]) == [])
    #expect(effectiveDeviceRules([rule(true), rule(false, .character, 1, 3)]) != [])
  }

  @Test("a container that may use nothing may use the defaults")
  func defaults() throws {
    let machine = try machine(effectiveDeviceRules([rule(false)]))
    for minor: UInt32 in [3, 5, 7, 8, 9] {
      #expect(try machine.allows(kind: character, 1, minor, access: read | write))
    }
    #expect(try machine.allows(kind: character, 5, 0, access: read | write))
    #expect(try machine.allows(kind: character, 5, 2, access: read | write))
    #expect(try machine.allows(kind: character, 136, 17, access: read | write))
    #expect(try machine.allows(kind: block, 8, 0, access: mknod))
    #expect(try !machine.allows(kind: block, 8, 0, access: read))
    #expect(try !machine.allows(kind: character, 1, 1, access: read))
    #expect(try !machine.allows(kind: character, 10, 200, access: read))
    #expect(try !machine.allows(kind: character, 5, 1, access: write))
  }
}
