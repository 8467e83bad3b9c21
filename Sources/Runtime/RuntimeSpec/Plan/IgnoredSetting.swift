/// A setting of the document that is passed over: worth a warning, and no error.
package struct IgnoredSetting: Equatable, Sendable {
  /// The JSON pointer (RFC 6901) of the setting.
  package var pointer: String
  /// Why it has no effect.
  package var reason: String
  /// The place in the specification that it belongs to, as `config.md, "Process"`.
  package var clause: String
}

extension IgnoredSetting {
  /// What another platform has, beside what is for this one.
  static func foreign(_ pointer: String, _ clause: String) -> IgnoredSetting {
    IgnoredSetting(pointer: pointer, reason: "it is for another platform", clause: clause)
  }
}

extension IgnoredSetting: CustomStringConvertible {
  /// One line: what is ignored, and why.
  package var description: String { "\(pointer) is ignored: \(reason)" }
}

extension ConfigurationError {
  /// The same as a finding, beside those of another kind.
  init(_ setting: IgnoredSetting) {
    self.init(
      pointer: setting.pointer,
      rule: "is ignored: \(setting.reason)",
      clause: setting.clause,
    )
  }
}
