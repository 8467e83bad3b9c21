import Archive
import Codecs
import ContentStore
import Hashing
import ImageSpec
import RootedFiles

/// The files of an archive, staged in the store under their content's digest, and their names.
///
/// An archive on a pipe can't be read twice, and its table of contents may come last: so every file
/// is kept, and what no image needs goes with the staging place. Names from the archive are keys of
/// a table and never paths.
struct SpooledArchive {
  private var files: [String: StagedBlob] = [:]
  private var links: [String: String] = [:]

  private static let limits = ArchiveLimits(
    nameLength: 4096,
    extendedHeaderLength: 1 << 20,
    entryCount: 100_000,
    sparsePieceCount: 1,
  )

  /// Padding after the end of an archive that is read to verify the compression's checksum.
  private static let paddingLimit = 64 << 20

  /// Reads the whole archive.
  init(
    spooling input: consuming ArchiveInput,
    to staging: inout Staging,
  ) throws(TransferError) {
    var stream = DecodedStream(input, stated: nil)
    var reader = ArchiveReader(limits: SpooledArchive.limits)
    var chunk = [UInt8](repeating: 0, count: DecodedStream<ArchiveInput>.chunkSize)
    var spool = EntrySpool()
    var padding = 0
    while true {
      let count = try SpooledArchive.next(of: &stream, into: &chunk)
      guard count > 0 else { break }
      guard !stream.isBomb else {
        throw .document(name: "archive", problem: "more comes out of it than it can honestly hold")
      }
      if reader.hasEnded {
        padding += count
        guard padding <= SpooledArchive.paddingLimit else {
          throw .document(name: "archive", problem: "endless padding after its end")
        }
        continue
      }
      try read(chunk.span.extracting(first: count), by: &reader, &spool, &staging)
    }
    do throws(ArchiveError) {
      try reader.finish()
    } catch {
      throw error.offset == 0 && error.path.isEmpty ? .notAnImage : .archive(error)
    }
  }

  private static func next(
    of stream: inout DecodedStream<ArchiveInput>,
    into chunk: inout [UInt8],
  ) throws(TransferError) -> Int {
    do throws(StreamError<TransferError>) {
      return try stream.next(into: &chunk)
    } catch {
      switch error {
      case .input(let error): throw error
      case .codec(let error): throw .codec(error)
      }
    }
  }

  private mutating func read(
    _ bytes: Span<UInt8>,
    by reader: inout ArchiveReader,
    _ spool: inout EntrySpool,
    _ staging: inout Staging,
  ) throws(TransferError) {
    var position = 0
    while true {
      let event: ArchiveReader.Event?
      do throws(ArchiveError) {
        event = try reader.next(in: bytes, at: &position)
      } catch {
        // The very first header decides whether this is a tar archive at all.
        throw error.offset == 0 && error.path.isEmpty ? .notAnImage : .archive(error)
      }
      switch event {
      case nil: return
      case .entry(let entry): try begin(entry, &spool, &staging)
      case .data(let range, _): try spool.write(bytes.extracting(range))
      case .endOfEntry:
        if let (name, blob) = try spool.end(&staging) { try add(name, blob) }
      }
    }
  }

  private mutating func begin(
    _ entry: Entry,
    _ spool: inout EntrySpool,
    _ staging: inout Staging,
  ) throws(TransferError) {
    let name = try archiveName(entry.path, of: entry)
    switch entry.kind {
    case .directory: break
    case .regular:
      guard !entry.isSparse else {
        throw .entry(path: entry.path, problem: "sparse files have no place in an image archive")
      }
      try spool.begin(name, &staging)
    case .hardLink(let target): links[name] = try archiveName(target, of: entry)
    case .symbolicLink(let target):
      // Old archives of Docker point from one layer to the same one elsewhere.
      let parent = entry.path.lastIndex(of: UInt8(ascii: "/")).map { entry.path[...$0] } ?? []
      links[name] = RootedPath(cleaning: Array(parent) + target).key
    case .fifo, .characterDevice, .blockDevice:
      throw .entry(path: entry.path, problem: "no regular file, link or directory")
    }
  }

  private mutating func add(_ name: String, _ blob: StagedBlob) throws(TransferError) {
    if let stated = try statedDigest(name), stated != blob.digest {
      throw .wrongDigest(stated: stated, found: blob.digest)
    }
    if let earlier = files[name], earlier.digest != blob.digest {
      throw .entry(path: Array(name.utf8), problem: "occurs twice with different content")
    }
    files[name] = blob
  }

  /// The file of a name, through links inside the archive.
  func file(_ name: String) -> StagedBlob? {
    var name = name
    for _ in 0..<8 {
      if let file = files[name] { return file }
      guard let target = links[name] else { return nil }
      name = target
    }
    return nil
  }

  /// A whole file that is a document.
  func document(_ name: String, _ staging: borrowing Staging) throws(TransferError) -> [UInt8]? {
    guard let file = file(name) else { return nil }
    do throws(StoreError) {
      return try staging.contents(of: file)
    } catch {
      throw .store(error)
    }
  }
}

extension RootedPath {
  /// The path as a key of the table; what is not UTF-8 matches no name of a document.
  var key: String { String(decoding: bytes, as: UTF8.self) }
}

/// A name as a key: without `./`, and refused where it tries to lead out of the archive.
func archiveName(_ path: [UInt8], of entry: Entry) throws(TransferError) -> String {
  let components = path.split(separator: UInt8(ascii: "/"))
  guard path.first != UInt8(ascii: "/"),
    !components.contains(where: { $0.elementsEqual("..".utf8) })
  else { throw .entry(path: entry.path, problem: "leads out of the archive") }
  guard let name = String(validating: RootedPath(cleaning: path).bytes, as: UTF8.self) else {
    throw .entry(path: entry.path, problem: "the name is not UTF-8")
  }
  return name
}

/// The digest that a layout's blob claims by its name; nil for every other file.
func statedDigest(_ name: String) throws(TransferError) -> Digest? {
  let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
  guard parts.count == 3, parts[0] == Layout.blobsName,
    HashAlgorithm(rawValue: parts[1]) != nil
  else { return nil }
  do throws(DigestError) {
    return try Digest(algorithm: parts[1], encoded: parts[2])
  } catch {
    throw .entry(path: Array(name.utf8), problem: error.description)
  }
}

/// The one entry that is being written.
struct EntrySpool: ~Copyable {
  private var name = ""
  private var writer: BlobWriter?

  mutating func begin(_ name: String, _ staging: inout Staging) throws(TransferError) {
    let algorithm: HashAlgorithm =
      name.hasPrefix("\(Layout.blobsName)/\(HashAlgorithm.sha512.rawValue)/") ? .sha512 : .sha256
    self.name = name
    do throws(StoreError) {
      writer = try staging.makeBlob(algorithm)
    } catch {
      throw .store(error)
    }
  }

  mutating func write(_ bytes: Span<UInt8>) throws(TransferError) {
    do throws(StoreError) {
      try writer?.write(bytes)
    } catch {
      throw .store(error)
    }
  }

  /// - Returns: nil when the entry has no content.
  mutating func end(_ staging: inout Staging) throws(TransferError) -> (String, StagedBlob)? {
    guard let writer = writer.take() else { return nil }
    do throws(StoreError) {
      return (name, try staging.finish(writer))
    } catch {
      throw .store(error)
    }
  }
}
