/// A container with every default filled in and every impossible combination refused.
///
/// The creator makes it once; whoever executes it decides nothing more.
package struct ContainerPlan: Equatable, Sendable {
  package var ociVersion: String
  package var process: ProcessPlan
  package var namespaces: NamespacePlan
  package var rootfs: RootfsPlan
  /// In the order in which to mount them.
  package var mounts: [MountPlan]
  /// The default devices first, then those of the document.
  package var devices: [DevicePlan]
  /// Symbolic links that the runtime supplies under /dev.
  package var links: [LinkPlan]
  /// Absolute paths in the container to hide.
  package var maskedPaths: [String]
  /// Absolute paths in the container to make read-only.
  package var readonlyPaths: [String]
  package var hostname: String?
  package var domainname: String?
  package var sysctls: [SysctlPlan]
  package var cgroup: CgroupPlan
  package var seccomp: SeccompProfile?
  package var hooks: HookPlan
  package var annotations: [Annotation]
  /// What was ignored and must be logged, one line each.
  package var warnings: [String]
}

/// Where the container's control group goes and what limits it has.
package struct CgroupPlan: Equatable, Sendable {
  /// `linux.cgroupsPath` as written, never empty; nil leaves the place to the runtime.
  package var path: String?
  package var resources: Resources
}

/// The six lists of hooks, in order.
///
/// Spec: config.md, "POSIX-platform Hooks".
package struct HookPlan: Equatable, Sendable {
  package var prestart: [Hook]
  package var createRuntime: [Hook]
  package var createContainer: [Hook]
  package var startContainer: [Hook]
  package var poststart: [Hook]
  package var poststop: [Hook]

  /// No hook.
  package init() {
    prestart = []
    createRuntime = []
    createContainer = []
    startContainer = []
    poststart = []
    poststop = []
  }
}

/// One kernel parameter and its value.
///
/// Spec: config-linux.md, "Sysctl".
package struct SysctlPlan: Equatable, Sendable {
  /// The key as in the document, as `net.ipv4.ip_forward`.
  package var key: String
  /// The steps below /proc/sys, none of them empty, `.` or `..`.
  package var path: [String]
  package var value: String
}
