import Archive
import ContentStore
import ImageSpec
package import RootedFiles

/// Writes images to one tar archive, as a stream.
///
/// The same images give the same bytes. What can't be undone on a pipe is told by the error alone:
/// a blob that turns out to be damaged ends the archive in its middle.
/// - Throws: when the output fails or a blob is damaged.
package func save(
  _ selection: SaveSelection,
  to output: borrowing OwnedDescriptor,
) throws(TransferError) {
  var index = Index()
  index.manifests = selection.indexEntries
  if selection.request.format == .dockerArchive {
    try output.add("manifest.json", selection.dockerManifest)
  }
  try output.add(Layout.indexName, index.document)
  try output.add(Layout.markerName, Layout.marker)
  try output.addDirectory(Layout.blobsName)
  var algorithms: Set<String> = []
  for blob in selection.blobs.sorted(by: { "\($0.digest)" < "\($1.digest)" }) {
    if algorithms.insert(blob.digest.algorithm).inserted {
      try output.addDirectory("\(Layout.blobsName)/\(blob.digest.algorithm)")
    }
    try output.begin(blob.digest.path, size: blob.size)
    try selection.read(blob) { (piece) throws(TransferError) in
      try checkInterruption()
      try written { () throws(FileError) in try output.write(piece) }
    }
    try output.send(ArchiveWriter.padding(after: UInt64(blob.size)))
  }
  try output.send(ArchiveWriter.end)
}

extension SaveSelection {
  /// Docker's list of images: RepoTags are the names that the user gave, and no others.
  fileprivate var dockerManifest: JSONValue {
    .array(
      items.compactMap { item in
        guard let image = item.image else { return nil }
        return [
          "Config": .string(image.manifest.configuration.digest.path),
          "RepoTags": .strings(item.names.filter { $0.digest == nil }.map(\.short)),
          "Layers": .strings(image.manifest.layers.map(\.digest.path)),
        ]
      }
    )
  }
}

extension Digest {
  fileprivate var path: String { "\(Layout.blobsName)/\(algorithm)/\(encoded)" }
}

/// The files of an archive that is being written: of nobody, and of no time.
extension OwnedDescriptor {
  fileprivate func add(_ name: String, _ document: JSONValue) throws(TransferError) {
    let text = Array(document.compactText.utf8)
    try begin(name, size: Int64(text.count))
    try send(text)
    try send(ArchiveWriter.padding(after: UInt64(text.count)))
  }

  fileprivate func addDirectory(_ name: String) throws(TransferError) {
    try send(header(name, .directory, size: 0, mode: 0o755))
  }

  fileprivate func begin(_ name: String, size: Int64) throws(TransferError) {
    try send(header(name, .regular, size: UInt64(size), mode: 0o644))
  }

  private func header(
    _ name: String,
    _ kind: Entry.Kind,
    size: UInt64,
    mode: UInt32,
  ) -> [UInt8] {
    ArchiveWriter.header(
      for: Entry(
        path: Array(name.utf8),
        kind: kind,
        size: size,
        mode: mode,
        uid: 0,
        gid: 0,
        modified: Timestamp(seconds: 0),
        attributes: [],
      )
    )
  }

  fileprivate func send(_ bytes: [UInt8]) throws(TransferError) {
    try written { () throws(FileError) in try write(bytes.span) }
  }
}

private func written(_ body: () throws(FileError) -> Void) throws(TransferError) {
  do throws(FileError) {
    try body()
  } catch {
    throw .output(error)
  }
}
