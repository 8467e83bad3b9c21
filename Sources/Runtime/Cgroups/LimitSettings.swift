import RuntimeSpec

/// One value of a control group, and the files that may take it.
struct LimitSetting: Equatable {
  struct FileText: Equatable {
    var file: String
    var text: String
  }

  /// The first of these that the kernel has is written.
  var choices: [FileText]
  /// Whether a new control group has the value already.
  var isInitial = false
  /// Whether a kernel without the file does as the value says anyway.
  var acceptsAbsence = false
  /// Whether EINVAL may only mean that another setting has to come first.
  var mayComeTooEarly = false

  init(_ file: String, _ text: String, isInitial: Bool = false, acceptsAbsence: Bool = false) {
    choices = [FileText(file: file, text: text)]
    self.isInitial = isInitial
    self.acceptsAbsence = acceptsAbsence
  }

  /// Whether a control group without the file is as the setting wants it.
  var isFineWithoutFile: Bool { acceptsAbsence || isInitial }

  /// The file that the setting is known by.
  var file: String { choices[choices.count - 1].file }

  /// The controller that has the file; nil for the core, which is always there.
  var controller: String? {
    let name = String(file.prefix { $0 != "." })
    // Pressure is measured by the core, whatever it is of.
    return name == "cgroup" || file.hasSuffix(".pressure") ? nil : name
  }
}

/// What to write for the limits of a configuration, in order.
///
/// Spec: config-linux.md, "Control groups". See: cgroup-v2.rst.
func limitSettings(for resources: Resources) throws(CgroupError) -> [LimitSetting] {
  var settings: [LimitSetting] = []
  if let cpu = resources.cpu { settings += cpuSettings(cpu) }
  if let memory = resources.memory { settings += try memorySettings(memory) }
  if let pids = resources.pids?.limit { settings.append(pidsSetting(pids)) }
  if let blockIO = resources.blockIO { settings += try ioSettings(blockIO) }
  for limit in resources.hugepageLimits ?? [] {
    settings.append(LimitSetting("hugetlb.\(limit.pageSize).max", "\(limit.limit)"))
    // Pages that are reserved and not yet touched; since Linux 5.7.
    settings.append(
      LimitSetting("hugetlb.\(limit.pageSize).rsvd.max", "\(limit.limit)", acceptsAbsence: true)
    )
  }
  for limit in resources.rdma ?? [] { settings += rdmaSettings(limit) }
  // Last: who writes a raw file means it.
  for setting in resources.unified ?? [] {
    settings.append(LimitSetting(setting.file, setting.value))
  }
  return settings
}

private func pidsSetting(_ limit: Int64) -> LimitSetting {
  // 0 is a real limit, but init itself is born in the control group: no task beside it is the same.
  if limit < 0 { return LimitSetting("pids.max", "max", isInitial: true) }
  return LimitSetting("pids.max", "\(max(limit, 1))")
}

private func rdmaSettings(_ limit: RDMALimit) -> [LimitSetting] {
  var text = limit.device
  if let handles = limit.hcaHandles { text += " hca_handle=\(rdmaText(handles))" }
  if let objects = limit.hcaObjects { text += " hca_object=\(rdmaText(objects))" }
  return text == limit.device ? [] : [LimitSetting("rdma.max", text)]
}

/// The kernel counts to the largest signed number, and takes no larger one for a limit.
private func rdmaText(_ limit: UInt32) -> String {
  limit < Int32.max ? "\(limit)" : "max"
}
