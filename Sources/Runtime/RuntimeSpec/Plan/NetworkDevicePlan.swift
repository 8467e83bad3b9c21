internal import JSON

/// One network device of the host that becomes the container's.
///
/// Spec: config-linux.md, "Network Devices".
package struct NetworkDevicePlan: Equatable, Sendable {
  /// Its name on the host.
  package var hostName: String
  /// Its name in the container; may end with `%d`, in whose place the kernel puts a free number.
  package var name: String

  /// Whether the kernel chooses the number in the name.
  package var isTemplate: Bool { name.hasSuffix("%d") }
}

extension NetworkDevicePlan {
  private static let clause = "config-linux.md, \"Network Devices\""

  static func list(
    _ devices: [Configuration.NetDevice],
    namespaces: NamespacePlan,
  ) throws(ConfigurationError) -> [NetworkDevicePlan] {
    var plans: [NetworkDevicePlan] = []
    for device in devices {
      let pointer = "/linux/netDevices/\(JSONPointer.token(for: device.hostName))"
      guard namespaces.source(of: .network) != nil else {
        throw failure("/linux/netDevices", "needs a network namespace: add one to linux.namespaces")
      }
      guard isName(device.hostName) else {
        throw failure(pointer, "must be keyed by the name of a device, of 15 bytes at most")
      }
      let name = device.name.flatMap { $0.isEmpty ? nil : $0 } ?? device.hostName
      guard isName(name) || isTemplate(name) else {
        let rule = "must be a name of 15 bytes at most, or one that ends with %d, is "
        throw failure("\(pointer)/name", rule + quoted(name))
      }
      let plan = NetworkDevicePlan(hostName: device.hostName, name: name)
      guard plan.isTemplate || !plans.contains(where: { $0.name == name }) else {
        throw failure("\(pointer)/name", "must be another one: two devices are called \(name)")
      }
      plans.append(plan)
    }
    return plans
  }

  /// See: dev_valid_name() of the kernel, IFNAMSIZ of <linux/if.h>.
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count < 16 && name != "." && name != ".."
      && name.utf8.allSatisfy { !"/:%".utf8.contains($0) && $0 > 0x20 && $0 != 0x7f }
  }

  private static func isTemplate(_ name: String) -> Bool {
    name.hasSuffix("%d") && isName(String(name.dropLast(2))) && name.utf8.count < 16
  }

  private static func failure(_ pointer: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: pointer, rule: rule, clause: clause)
  }
}
