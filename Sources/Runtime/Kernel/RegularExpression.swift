import Glibc

/// An extended regular expression.
///
/// See: regex(7), regcomp(3).
@safe package struct RegularExpression: ~Copyable {
  private var compiled: regex_t

  /// Compiles an expression; nil for one that is none.
  package init?(_ text: String) {
    unsafe compiled = regex_t()
    guard unsafe regcomp(&compiled, text, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
  }

  deinit {
    var compiled = unsafe compiled
    unsafe regfree(&compiled)
  }

  /// Whether it matches anywhere in a text.
  package func matches(_ text: String) -> Bool {
    unsafe withUnsafePointer(to: compiled) { unsafe regexec($0, text, 0, nil, 0) == 0 }
  }
}
