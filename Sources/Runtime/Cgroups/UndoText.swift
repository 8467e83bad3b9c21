package import RuntimeSpec

/// What to write to a file to undo what a setting does to it, out of what the file says before; nil
/// where that leaves nothing to undo.
///
/// Files with a line for each device take one line at a time, and have none for what is unlimited.
///
/// See: cgroup-v2.rst, "Interface File Formats".
func undoText(of setting: LimitSetting.FileText, over content: String) -> String? {
  let lines = content.split(separator: "\n")
  let words = setting.text.split(separator: " ")
  let key = words.count > 1 ? String(words[0]) : "default"
  let line = lines.first { $0.hasPrefix("\(key) ") }.map(String.init)
  return switch setting.file {
  case "io.max": line ?? "\(key) rbps=max wbps=max riops=max wiops=max"
  case "io.weight", "io.bfq.weight": line ?? "\(key) default"
  case "io.latency": line ?? "\(key) target=0"
  case "rdma.max": line ?? "\(key) hca_handle=max hca_object=max"
  case "misc.max": line ?? "\(key) max"
  case "cgroup.subtree_control": controllerSwitches(undoing: words, from: content)
  // "root invalid (reason)" is what a partition has become, "root" what it was asked to be.
  case "cpuset.cpus.partition": content.split(separator: " ").first.map(String.init)
  // Nothing at all is no write to the kernel.
  default: content.isEmpty ? "\n" : content
  }
}

private func controllerSwitches(undoing words: [Substring], from content: String) -> String? {
  let enabled = content.split(separator: " ")
  let switches = words.compactMap { word -> String? in
    let name = word.dropFirst()
    let isEnabled = enabled.contains(name)
    switch word.first {
    case "+": return isEnabled ? nil : "-\(name)"
    case "-": return isEnabled ? "+\(name)" : nil
    default: return nil
    }
  }
  return switches.isEmpty ? nil : switches.joined(separator: " ")
}

/// What a manager is told of old values that come back.
///
/// It is what the files are told, but for weights. These it knows by io.weight alone, whichever file of
/// the kernel has them; and it forgets those of all devices together, so that the ones that hold are
/// told again.
package func managerSettings(
  undoing undo: [UnifiedSetting],
  to resources: Resources,
) throws(CgroupError) -> [UnifiedSetting] {
  let name = "io.weight"
  let weights = undo.filter { [name, "io.bfq.weight"].contains($0.file) }
  guard !weights.isEmpty else { return undo }
  let holding = try limitFiles(for: resources).filter { $0.file == name }
  // The kernel's own, which is 100 in both files: cgroup-v2.rst, "IO Interface Files".
  let initial = UnifiedSetting(file: name, value: "default 100")
  let forgotten = weights.filter { $0.value.hasSuffix(" default") }.map { weight in
    UnifiedSetting(file: name, value: weight.value)
  }
  let isOfAll = weights.contains { $0.value.hasPrefix("default ") }
  return undo.filter { !weights.contains($0) } + (isOfAll ? [initial] : []) + forgotten + holding
}
