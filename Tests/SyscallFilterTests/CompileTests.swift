import Testing

@testable import SyscallFilter

private let x86_64: UInt32 = 0xc000_003e
private let i386: UInt32 = 0x4000_0003
private let allow = FilterAction.allow.code
private let refuse = FilterAction.returnError(1).code
private let unknown = FilterAction.returnError(38).code

private func profile(
  _ rules: [FilterRule],
  default action: FilterAction = .returnError(1),
  architectures: [String] = ["SCMP_ARCH_X86_64"],
  flags: FilterFlags = [],
) -> FilterProfile {
  FilterProfile(
    defaultAction: action,
    architectures: architectures,
    flags: flags,
    rules: rules
  )
}

private func rule(
  _ names: [String],
  _ action: FilterAction,
  _ conditions: [FilterCondition] = [],
) -> FilterRule {
  FilterRule(names: names, action: action, conditions: conditions)
}

private func verdict(
  _ profile: FilterProfile,
  _ number: UInt32,
  _ arguments: [UInt64] = [],
  architecture: UInt32 = x86_64,
) throws -> UInt32 {
  try FilterMachine(architecture: architecture, number: number, arguments: arguments)
    .run(compile(profile).filter.program)
}

/// Numbers of x86-64: read 0, write 1, getpid 39, mkdir 83, personality 135, clone3 435.
@Suite(.enabled(if: nativeArchitecture == x86_64, "the numbers are those of x86-64"))
struct CompileTests {
  @Test(
    "each action is returned as the kernel has it",
    arguments: [
      (FilterAction.killProcess, UInt32(0x8000_0000)), (.killThread, 0), (.trap, 0x0003_0000),
      (.returnError(13), 0x0005_000d), (.trace(7), 0x7ff0_0007), (.log, 0x7ffc_0000),
    ]
  )
  func actions(action: FilterAction, code: UInt32) throws {
    let wanted = profile([rule(["mkdir"], action)], default: .allow)
    #expect(try verdict(wanted, 83) == code)
    #expect(try verdict(wanted, 39) == allow)
  }

  struct ComparisonCase: Sendable {
    var comparison: FilterComparison
    var holds: [UInt64]
    var fails: [UInt64]
  }

