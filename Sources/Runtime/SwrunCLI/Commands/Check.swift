import JSON
import Lifecycle
import RuntimeSpec

/// `swrun check`: what is wrong with a bundle, and what weakens its container, all at once.
///
/// - Returns: 0 for nothing, 1 for warnings alone, 2 for anything that would be refused.
func check(_ arguments: Arguments, _ presentation: Presentation) throws(RuntimeError) -> Int32 {
  let judgement = try BundleJudgement(path: arguments.positional.first ?? ".")
  if arguments.options["format"] == "json" {
    try presentation.show([
      "bundle": .string(arguments.positional.first ?? "."),
      "violations": .array(judgement.violations.map { $0.finding(in: judgement.file) }),
      "warnings": .array(judgement.warnings.map { $0.finding(in: judgement.file) }),
    ])
  } else {
    let lines =
      judgement.violations.map { $0.line(in: judgement.file, "error") }
      + judgement.warnings.map { $0.line(in: judgement.file, "warning") }
    try presentation.show(lines.joined())
  }
  if !judgement.violations.isEmpty { return 2 }
  return judgement.warnings.isEmpty ? 0 : 1
}

extension ConfigurationError {
  /// As compilers print it, so that editors find the place.
  fileprivate func line(in file: String, _ severity: String) -> String {
    let place = line.map { "\(file):\($0)" } ?? file
    let subject = pointer.isEmpty ? "" : "\(pointer): "
    return "\(place): \(severity): \(subject)\(rule) (\(clause))\n"
  }

  fileprivate func finding(in file: String) -> JSONValue {
    .object(present: [
      ("file", .string(file)),
      ("line", line.map { .integer(Int64($0)) }),
      ("pointer", .string(pointer)),
      ("rule", .string(rule)),
      ("clause", .string(clause)),
    ])
  }
}
