package import BundleConfig
package import ContentStore
package import HostProcess
package import ImageSpec
package import Layers
package import RootedFiles

/// What keeps an image from becoming a bundle.
package enum UnpackError: Error {
  case store(StoreError)
  case layer(LayerError)
  /// The root of the file system could not be made as the owner mapping wants it.
  case root(LayerError.Problem)
  case configuration(BundleConfigError)
  /// A file operation on the bundle failed.
  case bundle(FileError)
  /// Something is under the bundle's name already.
  case exists(path: String)
  case badBundlePath(String)
  case noParent(path: String)
  case unknownLayerType(Digest, String)
  case notDistributable(Digest)
  case needsRoot
  case interrupted(Interrupted)
}

extension UnpackError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .store(let error): "\(error)"
    case .layer(let error): "\(error)"
    case .root(let problem): "rootfs: \(problem)"
    case .configuration(let error): "\(error)"
    case .bundle(let error): "bundle: \(error)"
    case .exists(let path): "\(path): exists and is not an empty directory"
    case .badBundlePath(let path): "\"\(path)\": the bundle needs a name of its own"
    case .noParent(let path): "\(path): no such directory to make the bundle in"
    case .unknownLayerType(let digest, let mediaType):
      "layer \(digest): unknown media type \"\(shown(mediaType.utf8))\""
    case .notDistributable(let digest):
      "layer \(digest): is not in the store, as its owner alone may hand it out"
    case .needsRoot:
      "only root can give files to their owners: run as root, or with --rootless"
    case .interrupted(let error): "\(error)"
    }
  }
}

/// Runs file operations on the bundle.
func onBundle<Result: ~Copyable>(
  _ body: () throws(FileError) -> Result
) throws(UnpackError) -> Result {
  do throws(FileError) {
    return try body()
  } catch {
    throw .bundle(error)
  }
}
