package import ContentStore
package import HostProcess
package import Layers
package import RootedFiles

/// What keeps the files of an image from being shown.
package enum ContentsError: Error {
  case store(StoreError)
  case layer(LayerError)
  case unknownLayerType(String)
  case noSuchFile([UInt8])
  /// Something stands there that has no data.
  case notRegular([UInt8], String)
  /// Links on the way lead in a circle, or a name is none.
  case path([UInt8], LayerError.Problem)
  case output(FileError)
  case tooLarge(limit: UInt64)
  case interrupted(Interrupted)
}

extension ContentsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .store(let error): "\(error)"
    case .layer(let error): "\(error)"
    case .unknownLayerType(let type): "unknown media type \"\(shown(type.utf8))\" of a layer"
    case .noSuchFile(let path): "\"\(shown(path))\": no such file in the image"
    case .notRegular(let path, let kind): "\"\(shown(path))\": a \(kind), not a regular file"
    case .path(let path, let problem): "\"\(shown(path))\": \(problem)"
    case .output(let error): "output: \(error)"
    case .tooLarge(let limit): "sparse files would become more than the allowed \(limit) bytes"
    case .interrupted(let error): "\(error)"
    }
  }
}

func checkInterruption() throws(ContentsError) {
  do throws(Interrupted) {
    try Interruption.check()
  } catch {
    throw .interrupted(error)
  }
}