  @Test(
    "each comparison with 5 holds where it says",
    arguments: [
      ComparisonCase(comparison: .notEqual, holds: [4, 6], fails: [5]),
      ComparisonCase(comparison: .less, holds: [4], fails: [5, 6]),
      ComparisonCase(comparison: .lessOrEqual, holds: [4, 5], fails: [6, 1 << 32]),
      ComparisonCase(comparison: .equal, holds: [5], fails: [4, 5 | 1 << 40]),
      ComparisonCase(comparison: .greaterOrEqual, holds: [5, 6, 1 << 32], fails: [4]),
      ComparisonCase(comparison: .greater, holds: [6, 1 << 63], fails: [5]),
    ]
  )
  func comparisons(row: ComparisonCase) throws {
    let condition = FilterCondition(
      argument: 2,
      comparison: row.comparison,
      value: 5,
      valueTwo: 0
    )
    let wanted = profile([rule(["read"], .allow, [condition]), rule(["clone3"], .allow)])
    for value in row.holds { #expect(try verdict(wanted, 0, [0, 0, value]) == allow) }
    for value in row.fails { #expect(try verdict(wanted, 0, [0, 0, value]) == refuse) }
  }

  @Test("a masked comparison looks at the masked bits alone")
  func masked() throws {
    // Docker's rule for clone: none of the namespace flags.
    let condition = FilterCondition(
      argument: 0,
      comparison: .maskedEqual,
      value: 0x7e02_0000,
      valueTwo: 0
    )
    let wanted = profile([rule(["clone"], .allow, [condition]), rule(["clone3"], .allow)])
    #expect(try verdict(wanted, 56, [0x11]) == allow)
    #expect(try verdict(wanted, 56, [0x1000_0011]) == refuse)
  }

  @Test("conditions on different arguments must all hold")
  func conjunction() throws {
    let conditions = [
      FilterCondition(argument: 0, comparison: .equal, value: 1, valueTwo: 0),
      FilterCondition(argument: 1, comparison: .equal, value: 2, valueTwo: 0),
    ]
    let wanted = profile([rule(["read"], .allow, conditions), rule(["clone3"], .allow)])
    #expect(try verdict(wanted, 0, [1, 2]) == allow)
    #expect(try verdict(wanted, 0, [1, 3]) == refuse)
    #expect(try verdict(wanted, 0, [2, 2]) == refuse)
  }

  @Test("of several conditions on one argument any suffices, as with runc")
  func sameArgument() throws {
    let conditions = [
      FilterCondition(argument: 0, comparison: .equal, value: 0, valueTwo: 0),
      FilterCondition(argument: 0, comparison: .equal, value: 8, valueTwo: 0),
    ]
    let wanted = profile([rule(["personality"], .allow, conditions), rule(["clone3"], .allow)])
    #expect(try verdict(wanted, 135, [0]) == allow)
    #expect(try verdict(wanted, 135, [8]) == allow)
    #expect(try verdict(wanted, 135, [9]) == refuse)
  }

  @Test("a name that libseccomp does not know is left out and reported")
  func unknownName() throws {
    let result = try compile(profile([rule(["read", "no_such_call"], .allow)]))
    #expect(result.unknownNames == ["no_such_call"])
    let machine = FilterMachine(architecture: x86_64, number: 0)
    #expect(try machine.run(result.filter.program) == allow)
  }

  @Test("a rule that says what happens anyway adds nothing")
  func redundant() throws {
    let with = profile([rule(["read"], .returnError(1)), rule(["clone3"], .allow)])
    let without = profile([rule(["clone3"], .allow)])
    #expect(try compile(with) == compile(without))
  }

  @Test("another architecture has its own numbers, and those not listed are killed")
  func architectures() throws {
    let rules = [rule(["getpid", "clone3"], .allow)]
    let both = profile(rules, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
    #expect(try verdict(both, 20, architecture: i386) == allow)
    #expect(try verdict(both, 39, architecture: i386) == refuse)
    #expect(try verdict(both, 39) == allow)
    #expect(try verdict(profile(rules), 20, architecture: i386) == 0)
  }

  @Test("the native architecture is there without being listed")
  func native() throws {
    let wanted = profile([rule(["getpid"], .allow)], architectures: [])
    #expect(try verdict(wanted, 39) == allow)
  }

  @Test("an unknown architecture is an error that names it")
  func unknownArchitecture() {
    #expect(throws: FilterError.unknownArchitecture("SCMP_ARCH_PDP11")) {
      try compile(profile([], architectures: ["SCMP_ARCH_PDP11"]))
    }
    #expect(throws: FilterError.unknownArchitecture("x86")) {
      try compile(profile([], architectures: ["x86"]))
    }
  }

  @Test("calls above every named one get ENOSYS where the default stops calls")
  func newerCalls() throws {
    let rules = [rule(["read", "getpid"], .allow), rule(["mkdir"], .returnError(1))]
    #expect(try verdict(profile(rules), 84) == unknown)
    #expect(try verdict(profile(rules), 83) == refuse)
    #expect(try verdict(profile(rules), 38) == refuse)
    #expect(try verdict(profile(rules, default: .killProcess), 435) == unknown)
    #expect(try verdict(profile(rules, default: .allow), 435) == allow)
    #expect(try verdict(profile(rules, default: .log), 435) == FilterAction.log.code)
    let tracing = FilterAction.trace(1)
    #expect(try verdict(profile(rules, default: tracing), 435) == tracing.code)
    #expect(try verdict(profile(rules, default: .returnError(38)), 435) == unknown)
  }

  @Test("each architecture has its own highest call, x32 too")
  func newerCallsByArchitecture() throws {
    let wanted = profile(
      [rule(["getpid"], .allow)],
      architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    )
    let x32: UInt32 = 0x4000_0000
    #expect(try verdict(wanted, 20, architecture: i386) == allow)
    #expect(try verdict(wanted, 21, architecture: i386) == unknown)
    #expect(try verdict(wanted, 39) == allow)
    #expect(try verdict(wanted, 40) == unknown)
    #expect(try verdict(wanted, x32 | 39) == allow)
    #expect(try verdict(wanted, x32 | 38) == refuse)
    #expect(try verdict(wanted, x32 | 40) == unknown)
  }

  @Test("without x32 in the profile its calls are killed, not said to be unknown")
  func x32NotListed() throws {
    #expect(try verdict(profile([rule(["getpid"], .allow)]), 0x4000_0000 | 500) == 0)
  }

  @Test("flags are passed on, but for the one that only a listener may have")
  func flags() throws {
    let flags: FilterFlags = [.log, .threadSync, .speculationAllow, .waitKillableReceive]
    #expect(try compile(profile([], flags: flags)).filter.flags == 0b111)
  }

  @Test("a filter that notifies makes a listener, and goes without thread synchronisation")
  func listenerFlags() throws {
    let flags: FilterFlags = [.threadSync, .waitKillableReceive]
    let compiled = try compile(profile([rule(["read"], .notify)], flags: flags)).filter
    #expect(compiled.flags == 1 << 3 | 1 << 5)
    #expect(compiled.hasListener)
    #expect(try !compile(profile([rule(["read"], .allow)])).filter.hasListener)
  }

  @Test("a call in two rules of the same action is no error")
  func twice() throws {
    let wanted = profile([rule(["read", "read"], .allow), rule(["read", "clone3"], .allow)])
    #expect(try verdict(wanted, 0) == allow)
  }

  @Test("a filter tells which calls it lets through, by their arguments too")
  func allowed() throws {
    let condition = FilterCondition(argument: 1, comparison: .equal, value: 0x540e, valueTwo: 0)
    let rules = [rule(["mkdir"], .returnError(1)), rule(["ioctl"], .killProcess, [condition])]
    let filter = try compile(profile(rules, default: .allow)).filter
    #expect(filter.allows([FilteredCall("read"), FilteredCall("ioctl", [0, 1])]))
    #expect(!filter.allows([FilteredCall("read"), FilteredCall("mkdir")]))
    #expect(!filter.allows([FilteredCall("ioctl", [0, 0x540e])]))
    let none = CompiledFilter(program: [1, 2, 3], flags: 0)
    #expect(!none.allows([FilteredCall("read")]))
  }
}
