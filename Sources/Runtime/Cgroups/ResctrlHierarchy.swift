import Kernel
package import RuntimeSpec

/// The mounted resctrl.
package struct ResctrlHierarchy: ~Copyable {
  /// Where the kernel's documentation has it, and where the kernel makes a place for it.
  private static let mountPoint = "/sys/fs/resctrl"

  private let root: OwnedDescriptor

  /// Opens it.
  ///
  /// - Throws: `noResctrl`.
  package init() throws(CgroupError) {
    do throws(KernelError) {
      let opened = try open(Self.mountPoint, [.path, .directory, .noFollow])
      guard try opened.isMountRoot() else { throw Self.unmounted }
      _ = try open(at: opened, "schemata", [.path], [.beneath, .noSymlinks])
      root = opened
    } catch  where error.code == .noEntry || error.code == .notDirectory {
      throw .noResctrl("none is mounted at \(Self.mountPoint)")
    } catch {
      throw .noResctrl("\(error)")
    }
  }

  private static var unmounted: KernelError {
    KernelError(call: "open", code: .noEntry, subject: mountPoint)
  }

  /// Decides on a container's place, and makes nothing yet.
  ///
  /// - Throws: where the class of service is not as the document says.
  package func place(
    of plan: IntelRdtPlan,
    container: String,
  ) throws(CgroupError) -> ResctrlGroup {
    let path = plan.closID == "/" ? "" : plan.closID ?? container
    let group = ResctrlGroup(
      path: path,
      isOwn: plan.closID == nil,
      monitor: plan.isMonitored ? container : nil
    )
    if group.monitor != nil, try has(Self.below(path, "mon_groups/\(container)")) {
      throw .invalidResctrl("enableMonitoring", "there is a monitoring group \(container) already")
    }
    let present = try schemata(of: path)
    guard plan.closID != nil else {
      guard present == nil else {
        throw .invalidResctrl("closID", "\(path) is there already: name another one")
      }
      return group
    }
    guard let present else {
      guard plan.schemata.isEmpty else { return group }
      throw .invalidResctrl("closID", "there is no \(path), and no schema to make it with")
    }
    for line in plan.schemata where !present.holds(line) {
      throw .invalidResctrl("closID", "\(path) is there already, and has not \(line)")
    }
    return group
  }

  /// Makes a container's place.
  package func make(_ group: ResctrlGroup, _ plan: IntelRdtPlan) throws(CgroupError) {
    try wrapping { () throws(KernelError) in
      if group.isOwn {
        try Directory.make(at: root, group.path, mode: 0o755)
      } else if !group.path.isEmpty {
        try makeClass(group.path)
      }
      if !plan.schemata.isEmpty {
        let lines = plan.schemata.map { "\($0)\n" }.joined()
        try write(lines, to: "schemata", of: group.path)
      }
      if let monitor = group.monitor {
        try Directory.make(at: root, Self.below(group.path, "mon_groups/\(monitor)"), mode: 0o755)
      }
    }
  }

  /// Puts a process into a container's place.
  package func add(_ pid: Int32, to group: ResctrlGroup) throws(CgroupError) {
    try wrapping { () throws(KernelError) in
      try write("\(pid)", to: "tasks", of: group.path)
      if let monitor = group.monitor {
        try write("\(pid)", to: "mon_groups/\(monitor)/tasks", of: group.path)
      }
    }
  }

  /// Removes what was made for a container alone.
  package func remove(_ group: ResctrlGroup) throws(CgroupError) {
    var paths: [String] = []
    if let monitor = group.monitor { paths.append(Self.below(group.path, "mon_groups/\(monitor)")) }
    if group.isOwn { paths.append(group.path) }
    for path in paths {
      do throws(KernelError) {
        try Directory.remove(at: root, path)
      } catch  where error.code == .noEntry {
        // It was not made, or has gone with resctrl itself.
      } catch {
        throw .kernel(error)
      }
    }
  }

  /// Makes a class of service that others may have too; the kernel answers for its schemata.
  private func makeClass(_ name: String) throws(KernelError) {
    do throws(KernelError) {
      try Directory.make(at: root, name, mode: 0o755)
    } catch  where error.code == .exists {
      // Another container of the class was quicker.
    }
  }

  private func write(_ text: String, to file: String, of group: String) throws(KernelError) {
    let path = Self.below(group, file)
    try open(at: root, path, [.writeOnly], [.beneath, .noSymlinks])
      .writeOnce(text, subject: "resctrl \(path)")
  }

  private func has(_ path: String) throws(CgroupError) -> Bool {
    do throws(KernelError) {
      _ = try open(at: root, path, [.path], [.beneath, .noSymlinks])
      return true
    } catch  where error.code == .noEntry {
      return false
    } catch {
      throw .kernel(error)
    }
  }

  private func schemata(of group: String) throws(CgroupError) -> Schemata? {
    do throws(KernelError) {
      let path = Self.below(group, "schemata")
      let bytes = try open(at: root, path, [.readOnly], [.beneath, .noSymlinks])
        .readAll(limit: 1 << 16, subject: "resctrl \(path)")
      return Schemata(String(decoding: bytes, as: UTF8.self))
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .kernel(error)
    }
  }

  private static func below(_ group: String, _ path: String) -> String {
    group.isEmpty ? path : "\(group)/\(path)"
  }
}

/// The shares of a class of service, by resource and domain.
struct Schemata: Equatable {
  private var shares: [(resource: String, domain: String, share: String)] = []

  static func == (left: Schemata, right: Schemata) -> Bool {
    left.shares.elementsEqual(right.shares) { $0 == $1 }
  }

  /// Reads the content of a file `schemata`: lines as `  L3:0=7ff;1=7f0`.
  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let halves = line.split(separator: ":", maxSplits: 1)
      guard halves.count == 2 else { continue }
      for entry in halves[1].split(separator: ";") {
        let sides = entry.split(separator: "=", maxSplits: 1)
        guard sides.count == 2 else { continue }
        shares.append((Self.bare(halves[0]), Self.bare(sides[0]), Self.bare(sides[1])))
      }
    }
  }

  /// Whether all that a line says is so.
  func holds(_ line: String) -> Bool {
    let wanted = Schemata(line).shares
    return !wanted.isEmpty
      && wanted.allSatisfy { share in shares.contains { $0 == share } }
  }

  /// Without spaces, leading zeros and capitals: the kernel writes them as it likes.
  private static func bare(_ text: Substring) -> String {
    let word = text.filter { $0 != " " && $0 != "\t" }.lowercased()
    let digits = word.drop { $0 == "0" }
    return digits.isEmpty ? "0" : String(digits)
  }
}
