import RootedFiles

/// A bundle in the making: a temporary sibling of the place where it will be.
///
/// The sibling, `.NAME.swimg-…`, is locked while its maker lives. What a killed maker left is
/// removed by the next one for the same bundle; one that fails removes it itself, at the end of
/// this value's life.
struct BundleDirectory: ~Copyable {
  private let path: String
  private let parent: Directory
  private let name: FileName
  private let temporaryName: FileName
  let directory: Directory
  private var isPublished = false

  /// - Parameters:
  ///   - path: where the bundle will be.
  ///   - mode: the permissions of the bundle's directory.
  /// - Throws: `exists` when something is there already.
  init(_ path: String, mode: UInt32) throws(UnpackError) {
    let (parentPath, name) = try split(path)
    let parent: Directory
    do throws(FileError) {
      parent = try Directory(atPath: parentPath)
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      throw .noParent(path: parentPath)
    } catch {
      throw .bundle(error)
    }
    guard try isFree(name, in: parent) else { throw .exists(path: path) }
    let place = try onBundle { () throws(FileError) in
      let place = try parent.makeTemporaryDirectory(TemporaryNames(for: name))
      try place.directory.descriptor.setMode(mode)
      return place
    }
    self.path = path
    self.parent = parent
    self.name = name
    (temporaryName, directory) = place
  }

  deinit {
    guard !isPublished else { return }
    do throws(FileError) {
      try parent.removeTree(temporaryName)
    } catch {
      // Nothing more can be done here; the next unpack of this bundle removes what is left.
    }
  }

  /// Puts the finished bundle in its place, in one step.
  /// - Throws: `exists` when somebody else was faster.
  mutating func publish() throws(UnpackError) {
    do throws(FileError) {
      // rename(2) replaces an empty directory and nothing else.
      try parent.rename(temporaryName, to: name, in: parent)
    } catch  where error.code == .exists || error.code == .notEmpty || error.code == .notDirectory {
      throw .exists(path: path)
    } catch {
      throw .bundle(error)
    }
    isPublished = true
  }
}

private func split(_ path: String) throws(UnpackError) -> (parent: String, name: FileName) {
  var trimmed = Substring(path)
  while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
  let slash = trimmed.lastIndex(of: "/")
  let last = slash.map { trimmed[trimmed.index(after: $0)...] } ?? trimmed
  let parent =
    switch slash {
    case nil: "."
    case trimmed.startIndex?: "/"
    case .some(let slash): String(trimmed[..<slash])
    }
  do throws(FileError) {
    return (parent, try FileName(String(last)))
  } catch {
    throw .badBundlePath(path)
  }
}

private func isFree(_ name: FileName, in parent: Directory) throws(UnpackError) -> Bool {
  try onBundle { () throws(FileError) in
    guard let status = try parent.status(of: name) else { return true }
    guard status.kind == .directory else { return false }
    return try parent.openDirectory(name).entries().isEmpty
  }
}
