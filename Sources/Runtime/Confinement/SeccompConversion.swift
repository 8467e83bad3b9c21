package import RuntimeSpec
package import SyscallFilter

extension FilterProfile {
  /// The profile of a configuration in the compiler's terms.
  ///
  /// Spec: config-linux.md, "Seccomp".
  package init(_ profile: SeccompProfile) throws(ConfinementError) {
    var rules: [FilterRule] = []
    for rule in profile.syscalls {
      rules.append(
        FilterRule(
          names: rule.names,
          action: try filterAction(rule.action, rule.errnoRet),
          conditions: rule.args.map(FilterCondition.init),
        )
      )
    }
    self.init(
      defaultAction: try filterAction(profile.defaultAction, profile.defaultErrnoRet),
      architectures: profile.architectures,
      flags: FilterFlags(profile.flags),
      rules: rules,
    )
  }
}

private func filterAction(
  _ action: SeccompProfile.Action,
  _ number: UInt32?,
) throws(ConfinementError) -> FilterAction {
  // EPERM where the configuration has no number, for errno and trace alike.
  let value = number ?? 1
  switch action {
  case .kill, .killThread: return .killThread
  case .killProcess: return .killProcess
  case .trap: return .trap
  case .allow: return .allow
  case .log: return .log
  case .notify: return .notify
  case .returnError:
    // MAX_ERRNO: the kernel cuts larger ones down to it.
    guard value <= 4095 else { throw .errnoOutOfRange(value) }
    return .returnError(UInt16(value))
  case .trace:
    guard let message = UInt16(exactly: value) else { throw .errnoOutOfRange(value) }
    return .trace(message)
  }
}

extension FilterCondition {
  fileprivate init(_ argument: SeccompProfile.Argument) {
    let comparison: FilterComparison =
      switch argument.op {
      case .notEqual: .notEqual
      case .less: .less
      case .lessOrEqual: .lessOrEqual
      case .equal: .equal
      case .greaterOrEqual: .greaterOrEqual
      case .greater: .greater
      case .maskedEqual: .maskedEqual
      }
    self.init(
      argument: argument.index,
      comparison: comparison,
      value: argument.value,
      valueTwo: argument.valueTwo,
    )
  }
}

extension FilterFlags {
  /// The flags of a configuration together.
  init(_ flags: [SeccompProfile.Flag]) {
    self = []
    for flag in flags {
      switch flag {
      case .threadSync: insert(.threadSync)
      case .log: insert(.log)
      case .speculationAllow: insert(.speculationAllow)
      case .waitKillableReceive: insert(.waitKillableReceive)
      }
    }
  }
}
