import Kernel
package import RuntimeSpec

extension ControlGroup {
  /// Puts the device rules of a configuration in force, in the place of those that are.
  ///
  /// A failure is accepted only where the rules would not have held anything back: in a user
  /// namespace, where the kernel loads no such program and no node can be made; and where no rule
  /// denies anything, as the other runtimes have it.
  ///
  /// Spec: config-linux.md, "Allowed Device list".
  package func restrictDevices(
    _ rules: [DeviceRule]?,
    isInUserNamespace: Bool,
  ) throws(CgroupError) {
    let mayGoWithout = isInUserNamespace || (rules ?? []).allSatisfy(\.allowsEverythingOfIt)
    let rules = effectiveDeviceRules(rules)
    // A new control group has no program; in one that was there an old one must not stay.
    if rules.isEmpty && !isReused { return }
    do throws(KernelError) {
      if isReused {
        try replacePrograms(by: rules)
      } else {
        let program = try DeviceBPF.load(deviceProgram(for: rules))
        try DeviceBPF.attach(program, to: directory)
      }
    } catch  where mayGoWithout {
      return
    } catch {
      throw .kernel(error)
    }
  }

  /// At no moment are there fewer restrictions than the old or the new ones.
  private func replacePrograms(by rules: [DeviceRule]) throws(KernelError) {
    let old = try DeviceBPF.programs(of: directory)
    if !rules.isEmpty {
      let program = try DeviceBPF.load(deviceProgram(for: rules))
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
}
