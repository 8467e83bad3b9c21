package import Kernel

/// Why a container can't be checkpointed or restored.
package enum CriuError: Error, Equatable, Sendable {
  case notFound(path: String)
  /// CRIU gave up; `reasons` are the lines of its log that say so.
  case failed(String, code: ErrorNumber?, reasons: [String], log: String)
  /// CRIU's process ended or said what makes no sense.
  case broken(String, reasons: [String], log: String)
  case kernel(KernelError, subject: String)
  /// What CRIU needs can't be prepared.
  case refused(String)
}

extension CriuError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFound(let path):
      "criu is not there: checkpoint and restore need the package criu, or --criu (looked in \(path))"
    case .failed(let action, let code, let reasons, let log):
      "criu can't \(action)\(code.map { " (\($0.name))" } ?? ""): "
        + "\(Self.quoted(reasons)); its log is \(log)"
    case .broken(let action, let reasons, let log):
      "criu ended before it could \(action): \(Self.quoted(reasons)); its log is \(log)"
    case .kernel(let error, let subject): "\(subject): \(error)"
    case .refused(let reason): reason
    }
  }

  /// The first lines and the last one: the first is what went wrong, the last what came of it.
  private static func quoted(_ reasons: [String]) -> String {
    guard reasons.count > 6 else {
      return reasons.isEmpty ? "it does not say why" : reasons.joined(separator: "; ")
    }
    return (reasons.prefix(5) + ["...", reasons[reasons.count - 1]]).joined(separator: "; ")
  }
}

/// Says what a kernel's refusal was about.
func about<Value: ~Copyable>(
  _ subject: @autoclosure () -> String,
  _ body: () throws(KernelError) -> Value,
) throws(CriuError) -> Value {
  do throws(KernelError) {
    return try body()
  } catch {
    throw .kernel(error, subject: subject())
  }
}

/// The lines of a log of CRIU's that tell of errors, without their time stamps.
///
/// One is left out: CRIU tries whether the kernel has tun devices, and goes on where it has not.
package func errorLines(in log: [UInt8]) -> [String] {
  log.split(separator: UInt8(ascii: "\n")).compactMap { line in
    let text = String(decoding: line.prefix(400), as: UTF8.self)
    guard let range = text.firstRange(of: "Error ("), !text.contains("tun: Unable to create tun")
    else { return nil }
    return String(text[range.lowerBound...])
  }
}
