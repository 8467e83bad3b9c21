import Kernel
package import RuntimeSpec

/// Which of the programs of a control group new device rules take the place of.
package enum ReplacedPrograms: Sendable {
  /// All: who left them there is gone.
  case all
  /// Our own alone: others, as systemd's, hold too and are theirs to change.
  case own
}

extension ControlGroup {
  /// Puts the device rules of a configuration in force, in the place of those that are.
  ///
  /// At no moment are there fewer restrictions than the old rules or the new ones make, and every
  /// access is judged by the one or the other. A failure is accepted only where the rules would not
  /// have held anything back: in a user namespace, where the kernel loads no such program and no
  /// node can be made; and where no rule denies anything, as the other runtimes have it.
  ///
  /// Spec: config-linux.md, "Allowed Device list".
  package func restrictDevices(
    _ rules: [DeviceRule]?,
    isInUserNamespace: Bool,
    replacing replaced: ReplacedPrograms,
  ) throws(CgroupError) {
    let mayGoWithout = isInUserNamespace || (rules ?? []).allSatisfy(\.allowsEverythingOfIt)
    let rules = effectiveDeviceRules(rules)
    // A new control group has no program; in one that was there an old one must not stay.
    if rules.isEmpty && !isReused { return }
    let table = rules.isEmpty ? nil : try DeviceTable(rules)
    do throws(KernelError) {
      let old = isReused ? try programs(replaced) : []
      try replace(old, by: table)
    } catch  where mayGoWithout {
      return
    } catch {
      throw .kernel(error)
    }
  }

  private func replace(_ old: [UInt32], by table: DeviceTable?) throws(KernelError) {
    if let table {
      let program = try load(table)
      if old.count == 1 {
        let replaced = try DeviceBPF.open(old[0])
        return try DeviceBPF.attach(program, to: directory, replacing: replaced)
      }
      try DeviceBPF.attach(program, to: directory)
    }
    for id in old {
      try DeviceBPF.detach(try DeviceBPF.open(id), from: directory)
    }
  }

  private func load(_ table: DeviceTable) throws(KernelError) -> OwnedDescriptor {
    let map = try DeviceBPF.makeTable(keys: table.keyBytes, values: table.valueBytes)
    return try DeviceBPF.load(table.program(map: map.raw))
  }

  private func programs(_ replaced: ReplacedPrograms) throws(KernelError) -> [UInt32] {
    let ids = try DeviceBPF.programs(of: directory)
    guard replaced == .own else { return ids }
    var own: [UInt32] = []
    for id in ids where try DeviceBPF.isOwn(try DeviceBPF.open(id)) { own.append(id) }
    return own
  }
}
