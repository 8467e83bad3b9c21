import CImageSystem
import Glibc

extension RootDirectory {
  /// Reads a whole regular file of the tree, following links inside the root.
  ///
  /// Safe on a hostile tree: a fifo does not block, a device is not opened, and at most `limit`
  /// bytes are read, whatever the file's size says.
  ///
  /// - Returns: nil when there is no such file.
  package func contents(of path: RootedPath, limit: Int) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      let looked = try directory.openBelow(path.bytes[...], flags: O_PATH, resolve: 0)
      let status = try looked.status()
      guard status.kind == .regular else {
        throw .notRegular(subject: path.bytes, kind: status.kind)
      }
      let flags = O_NONBLOCK | O_NOCTTY
      let file = try directory.openBelow(path.bytes[...], flags: flags, resolve: 0)
      guard try file.status().identity == status.identity else {
        throw .movedMeanwhile(subject: path.bytes)
      }
      return try file.contents(subject: path.bytes, limit: limit)
    } catch {
      guard error.code == .noEntry || error.code == .notDirectory else { throw error }
      return nil
    }
  }
}

extension Directory {
  /// Reads a whole regular file of at most `limit` bytes; a link in its place is an error.
  ///
  /// - Returns: nil when there is no such file.
  package func contents(of name: FileName, limit: Int) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try openFile(name).contents(subject: Array(name.bytes), limit: limit)
    } catch  where error.code == .noEntry {
      return nil
    }
  }
}

extension OwnedDescriptor {
  fileprivate func contents(subject: [UInt8], limit: Int) throws(FileError) -> [UInt8] {
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let length = try read(into: &buffer)
      guard length > 0 else { return contents }
      guard contents.count + length <= limit else {
        throw .tooLarge(subject: subject, limit: limit)
      }
      contents += buffer.prefix(length)
    }
  }
}
