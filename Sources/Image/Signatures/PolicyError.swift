package import Hashing
package import RootedFiles

/// Why a policy can't be read, or does not let an image in.
package enum PolicyError: Error, CustomStringConvertible {
  /// The file, or a field of it, breaks a rule.
  case configuration(path: String, problem: String)
  case file(path: String, FileError)
  case key(path: String, KeyError)
  /// The policy lets nothing of that name in.
  case rejected(subject: String)
  /// No signature is as the policy wants it; why each is not.
  case notSigned(subject: String, problems: [String])

  package var description: String {
    switch self {
    case .configuration(let path, let problem): "\(path): \(problem)"
    case .file(let path, let error): "\(path): \(error)"
    case .key(let path, let error): "\(path): \(error)"
    case .rejected(let subject): "\(subject): rejected by the policy"
    case .notSigned(let subject, let problems):
      "\(subject): no signature that the policy accepts: "
        + (problems.isEmpty ? "there is none at all" : problems.joined(separator: ", "))
    }
  }
}
