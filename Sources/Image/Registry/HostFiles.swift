import RootedFiles

/// The content of a small file of the machine.
///
/// - Returns: nil when it isn't there.
func contents(_ path: String, limit: Int) throws(RegistryError) -> [UInt8]? {
  do throws(FileError) {
    let file = try OwnedDescriptor(openingFileAtPath: path)
    let kind = try file.status().kind
    // /dev/null is how one says that there is nothing.
    guard kind == .regular || kind == .characterDevice else {
      throw .notRegular(subject: [], kind: kind)
    }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let length = try file.read(into: &buffer)
      guard length > 0 else { return contents }
      guard contents.count + length <= limit else {
        throw .tooLarge(subject: [], limit: limit)
      }
      contents += buffer.prefix(length)
    }
  } catch  where error.code == .noEntry || error.code == .notDirectory {
    return nil
  } catch {
    throw .file(path: path, error)
  }
}

/// The names of a directory's files in their order; none when it isn't there.
func fileNames(_ path: String) throws(RegistryError) -> [String] {
  do throws(FileError) {
    return try Directory(atPath: path).entries()
      .map { String(decoding: $0.name.bytes, as: UTF8.self) }
      .sorted()
  } catch  where error.code == .noEntry || error.code == .notDirectory {
    return []
  } catch  where error.code == .accessDenied {
    // What only root may read is for root: certs.d holds keys.
    return []
  } catch {
    throw .file(path: path, error)
  }
}

/// Splits a path at its last slash.
func parentAndName(_ path: String) -> (parent: String, name: String) {
  guard let slash = path.lastIndex(of: "/") else { return (".", path) }
  let parent = path[..<slash]
  return (parent.isEmpty ? "/" : String(parent), String(path[path.index(after: slash)...]))
}
