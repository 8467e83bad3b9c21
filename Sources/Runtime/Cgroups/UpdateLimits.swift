package import Kernel
package import RuntimeSpec

/// A change of the limits of a control group in use, ready to be made.
package struct PreparedUpdate: Sendable {
  let settings: [LimitSetting]
  /// The device rules to put in force; nil leaves those that are.
  package let devices: [DeviceRule]?
  /// What the files to be written say before, in the order in which to bring it back.
  package let undo: [UnifiedSetting]
  /// All that holds once it is made.
  package let result: Resources

  /// The files to be written, for a manager that is told too.
  package var files: [UnifiedSetting] { settings.map(\.asFile) }

  /// Whether there is nothing to write.
  package var isEmpty: Bool { settings.isEmpty && devices == nil }
}

extension ControlGroup {
  /// Decides what to write for a request, and reads what that takes the place of.
  ///
  /// No limit is changed yet. A controller that a new limit needs is enabled down the path, and
  /// stays so: without a limit it holds nothing back.
  ///
  /// - Throws: `invalidLimit` for a memory limit below what is in use, where that is to be checked;
  ///   `missingController` with the reason.
  package func prepare(
    _ request: Resources,
    to current: Resources,
    in hierarchy: borrowing CgroupHierarchy,
    _ processes: borrowing ProcessFiles,
  ) throws(CgroupError) -> PreparedUpdate {
    let update = ResourceUpdate(request, to: current, try writtenLimits())
    try checkUsage(update)
    var settings = try limitSettings(for: update.change)
    var missing: [LimitSetting] = []
    for setting in settings where !setting.isFineWithoutFile {
      if try existingChoice(of: setting) == nil { missing.append(setting) }
    }
    if missing.contains(where: { $0.controller != nil }) {
      try Self.enableControllers(for: missing, above: location, in: hierarchy, processes)
    }
    // Not left to the write: a manager would have been told by then of what can't be undone.
    for setting in missing where try existingChoice(of: setting) == nil {
      throw .missingFile(setting.file)
    }
    if try raisesMemory(settings) { settings.writeMemoryBeforeSwap() }
    var result = update.result
    let files = Set(settings.flatMap(\.choices).map(\.file))
    // A raw value that is overwritten by name no longer holds.
    result.unified?.removeAll { entry in
      files.contains(entry.file) && update.change.unified?.contains(entry) != true
    }
    return PreparedUpdate(
      settings: settings,
      devices: update.change.devices,
      undo: try undo(settings),
      result: result
    )
  }

  /// Writes all of an update.
  ///
  /// What fails in the middle leaves the rest written: `restore` brings back what was.
  package func perform(
    _ update: PreparedUpdate,
    isInUserNamespace: Bool,
  ) throws(CgroupError) {
    try write(update.settings)
    guard let devices = update.devices else { return }
    try restrictDevices(devices, isInUserNamespace: isInUserNamespace, replacing: .own)
  }

  /// Writes back what files said before an update, as often as that brings it any further: the
  /// kernel refuses values that don't go together, and the last to be written may be in the way of
  /// the first.
  ///
  /// - Throws: the first refusal that remains.
  package func restore(_ undo: [UnifiedSetting]) throws(CgroupError) {
    var left = undo
    while true {
      var refused: [UnifiedSetting] = []
      var refusal: KernelError?
      for setting in left {
        do throws(KernelError) {
          try Cgroups.write(setting.value, to: setting.file, of: directory)
        } catch  where [.noEntry, .noDevice].contains(error.code) {
          // The controller or the device is gone, or never was there, and the limit with it.
        } catch {
          refused.append(setting)
          refusal = refusal ?? error
        }
      }
      guard let refusal else { return }
      guard refused.count < left.count else { throw .kernel(refusal) }
      left = refused
    }
  }

  /// Limits that requests are combined with, as far as they are there.
  private func writtenLimits() throws(CgroupError) -> ResourceUpdate.Written {
    let time = (try content(of: "cpu.max") ?? "").split(separator: " ")
    return ResourceUpdate.Written(
      memory: try content(of: "memory.max").flatMap { $0 == "max" ? -1 : Int64($0) },
      quota: time.first.flatMap { $0 == "max" ? -1 : Int64($0) },
      period: time.last.flatMap { UInt64($0) }
    )
  }

  /// Spec: config-linux.md, "Memory", checkBeforeUpdate.
  private func checkUsage(_ update: ResourceUpdate) throws(CgroupError) {
    guard update.result.memory?.checkBeforeUpdate == true,
      let limit = update.change.memory?.limit, limit > 0,
      let used = try content(of: "memory.current").flatMap({ Int64($0) }), used > limit
    else { return }
    throw .invalidLimit("memory.limit", reason: "\(limit) is below the \(used) bytes in use")
  }

  /// The file of a setting that this group has.
  private func existingChoice(
    of setting: LimitSetting,
  ) throws(CgroupError) -> LimitSetting.FileText? {
    for choice in setting.choices {
      do throws(KernelError) {
        _ = try Directory.status(at: directory, choice.file)
        return choice
      } catch  where error.code == .noEntry {
        continue
      } catch {
        throw .kernel(error)
      }
    }
    return nil
  }

  /// What brings back the files that some settings change, the last one first.
  private func undo(_ settings: [LimitSetting]) throws(CgroupError) -> [UnifiedSetting] {
    var undo: [UnifiedSetting] = []
    let isIdle = try content(of: "cpu.idle") == "1"
    for setting in settings {
      // An idle group shows a weight, and takes none.
      guard let choice = try existingChoice(of: setting), !(isIdle && choice.file == "cpu.weight"),
        let old = try content(of: choice.file),
        let text = undoText(of: choice, over: old)
      else { continue }
      undo.insert(UnifiedSetting(file: choice.file, value: text), at: 0)
      // The weight goes with the end of idleness and comes back after it.
      if choice.file == "cpu.idle", old == "0", let weight = try content(of: "cpu.weight") {
        undo.insert(UnifiedSetting(file: "cpu.weight", value: weight), at: 1)
      }
    }
    return undo
  }

  /// Whether settings leave more memory than there is now.
  private func raisesMemory(_ settings: [LimitSetting]) throws(CgroupError) -> Bool {
    guard let text = settings.last(where: { $0.file == "memory.max" })?.choices[0].text,
      let now = try content(of: "memory.max")
    else { return false }
    return (UInt64(text) ?? .max) > (UInt64(now) ?? .max)
  }
}

extension [LimitSetting] {
  /// Puts more memory before less swap: in between there must never be less than before and after.
  ///
  /// In all other cases swap comes first, so that a group over its new limit has its new swap.
  fileprivate mutating func writeMemoryBeforeSwap() {
    guard let memory = firstIndex(where: { $0.file == "memory.max" }),
      let swap = firstIndex(where: { $0.file == "memory.swap.max" }), swap < memory
    else { return }
    swapAt(memory, swap)
  }
}
