package import Archive
package import Codecs
package import ImageSpec
package import RootedFiles

/// Why a layer could not be applied: which one, at which entry, and what was wrong.
package struct LayerError: Error, Sendable {
  package enum Problem: Error, Equatable, Sendable {
    case blobUnreadable(FileError)
    case wrongSize(expected: Int64, found: Int64)
    case wrongDigest(found: String)
    case wrongDiffID(expected: String, found: String)
    case unsupportedAlgorithm(String)
    case codec(CodecError)
    case archive(ArchiveError)
    case file(FileError)
    case rootIsNoDirectory
    case badWhiteout
    case invalidID(String, UInt64)
    case unmappedID(String, UInt32)
    case missingLinkTarget([UInt8])
    case tooLarge(what: String, limit: String)
    case stopped
  }

  package let layer: Digest
  /// The entry's name as it stands in the archive, when the problem is with one.
  package let entry: [UInt8]?
  package let problem: Problem
}

extension LayerError: CustomStringConvertible {
  package var description: String {
    guard let entry else { return "layer \(layer): \(problem)" }
    return "layer \(layer), entry \"\(shown(entry))\": \(problem)"
  }
}

extension LayerError.Problem: CustomStringConvertible {
  /// One line: the cause, and what to do where that isn't plain.
  package var description: String {
    switch self {
    case .blobUnreadable(let error): "cannot read the blob: \(error)"
    case .wrongSize(let expected, let found):
      "the blob has \(found) bytes instead of \(expected); load the image again"
    case .wrongDigest(let found):
      "the blob's content has the digest \(found); load the image again"
    case .wrongDiffID(let expected, let found):
      "the layer's archive has the diff ID \(found), but the image's configuration says \(expected)"
    case .unsupportedAlgorithm(let name):
      "cannot verify a digest of \(name); only sha256 and sha512 are supported"
    case .codec(let error): "\(error)"
    case .archive(let error): "\(error)"
    case .file(let error): "\(error)\(advice(on: error))"
    case .rootIsNoDirectory: "the root of a layer must be a directory"
    case .badWhiteout: "not a valid whiteout"
    case .invalidID(let name, let id): "the \(name) \(id) is out of range"
    case .unmappedID(let name, let id):
      "the \(name) \(id) is not mapped; extend --\(name)-map"
    case .missingLinkTarget(let target):
      "the target \"\(shown(target))\" of the hard link is missing"
    case .tooLarge(let what, let limit): "\(what) exceeds the allowed \(limit)"
    case .stopped: "stopped"
    }
  }

  private func advice(on error: FileError) -> String {
    guard case .system(let call, .notPermitted, _) = error else { return "" }
    switch call {
    case "mknod", "chown", "set attribute": return "; run as root, or with --rootless"
    default: return ""
    }
  }
}
