import Archive
import Layers
package import RootedFiles

extension MergedImage {
  /// Writes all files as one tar archive, as a stream; the same image gives the same bytes.
  ///
  /// What has no data comes first, then regular files in the order of the layers, then further names of
  /// files, and directories last: everything that is made in one changes its time, which an extracting
  /// tar must not set before. Holes of sparse files are filled.
  /// - Throws: when the output fails, or a layer is not what it was.
  package func export(to output: borrowing OwnedDescriptor) throws(ContentsError) {
    var plan = ExportPlan()
    try plan.make(tree)
    for header in plan.plain { try send(header, to: output) }
    for (number, files) in plan.files.sorted(by: { $0.key < $1.key }) {
      try export(files, ofLayer: number, to: output, limit: sparseLimit(number))
    }
    for header in plan.links + plan.directories { try send(header, to: output) }
    try send(ArchiveWriter.end, to: output)
  }

  private func export(
    _ files: [Int: ExportPlan.File],
    ofLayer number: Int,
    to output: borrowing OwnedDescriptor,
    limit: UInt64,
  ) throws(ContentsError) {
    let file = try duplicate(output)
    var gaps = GapFiller(size: 0, limit: limit)
    var size: UInt64 = 0
    try readEntries(ofLayer: number, Set(files.keys)) { entry throws(ContentsError) in
      guard let planned = files[entry] else { return }
      size = planned.size
      gaps = GapFiller(size: size, limit: limit)
      try send(planned.header, to: file)
    } take: { piece, offset throws(ContentsError) in
      try gaps.write(piece, at: offset, to: file)
    } end: { () throws(ContentsError) in
      try gaps.finish(file)
      try send(ArchiveWriter.padding(after: size), to: file)
    }
  }

  private func send(
    _ bytes: [UInt8],
    to output: borrowing OwnedDescriptor,
  ) throws(ContentsError) {
    do throws(FileError) {
      try output.write(bytes.span)
    } catch {
      throw .output(error)
    }
  }
}

/// The headers of an export, in their order.
private struct ExportPlan {
  struct File {
    let header: [UInt8]
    let size: UInt64
  }

  /// Symbolic links, devices and fifos.
  private(set) var plain: [[UInt8]] = []
  /// Parents first, so that each follows those that it is in.
  private(set) var directories: [[UInt8]] = []
  /// Regular files, by their layer and the entry in it.
  private(set) var files: [Int: [Int: File]] = [:]
  private(set) var links: [[UInt8]] = []

  mutating func make(_ tree: FileTree) throws(ContentsError) {
    var firstNames: [FileTree.NodeID: [UInt8]] = [:]
    directories.append(header(Array("./".utf8), tree[FileTree.root], .directory))
    try tree.forEachEntry { path, id throws(ContentsError) in
      let node = tree[id]
      if !node.isDirectory, let first = firstNames.updateValue(path.bytes, forKey: id) {
        firstNames[id] = first
        links.append(header(path.bytes, node, .hardLink(target: first)))
        return
      }
      switch node.content {
      case .directory: directories.append(header(path.bytes, node, .directory))
      case .regular(let layer, let entry, let size):
        let header = header(path.bytes, node, .regular, size: size)
        files[layer, default: [:]][entry] = File(header: header, size: size)
      case .symbolicLink(let target):
        plain.append(header(path.bytes, node, .symbolicLink(target: target)))
      case .characterDevice(let major, let minor):
        plain.append(header(path.bytes, node, .characterDevice(major: major, minor: minor)))
      case .blockDevice(let major, let minor):
        plain.append(header(path.bytes, node, .blockDevice(major: major, minor: minor)))
      case .fifo: plain.append(header(path.bytes, node, .fifo))
      }
    }
  }

  func header(
    _ path: [UInt8],
    _ node: FileTree.Node,
    _ kind: Entry.Kind,
    size: UInt64 = 0,
  ) -> [UInt8] {
    let attributes = node.attributes
    let isLink = if case .hardLink = kind { true } else { false }
    return ArchiveWriter.header(
      for: Entry(
        path: path,
        kind: kind,
        size: size,
        mode: attributes.mode,
        uid: attributes.uid,
        gid: attributes.gid,
        modified: attributes.modified,
        attributes: isLink ? [] : attributes.extended,
      )
    )
  }
}
