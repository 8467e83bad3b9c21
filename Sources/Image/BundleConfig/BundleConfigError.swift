package import RootedFiles

/// What keeps an image and options from becoming a config.json.
package enum BundleConfigError: Error, CustomStringConvertible {
  /// A user or group, as the image or the user names it.
  case user(text: String, problem: String)
  case mount(text: String, problem: String)
  case environment(text: String, problem: String)
  case workingDirectory(text: String)
  case hostname(text: String)
  case argument(problem: String)
  case noCommand
  case volume(path: String, problem: String)
  /// /etc/passwd or /etc/group of the rootfs could not be read.
  case accountFile(FileError)

  package var description: String {
    switch self {
    case .user(let text, let problem): "user \"\(text)\": \(problem)"
    case .mount(let text, let problem): "mount \"\(text)\": \(problem)"
    case .environment(let text, let problem): "environment \"\(text)\": \(problem)"
    case .workingDirectory(let text):
      "working directory \"\(text)\": an absolute path is expected"
    case .hostname(let text):
      "hostname \"\(text)\": 1 to 64 letters, digits, dots and dashes are expected"
    case .argument(let problem): problem
    case .noCommand: "the image names no command: give one after --"
    case .volume(let path, let problem): "volume \"\(path)\": \(problem)"
    case .accountFile(let error): "\(error)"
    }
  }
}
