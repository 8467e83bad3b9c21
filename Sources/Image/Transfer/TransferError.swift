package import Archive
package import Codecs
package import ContentStore
package import Hashing
package import ImageSpec
package import HostProcess
package import Registry
package import RootedFiles
package import Signatures

/// What keeps an archive or layout from being loaded.
package enum TransferError: Error {
  /// The file or directory to load could not be read.
  case source(FileError)
  /// What is saved could not be written.
  case output(FileError)
  case store(StoreError)
  case codec(CodecError)
  case archive(ArchiveError)
  /// An entry of the archive, shown by its name, breaks a rule.
  case entry(path: [UInt8], problem: String)
  /// A document of the archive breaks a rule.
  case document(name: String, problem: String)
  case wrongDigest(stated: Digest, found: Digest)
  case wrongDiffID(layer: String, expected: Digest, found: Digest)
  case notAnImage
  case names(problem: String)
  case registry(RegistryError)
  /// The policy does not let the image in.
  case policy(PolicyError)
  case key(KeyError)
  case interrupted(Interrupted)

  /// Our own wish to stop stays what it is on every floor.
  init(_ error: RegistryError) {
    self = if case .interrupted(let cause) = error { .interrupted(cause) } else { .registry(error) }
  }
}

extension TransferError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .source(let error): "\(error)"
    case .output(let error): "output: \(error)"
    case .store(let error): "\(error)"
    case .codec(let error): "\(error)"
    case .archive(let error):
      error.path.isEmpty ? "\(error)" : "entry \"\(shown(error.path))\": \(error)"
    case .entry(let path, let problem): "entry \"\(shown(path))\": \(problem)"
    case .document(let name, let problem): "\(shown(name.utf8)): \(problem)"
    case .wrongDigest(let stated, let found):
      "blob \(stated): wrong digest: its content is \(found)"
    case .wrongDiffID(let layer, let expected, let found):
      "layer \(shown(layer.utf8)): wrong diff ID: the configuration says \(expected), the archive has \(found)"
    case .notAnImage:
      "no image in it: neither an OCI layout (oci-layout, index.json) nor a docker-archive"
        + " (manifest.json)"
    case .names(let problem): problem
    case .registry(let error): "\(error)"
    case .policy(let error): "\(error)"
    case .key(let error): "\(error)"
    case .interrupted(let error): "\(error)"
    }
  }
}

/// Runs operations of the store as part of a transfer.
func stored<Result: ~Copyable>(
  _ body: () throws(StoreError) -> Result
) throws(TransferError) -> Result {
  do throws(StoreError) {
    return try body()
  } catch {
    throw .store(error)
  }
}

/// Runs a conversation with a registry as part of a transfer.
func reached<Result: ~Copyable>(
  _ body: () throws(RegistryError) -> Result
) throws(TransferError) -> Result {
  do throws(RegistryError) {
    return try body()
  } catch {
    throw TransferError(error)
  }
}

/// Runs file operations on what is loaded.
func sourced<Result: ~Copyable>(
  _ body: () throws(FileError) -> Result
) throws(TransferError) -> Result {
  do throws(FileError) {
    return try body()
  } catch {
    throw .source(error)
  }
}

func checkInterruption() throws(TransferError) {
  do throws(Interrupted) {
    try Interruption.check()
  } catch {
    throw .interrupted(error)
  }
}
