import Archive
import RootedFiles

/// What is to be done for one entry of a layer, decided before anything is touched.
enum EntryStep {
  case ignore
  case hide(RootedPath)
  case hideContents(RootedPath)
  case setRoot(FileAttributes)
  case make(NewFile)

  /// - Throws: when a rule forbids the entry.
  init(
    _ entry: Entry,
    ownership: Ownership,
    limits: LayerLimits,
  ) throws(LayerError.Problem) {
    switch try LayerPath(entry.path) {
    case .ignored:
      self = .ignore
    case .whiteout(let path):
      self = .hide(path)
    case .opaque(let directory):
      self = .hideContents(directory)
    case .root:
      guard entry.kind == .directory else { throw .rootIsNoDirectory }
      self = .setRoot(try FileAttributes(entry, ownership: ownership))
    case .file(let path):
      guard entry.size <= limits.fileSize else {
        throw .tooLarge(what: "the size of the file", limit: "\(limits.fileSize) bytes")
      }
      self = .make(
        NewFile(
          path: path,
          kind: entry.kind,
          sparseSize: entry.isSparse ? entry.size : nil,
          attributes: try FileAttributes(entry, ownership: ownership),
        )
      )
    }
  }
}

/// A file that an entry describes.
struct NewFile {
  let path: RootedPath
  let kind: Entry.Kind
  /// The whole size of a file with holes; nil when its data is all there is.
  let sparseSize: UInt64?
  let attributes: FileAttributes
}
