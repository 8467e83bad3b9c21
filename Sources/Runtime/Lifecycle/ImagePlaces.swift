import Criu
import Kernel
import RuntimeSpec

/// The directories that CRIU works with, opened.
struct ImagePlaces: ~Copyable {
  let images: OwnedDescriptor
  let work: OwnedDescriptor
  let imagePath: String
  let workPath: String

  /// The numbers of both, which CRIU gets.
  var numbers: [CInt] { [images.raw, work.raw] }

  /// Opens the directories; makes them if they are new, readable for nobody else: memory is secret.
  ///
  /// An old log goes, so that nobody takes it for what CRIU says this time.
  init(_ options: CheckpointOptions, isNew: Bool, log: String) throws(RuntimeError) {
    if let parent = options.settings.parentPath, parent.hasPrefix("/") {
      throw .refused(
        "--parent-path can't be \(parent): it must be relative to the directory of the images"
      )
    }
    let workPath = options.workPath ?? options.imagePath
    let images = try Self.open(options.imagePath, makes: isNew)
    let work = try Self.open(workPath, makes: true)
    try about("\(workPath)/\(log)") { () throws(KernelError) in
      do throws(KernelError) {
        try Directory.unlink(at: work, log)
      } catch  where error.code == .noEntry {
        // The first time there is none.
      }
    }
    let (imagePath, realPath) = try about("checkpoint") { () throws(KernelError) in
      (try canonicalPath(options.imagePath), try canonicalPath(workPath))
    }
    self.images = images
    self.work = work
    self.imagePath = imagePath
    self.workPath = realPath
  }

  /// Makes the numbers stand for the directories as seen from the present mount namespace: CRIU
  /// mounts in there, which can't be done across namespaces.
  func reopen() throws(KernelError) {
    for (path, number) in [(imagePath, images.raw), (workPath, work.raw)] {
      try DescriptorTable.duplicate(Kernel.open(path, [.readOnly, .directory]), onto: number)
    }
  }

  private static func open(_ path: String, makes: Bool) throws(RuntimeError) -> OwnedDescriptor {
    try about("checkpoint") { () throws(KernelError) in
      if makes { try makeDirectories(path, mode: 0o700) }
      return try Kernel.open(path, [.readOnly, .directory])
    }
  }
}

/// Where CRIU is.
///
/// - Throws: where it was looked for; and for a caller without the privilege that CRIU needs.
func findCriu(_ given: String?) throws(RuntimeError) -> String {
  guard Process.effectiveUser == 0 else {
    throw .refused("checkpoint and restore need root: criu can't work without")
  }
  // Debian's is in /usr/sbin, which a service's PATH may lack.
  let path = (Process.variable("PATH") ?? "") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin"
  let candidates =
    if let given {
      [given]
    } else {
      path.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/criu" }
    }
  for candidate in candidates {
    do throws(KernelError) {
      let status = try open(candidate, [.path]).status()
      if status.kind == .regular, status.mode & 0o111 != 0 { return candidate }
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      continue
    } catch {
      throw .kernel(error, subject: candidate)
    }
  }
  throw .criu(.notFound(path: given ?? path))
}

/// The file of CRIU's settings that comes before all that is said here.
///
/// The annotation `org.criu.config` names it, and an empty one names none; without it one that
/// runc's users know.
func criuConfigurationFile(_ plan: ContainerPlan) throws(RuntimeError) -> String? {
  if let given = plan.annotations.last(where: { $0.key == criuAnnotation }) {
    return given.value.isEmpty ? nil : given.value
  }
  for path in ["/etc/criu/swrun.conf", "/etc/criu/runc.conf"] {
    do throws(KernelError) {
      _ = try open(path, [.path])
      return path
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      continue
    } catch {
      throw .kernel(error, subject: path)
    }
  }
  return nil
}

/// The annotation that names CRIU's configuration file.
let criuAnnotation = "org.criu.config"
