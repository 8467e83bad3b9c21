import ImageSpec

/// The system call filter of a bundle, as the `linux.seccomp` object of config.json.
///
/// Everything that the table does not allow fails with EPERM. Stronger than Docker's default in one
/// point: AF_ALG sockets are withheld along with AF_VSOCK.
/// Spec: runtime-spec config-linux.md, "Seccomp".
enum SeccompProfile {
  /// - Returns: nil for an architecture that the table does not know: a profile made of another
  ///   processor's calls would protect nothing.
  static func document(architecture: String, capabilities: [String]) -> JSONValue? {
    guard let processor = SeccompTable.byArchitecture[architecture] else { return nil }
    let granted = SeccompTable.byCapability.filter { capabilities.contains($0.capability) }
      .flatMap { SeccompTable.names(in: $0.names) }
    var names = Set(SeccompTable.allowed)
    names.formUnion(SeccompTable.names(in: processor.names))
    names.formUnion(granted)
    var rules = [rule(names.sorted())]
    rules += personalities.map { rule(["personality"], when: [0: ("SCMP_CMP_EQ", $0, 0)]) }
    rules += socketRules
    if !granted.contains("clone") {
      rules.append(rule(["clone"], when: [0: ("SCMP_CMP_MASKED_EQ", namespaceFlags, 0)]))
      // Its flags are in memory where no filter sees them: programs fall back to clone on ENOSYS.
      rules.append(["names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38])
    }
    return [
      "defaultAction": "SCMP_ACT_ERRNO",
      "defaultErrnoRet": 1,
      "architectures": .strings(processor.architectures),
      "syscalls": .array(rules),
    ]
  }

  /// CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}: new namespaces would bring new capabilities.
  private static let namespaceFlags: UInt64 = 0x7E02_0000

  /// PER_LINUX, PER_LINUX32, UNAME26 with each, and the query.
  ///
  /// Others weaken address randomisation.
  private static let personalities: [UInt64] = [0, 8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF]

  /// All address families but AF_ALG (38), a large and rarely used part of the kernel, and AF_VSOCK
  /// (40), which no network namespace confines.
  private static let socketRules: [JSONValue] = [
    rule(["socket"], when: [0: ("SCMP_CMP_LT", 38, 0)]),
    rule(["socket"], when: [0: ("SCMP_CMP_EQ", 39, 0)]),
    rule(["socket"], when: [0: ("SCMP_CMP_GT", 40, 0)]),
  ]

  private typealias Condition = (operation: String, value: UInt64, valueTwo: UInt64)

  private static func rule(
    _ names: [String],
    when conditions: KeyValuePairs<Int, Condition> = [:],
  ) -> JSONValue {
    var rule: JSONObject = ["names": .strings(names), "action": "SCMP_ACT_ALLOW"]
    if !conditions.isEmpty {
      rule["args"] = .array(
        conditions.map { index, condition in
          [
            "index": .integer(index), "value": .integer(condition.value),
            "valueTwo": .integer(condition.valueTwo), "op": .string(condition.operation),
          ]
        }
      )
    }
    return .object(rule)
  }
}
