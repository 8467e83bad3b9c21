package import Archive
package import Codecs
package import ContentStore
package import HostProcess
package import RootedFiles

/// Checks a tar archive of a layout as the layout itself.
///
/// - Parameters:
///   - file: the archive, plain or compressed.
///   - parentPath: where there is room to take it apart.
///   - progress: told how many bytes were read.
/// - Returns: what was found.
/// - Throws: when it is no tar archive, or can't be written.
package func validation(
  ofArchive file: consuming OwnedDescriptor,
  in parentPath: String,
  progress: @escaping @Sendable (Int64) -> Void,
) throws(UnpackedArchiveError) -> ValidateOutcome {
  let archive = try UnpackedArchive(in: parentPath)
  try archive.fill(file, progress)
  do throws(StoreError) {
    return try validation(of: archive.directory, top: nil) { _ in }
  } catch {
    throw .store(error)
  }
}

/// A tar archive of an OCI layout, taken apart in a temporary directory that goes with this value.
///
/// Only what belongs to a layout is taken, by names that are checked: nothing of the archive becomes a
/// path.
private struct UnpackedArchive: ~Copyable {
  let directory: Directory
  private let parent: Directory
  private let name: FileName

  init(in parentPath: String) throws(UnpackedArchiveError) {
    do throws(FileError) {
      let parent = try Directory(atPath: parentPath)
      let (name, directory) = try parent.makeTemporaryDirectory(
        TemporaryNames(scratchFor: "validate")
      )
      self.init(directory: directory, parent: parent, name: name)
    } catch {
      throw .file(error)
    }
  }

  private init(directory: Directory, parent: Directory, name: FileName) {
    self.directory = directory
    self.parent = parent
    self.name = name
  }

  deinit {
    do throws(FileError) {
      try parent.removeTree(name)
    } catch {
      // Nothing more can be done here; the next validation removes what is left.
    }
  }

  func fill(
    _ file: consuming OwnedDescriptor,
    _ progress: @escaping @Sendable (Int64) -> Void,
  ) throws(UnpackedArchiveError) {
    var stream = DecodedStream(FileInput(file: file, progress: progress), stated: nil)
    var reader = ArchiveReader(limits: .image)
    var chunk = [UInt8](repeating: 0, count: DecodedStream<FileInput>.chunkSize)
    var output: OwnedDescriptor?
    while true {
      let count: Int
      do throws(StreamError<UnpackedArchiveError>) {
        count = try stream.next(into: &chunk)
      } catch {
        switch error {
        case .input(let error): throw error
        case .codec(let error): throw .codec(error)
        }
      }
      guard count > 0, !reader.hasEnded else { break }
      guard !stream.isBomb else { throw .bomb }
      let piece = chunk.span.extracting(0..<count)
      var position = 0
      while true {
        let event: ArchiveReader.Event?
        do throws(ArchiveError) {
          event = try reader.next(in: piece, at: &position)
        } catch {
          throw .archive(error)
        }
        guard let event else { break }
        do throws(FileError) {
          switch event {
          case .entry(let entry):
            if case .regular = entry.kind, !entry.isSparse { output = try make(entry.path) }
          case .data(let range, _): try output?.write(piece.extracting(range))
          case .endOfEntry: output = nil
          }
        } catch {
          throw .file(error)
        }
      }
    }
    do throws(ArchiveError) {
      try reader.finish()
    } catch {
      throw .archive(error)
    }
  }

  /// - Returns: nil for what is no part of a layout, or there already.
  private func make(_ path: [UInt8]) throws(FileError) -> OwnedDescriptor? {
    let components = RootedPath(cleaning: path).components
    switch components.count {
    case 1: return try makeFile(components[0], in: directory)
    case 3 where components[0].elementsEqual("blobs".utf8):
      let blobs = try subdirectory(components[0], of: directory)
      return try makeFile(components[2], in: try subdirectory(components[1], of: blobs))
    default: return nil
    }
  }

  private func makeFile(
    _ name: ArraySlice<UInt8>,
    in place: Directory,
  ) throws(FileError) -> OwnedDescriptor? {
    do throws(FileError) {
      return try place.createFile(try FileName(name), mode: 0o600)
    } catch  where error.code == .exists {
      return nil
    }
  }

  private func subdirectory(
    _ name: ArraySlice<UInt8>,
    of place: Directory,
  ) throws(FileError) -> Directory {
    let name = try FileName(name)
    do throws(FileError) {
      try place.makeDirectory(name, mode: 0o700)
    } catch  where error.code == .exists {
      // From an earlier entry.
    }
    return try place.openDirectory(name)
  }
}

/// Why a file is no archive that can be validated.
package enum UnpackedArchiveError: Error, CustomStringConvertible {
  case file(FileError)
  case codec(CodecError)
  case archive(ArchiveError)
  case store(StoreError)
  /// More comes out of it than it can honestly hold.
  case bomb
  case interrupted(Interrupted)

  package var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .codec(let error): "\(error)"
    case .archive(let error): "not a tar archive of an OCI layout: \(error)"
    case .store(let error): "\(error)"
    case .bomb: "more comes out of it than it can honestly hold"
    case .interrupted(let error): "\(error)"
    }
  }
}

private struct FileInput: ~Copyable, ByteInput {
  let file: OwnedDescriptor
  let progress: @Sendable (Int64) -> Void

  mutating func read(into buffer: inout [UInt8]) throws(UnpackedArchiveError) -> Int {
    do throws(Interrupted) {
      try Interruption.waitForInput(file.raw)
    } catch {
      throw .interrupted(error)
    }
    do throws(FileError) {
      let count = try file.read(into: &buffer)
      progress(Int64(count))
      return count
    } catch {
      throw .file(error)
    }
  }
}
