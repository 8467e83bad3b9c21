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
  try DeviceMachine(DeviceTable(rules))
}

private func randomRule(_ numbers: inout SystemRandomNumberGenerator) -> DeviceRule {
  rule(
    .random(using: &numbers),
    [.all, .block, .character].randomElement(using: &numbers) ?? .all,
    [nil, 0, 1, 2].randomElement(using: &numbers) ?? nil,
    [nil, 0, 1, 2].randomElement(using: &numbers) ?? nil,
    DeviceRule.Access(rawValue: .random(in: 1...7, using: &numbers)),
  )
}

private let numberPairs = (UInt32(0)..<4).flatMap { major in
  (UInt32(0)..<4).map { minor in (major, minor) }
}

/// The rules read as they are written: for each access asked for the last one that speaks of it.
private func walk(
  _ rules: [DeviceRule],
  _ kind: UInt32,
  _ major: UInt32,
  _ minor: UInt32,
  _ access: UInt32,
) -> Bool {
  let bits: [(UInt32, DeviceRule.Access)] = [(mknod, .mknod), (read, .read), (write, .write)]
  return bits.allSatisfy { bit, letter in
    if access & bit == 0 { return true }
    let last = rules.last { rule in
      rule.access.contains(letter)
        && (rule.kind == .all || (rule.kind == .block) == (kind == block))
        && rule.major ?? major == major && rule.minor ?? minor == minor
    }
    return last?.isAllowed ?? false
  }
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

  @Test("a number that no device has makes a rule that speaks of nothing")
  func large() throws {
    let machine = try machine([
      rule(true, .character, 0xFFF, 0xF_FFFF), rule(true, .character, .max, 1),
      rule(true, .block, 8, .max),
    ])
    #expect(try machine.allows(kind: character, 0xFFF, 0xF_FFFF, access: read))
    #expect(try !machine.allows(kind: character, 1, 1, access: read))
    #expect(try !machine.allows(kind: block, 8, 1, access: read))
  }

  @Test("the table decides as a walk over the rules does")
  func random() throws {
    var numbers = SystemRandomNumberGenerator()
    for round in 0..<400 {
      let rules = (0..<Int.random(in: 1...12, using: &numbers)).map { _ in randomRule(&numbers) }
      let machine = try machine(rules)
      for kind in [block, character] {
        for (major, minor) in numberPairs {
          for access: UInt32 in 1..<8 {
            let wanted = walk(rules, kind, major, minor, access)
            let allowed = try machine.allows(kind: kind, major, minor, access: access)
            #expect(
              allowed == wanted,
              "round \(round): \(kind) \(major):\(minor) \(access), \(rules)"
            )
          }
        }
      }
    }
  }

  @Test("rules that would make a huge table are refused")
  func huge() throws {
    let majors = (UInt32(0)..<200).map { rule(true, .character, $0) }
    let minors = (UInt32(0)..<200).map { rule(true, .character, nil, $0) }
    #expect(throws: CgroupError.self) { try DeviceTable(majors + minors) }
    let many = [DeviceRule](repeating: rule(true, .block, 1, 1), count: 5000)
    #expect(throws: CgroupError.self) { try DeviceTable(many) }
    #expect(try DeviceTable(majors + minors.prefix(3)).entries.count == 200 + 3 + 600)
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
    #expect(try machine.allows(kind: character, 10, 200, access: read | write))
    #expect(try !machine.allows(kind: character, 10, 229, access: read))
    #expect(try !machine.allows(kind: character, 5, 1, access: write))
  }
}
