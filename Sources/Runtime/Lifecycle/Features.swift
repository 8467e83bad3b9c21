import Capabilities
package import JSON
import Kernel
import RuntimeSpec
import State
import SyscallFilter

/// This program's version.
package let version = "0.1.0"

/// What `--version` prints: containerd and Docker split it by lines.
package func versions() -> String {
  """
  swrun version \(version)
  spec: \(SpecificationVersion.newest)
  libseccomp: \(seccompVersion)

  """
}

private var seccompVersion: String {
  let library = libraryVersion
  return "\(library.major).\(library.minor).\(library.micro)"
}

/// What this program can do, each list taken from the table that does it.
///
/// Spec: features.md, features-linux.md.
package func features() -> JSONValue {
  [
    "ociVersionMin": .string(SpecificationVersion.oldest),
    "ociVersionMax": .string(SpecificationVersion.newest),
    "hooks": .strings(HookPlan.names),
    "mountOptions": .strings(MountOptionTable.supportedNames),
    "linux": [
      "namespaces": .strings(NamespaceKind.allCases.map(\.rawValue).sorted()),
      "capabilities": .strings(KnownCapabilities.names(of: KnownCapabilities.all)),
      "cgroup": [
        "v1": false, "v2": true, "systemd": .boolean(hasSystemd),
        "systemdUser": .boolean(hasSystemd), "rdma": true,
      ],
      "seccomp": seccompFeatures,
      "apparmor": ["enabled": true],
      "selinux": ["enabled": true],
      "intelRdt": ["enabled": true, "schemata": true, "monitoring": true],
      "memoryPolicy": [
        "modes": .strings(MemoryPolicyPlan.modeNames), "flags": .strings(MemoryPolicyPlan.flags),
      ],
      "mountExtensions": [
        "idmap": ["enabled": .boolean(MountOptionTable.supportedNames.contains("idmap"))]
      ],
      "netDevices": ["enabled": true],
    ],
    "annotations": .object([
      .init(LandlockPlan.annotation, .string(LandlockPlan.members.joined(separator: ","))),
      .init(CoreScheduling.annotation, .string(CoreScheduling.own)),
      .init("org.swrun.version", .string(version)),
      .init("io.github.seccomp.libseccomp.version", .string(seccompVersion)),
      // Under the name by which callers ask other runtimes.
      .init("org.opencontainers.runc.checkpoint.enabled", "true"),
    ]),
    "potentiallyUnsafeConfigAnnotations": .strings(
      unitAnnotations + [OriginalGroups.annotation, criuAnnotation]
    ),
  ]
}

/// A user's systemd is the same to us as the system's, on another bus.
private var hasSystemd: Bool { CgroupManager.allCases.contains(.systemd) }

private var seccompFeatures: JSONValue {
  [
    "enabled": true,
    "actions": .strings(SeccompProfile.Action.allCases.map(\.rawValue).sorted()),
    "operators": .strings(SeccompProfile.Comparison.allCases.map(\.rawValue).sorted()),
    "archs": .strings(SeccompProfile.knownArchitectures.sorted()),
    "knownFlags": .strings(SeccompProfile.Flag.allCases.map(\.rawValue).sorted()),
    "supportedFlags": .strings(SeccompProfile.Flag.allCases.map(\.rawValue).sorted()),
  ]
}
