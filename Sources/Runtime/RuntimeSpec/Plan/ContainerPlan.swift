internal import JSON

/// A container with every default filled in and every impossible combination refused.
///
/// The creator makes it once; whoever executes it decides nothing more.
package struct ContainerPlan: Equatable, Sendable {
  package var ociVersion: String
  package var process: ProcessPlan
  /// The section exactly as it stands in the document: exec starts from it.
  package var processText: [UInt8]
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
  package var timeOffsets: [TimeOffsetPlan]
  package var networkDevices: [NetworkDevicePlan]
  package var intelRdt: IntelRdtPlan?
  /// The SELinux context of new file systems; never empty.
  package var mountLabel: String?
  package var cgroup: CgroupPlan
  package var seccomp: SeccompProfile?
  package var hooks: HookPlan
  package var annotations: [Annotation]
  /// What was ignored and must be logged.
  package var warnings: [IgnoredSetting]

  /// Decides everything about a container.
  ///
  /// - Parameters:
  ///   - configuration: the decoded config.json.
  ///   - bundle: the absolute path of the bundle, to which relative paths belong.
  /// - Throws: when something that a container needs is missing, when two settings contradict each
  ///   other, and when a setting is beyond this version.
  package init(
    _ configuration: Configuration,
    bundle: String,
  ) throws(ConfigurationError) {
    do {
      try self.init(deciding: configuration, bundle: bundle)
    } catch {
      throw error.located(in: configuration.document)
    }
  }

  private init(
    deciding configuration: Configuration,
    bundle: String,
  ) throws(ConfigurationError) {
    let linux = configuration.linux
    let version = try Self.checkedVersion(configuration.ociVersion)
    let foreign = configuration.foreignSections
    warnings = foreign.map { .foreign("/\($0)", Configuration.platformClause) }
    ociVersion = configuration.ociVersion
    namespaces = try NamespacePlan(linux, warnings: &warnings)
    process = try ProcessPlan(configuration.process, warnings: &warnings)
    processText = configuration.document.node(at: "/process").map { Array($0.sourceText) } ?? []
    process.personality = try linux?.personality.map(PersonalityPlan.init)
    process.memoryPolicy = try linux?.memoryPolicy.map(MemoryPolicyPlan.init)
    try namespaces.checkIdentities(of: process)
    rootfs = try RootfsPlan(configuration, bundle: bundle)
    mounts = try MountPlan.list(configuration.mounts ?? [], bundle: bundle)
    try namespaces.checkIdentities(of: mounts)
    devices = try DevicePlan.list(linux?.devices ?? [], warnings: &warnings)
    links = LinkPlan.defaults
    maskedPaths = try absolutePaths(linux?.maskedPaths, "/linux/maskedPaths")
    readonlyPaths = try absolutePaths(linux?.readonlyPaths, "/linux/readonlyPaths")
    hostname = try namespaces.checkedName(configuration.hostname, "/hostname")
    domainname = try namespaces.checkedName(configuration.domainname, "/domainname")
    sysctls = try SysctlPlan.list(linux?.sysctl ?? [], namespaces: namespaces)
    timeOffsets = try TimeOffsetPlan.list(linux?.timeOffsets ?? [], namespaces: namespaces)
    networkDevices = try NetworkDevicePlan.list(linux?.netDevices ?? [], namespaces: namespaces)
    intelRdt = try linux?.intelRdt.map(IntelRdtPlan.init)
    mountLabel = linux?.mountLabel == "" ? nil : linux?.mountLabel
    cgroup = CgroupPlan(linux, warnings: &warnings)
    cgroup.resources.dropZeroPidsLimit(ociVersion: version)
    try linux?.seccomp?.check()
    seccomp = linux?.seccomp
    hooks = try HookPlan(configuration.hooks)
    annotations = configuration.annotations ?? []
    try process.apply(annotations)
    try ForeignAnnotations.check(annotations, warnings: &warnings)
    try leaveMountsToRuntime(configuration)
  }

  private static func checkedVersion(
    _ text: String,
  ) throws(ConfigurationError) -> SemanticVersion {
    // Within one major version newer documents stay readable: unknown properties are ignored.
    guard let version = SemanticVersion(text), version.major == 1 else {
      throw ConfigurationError(
        pointer: "/ociVersion",
        rule: "must be a version 1.x, the one that this runtime implements, is \(quoted(text))",
        clause: "config.md, \"Specification version\"",
      )
    }
    return version
  }
}

/// Where the container's control group goes and what limits it has.
package struct CgroupPlan: Equatable, Sendable {
  /// `linux.cgroupsPath` as written, never empty; nil leaves the place to the runtime.
  package var path: String?
  package var resources: Resources

  init(_ linux: Configuration.Linux?, warnings: inout [IgnoredSetting]) {
    path = linux?.cgroupsPath == "" ? nil : linux?.cgroupsPath
    resources = linux?.resources ?? Resources()
    warnings += resources.propertiesWithoutController.map { property in
      IgnoredSetting(
        pointer: "/linux/resources/\(property)",
        reason: "cgroup v2 has nothing like it",
        clause: "config-linux.md, \"Control groups\"",
      )
    }
  }
}
