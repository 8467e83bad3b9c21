import ContentStore
import Hashing
import ImageSpec
import RootedFiles

/// Where the blobs of an image come from: staged already, or a layout's directory.
enum BlobSource: ~Copyable {
  case staged
  case layout(LayoutDirectory)
}

extension BlobSource {
  /// Makes sure that a blob is staged or in the store.
  ///
  /// - Returns: false when it is nowhere.
  func obtain(
    _ descriptor: Descriptor,
    into staging: inout Staging,
  ) throws(TransferError) -> Bool {
    switch self {
    case .staged:
      let size = try stored(staging) { (staging) throws(StoreError) in
        try staging.blobSize(descriptor.digest)
      }
      guard let size else { return false }
      guard size == descriptor.size else {
        throw .store(.wrongSize(descriptor.digest, expected: descriptor.size, found: size))
      }
      return true
    case .layout(let directory):
      // One that is damaged in the store comes anew.
      let isThere = try stored(staging) { (staging) throws(StoreError) in
        try staging.hasSound(descriptor, progress: directory.progress)
      }
      return isThere ? true : try directory.copy(descriptor, into: &staging)
    }
  }
}

/// An OCI layout in a directory that belongs to somebody else.
struct LayoutDirectory {
  private let directory: Directory
  let progress: @Sendable (Int64) -> Void

  init(_ directory: Directory, progress: @escaping @Sendable (Int64) -> Void) {
    self.directory = directory
    self.progress = progress
  }

  /// - Throws: `notAnImage` when the directory is no layout.
  func index() throws(TransferError) -> Index {
    guard let marker = try document(Layout.markerName), let index = try document(Layout.indexName)
    else { throw .notAnImage }
    return try parsedIndex(marker: marker, index: index)
  }

  private func document(_ name: String) throws(TransferError) -> [UInt8]? {
    do throws(FileError) {
      return try directory.contents(of: try FileName(name), limit: DocumentLimit.bytes)
    } catch {
      throw .source(error)
    }
  }

  /// Copies a blob, verifying it on the way.
  ///
  /// - Returns: false when it isn't there.
  func copy(
    _ descriptor: Descriptor,
    into staging: inout Staging,
  ) throws(TransferError) -> Bool {
    guard let algorithm = HashAlgorithm(rawValue: descriptor.digest.algorithm) else {
      throw .store(.unknownAlgorithm(descriptor.digest))
    }
    guard let file = try open(descriptor.digest) else { return false }
    var spool = EntrySpool()
    try spool.begin("\(Layout.blobsName)/\(algorithm.rawValue)/", &staging)
    var chunk = [UInt8](repeating: 0, count: 262_144)
    var count: Int64 = 0
    while true {
      try checkInterruption()
      let length = try sourced { () throws(FileError) in try file.read(into: &chunk) }
      guard length > 0 else { break }
      count += Int64(length)
      // Not a byte more than promised is written.
      guard count <= descriptor.size else { break }
      try spool.write(chunk.span.extracting(first: length))
      progress(Int64(length))
    }
    guard count == descriptor.size else {
      throw .store(.wrongSize(descriptor.digest, expected: descriptor.size, found: count))
    }
    guard let (_, blob) = try spool.end(&staging), blob.digest == descriptor.digest else {
      throw .store(.wrongContent(descriptor.digest))
    }
    return true
  }

  private func open(_ digest: Digest) throws(TransferError) -> OwnedDescriptor? {
    do throws(FileError) {
      let blobs = try directory.openDirectory(try FileName(Layout.blobsName))
      let place = try blobs.openDirectory(try FileName(digest.algorithm))
      return try place.openFile(try FileName(digest.encoded))
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .source(error)
    }
  }
}
