import Criu
import JSON
import Kernel

/// What a container's standard streams were when it was checkpointed, and take the place of.
///
/// They lead out of the container, so they are external to CRIU: on restore each becomes the stream
/// of the same number that the restoring command has. The file beside CRIU's images is the one that
/// runc writes: a list of three strings, each a name by which CRIU knows the file.
struct SavedStreams {
  static let fileName = "descriptors.json"

  /// Names of /proc/PID/fd, or of CRIU's external resources.
  var names: [String]

  /// Looks at the streams of a process.
  init(
    of pid: Int32,
    _ mounts: borrowing RunningMountTable,
    _ processes: borrowing ProcessFiles,
  ) throws(KernelError) {
    names = []
    for number in 0...2 {
      names.append(try Self.name(of: number, pid, mounts, processes))
    }
  }

  /// Reads what was saved; nothing where there is no such file.
  init(from images: borrowing OwnedDescriptor) throws(RuntimeError) {
    let bytes: [UInt8]
    do throws(KernelError) {
      bytes = try open(at: images, Self.fileName, [.readOnly], [.beneath, .noSymlinks])
        .readAll(limit: 1 << 16, subject: Self.fileName)
    } catch  where error.code == .noEntry {
      names = []
      return
    } catch {
      throw .kernel(error, subject: "image")
    }
    do throws(JSONError) {
      names = try JSONDocument(parsing: bytes).root.elements.prefix(3).map { $0.string ?? "" }
    } catch {
      throw .refused("\(Self.fileName) of the image is damaged: \(error)")
    }
  }

  /// Writes the file beside CRIU's images.
  func write(to images: borrowing OwnedDescriptor) throws(KernelError) {
    try Directory.replaceFile(
      at: images,
      Self.fileName,
      with: JSONValue.strings(names).text(.compact),
      mode: 0o600,
      isDurable: false
    )
  }

  /// How CRIU names the file behind a stream.
  private static func name(
    of number: Int,
    _ pid: Int32,
    _ mounts: borrowing RunningMountTable,
    _ processes: borrowing ProcessFiles,
  ) throws(KernelError) -> String {
    let list = try processes.open("\(pid)/fd", [.path, .directory])
    let link: String
    do throws(KernelError) {
      link = try Directory.readLink(at: list, "\(number)")
    } catch  where error.code == .noEntry {
      // The container has closed it.
      return ""
    }
    guard link.utf8.first == UInt8(ascii: "/") else { return link }
    let info = String(decoding: try processes.read("\(pid)/fdinfo/\(number)"), as: UTF8.self)
    let line = info.split(separator: "\n").first { $0.hasPrefix("mnt_id:") }
    guard let mount = line.flatMap({ UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }) }),
      !mounts.has(mount)
    else { return link }
    let status = try processes.openTarget(of: "\(pid)/fd/\(number)", [.path]).status()
    if status.isTerminal {
      return "tty[\(hexadecimal(status.device.combined)):\(hexadecimal(status.fileSystem))]"
    }
    return "file[\(hexadecimal(mount)):\(hexadecimal(status.inode))]"
  }

  /// Resources that CRIU is to take for external when it dumps: pipes and sockets it knows itself.
  var external: [String] { names.filter { $0.hasPrefix("file[") || $0.hasPrefix("tty[") } }

  /// The names with the streams that they stand for, each name once.
  var inherited: [(name: String, stream: CInt)] {
    var list: [(name: String, stream: CInt)] = []
    for (number, name) in names.enumerated() where name.hasSuffix("]") {
      guard !list.contains(where: { $0.name == name }) else { continue }
      list.append((name, CInt(number)))
    }
    return list
  }
}

private func hexadecimal(_ number: UInt64) -> String { String(number, radix: 16) }

extension FileStatus {
  /// Whether this is a terminal: the majors of <linux/major.h>.
  fileprivate var isTerminal: Bool {
    kind == .characterDevice && (device.major == 4 || (136...143).contains(device.major))
  }
}
