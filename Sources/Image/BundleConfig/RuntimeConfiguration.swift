package import ImageSpec

/// The config.json of a bundle: what the image says, changed by what the user says, within what
/// every container gets.
///
/// Spec: image-spec conversion.md; runtime-spec config.md and config-linux.md.
package struct RuntimeConfiguration {
  private let image: ImageConfiguration
  private let options: BundleOptions
  private let user: ProcessUser
  private let volumes: [BundleMount]
  private let defaultHostname: String

  /// The volumes are seeded in the bundle already; the default hostname counts where the user
  /// names none.
  package init(
    image: ImageConfiguration,
    options: BundleOptions,
    user: ProcessUser,
    volumes: [BundleMount],
    defaultHostname: String,
  ) {
    self.image = image
    self.options = options
    self.user = user
    self.volumes = volumes
    self.defaultHostname = defaultHostname
  }

  /// What a runtime has to know to run the bundle.
  ///
  /// Nothing newer than 1.1 is in it, and Debian 12's crun refuses every version without "1.0" in
  /// its text; runtimes for 1.2 and 1.3 read it as their own. To be raised with the first newer field.
  private static let specificationVersion = "1.1.0"

  /// Whether bundles for a platform are made with a filter of system calls.
  package static func hasSystemCallFilter(for platform: Platform) -> Bool {
    SeccompTable.byArchitecture[platform.architecture] != nil
  }

  /// Checks what needs no look into the rootfs, before the work of making one.
  /// - Throws: as `document()` would.
  package static func check(
    _ image: ImageConfiguration,
    _ options: BundleOptions,
  ) throws(BundleConfigError) {
    let nobody = ProcessUser(uid: 0, gid: 0, additionalGroups: [], home: nil)
    let configuration = RuntimeConfiguration(
      image: image,
      options: options,
      user: nobody,
      volumes: [],
      defaultHostname: "",
    )
    _ = try configuration.process()
    _ = try configuration.hostname()
  }

  /// - Throws: when image and options give no sound configuration: no command, a malformed
  ///   variable, a user outside the mapping.
  package func document() throws(BundleConfigError) -> JSONValue {
    try checkIdentity()
    var root: JSONObject = ["path": "rootfs"]
    if options.isRootReadOnly { root["readonly"] = true }
    return [
      "ociVersion": .string(RuntimeConfiguration.specificationVersion),
      "process": try process(),
      "root": .object(root),
      "hostname": .string(try hostname()),
      "mounts": .array(mounts()),
      "annotations": annotations(image),
      "linux": linux(),
    ]
  }

  private func checkIdentity() throws(BundleConfigError) {
    guard options.identity.hostUser(user.uid) != nil else {
      throw .user(text: String(user.uid), problem: "outside the mapping: see --user and --uid-map")
    }
    for gid in [user.gid] + user.additionalGroups
    where options.identity.hostGroup(gid) == nil {
      throw .user(text: ":\(gid)", problem: "outside the mapping: see --user and --gid-map")
    }
  }

  private func process() throws(BundleConfigError) -> JSONValue {
    var identity: JSONObject = ["uid": .integer(user.uid), "gid": .integer(user.gid)]
    if !user.additionalGroups.isEmpty {
      identity["additionalGids"] = .array(user.additionalGroups.map { .integer($0) })
    }
    return [
      "terminal": .bool(options.hasTerminal),
      "user": .object(identity),
      "args": .strings(try arguments()),
      "env": .strings(try environment()),
      "cwd": .string(try workingDirectory()),
      "capabilities": capabilities(),
      // Stricter than Docker: a setuid program of the image gains nothing.
      "noNewPrivileges": true,
    ]
  }

  private func arguments() throws(BundleConfigError) -> [String] {
    let entrypoint = options.entrypoint ?? image.execution.entrypoint
    // As in Docker, Cmd belongs to the image's own Entrypoint.
    let imageCommand = options.entrypoint == nil ? image.execution.command : []
    let arguments = entrypoint + (options.arguments ?? imageCommand)
    guard let program = arguments.first else { throw .noCommand }
    guard !program.isEmpty else { throw .argument(problem: "the program's name is empty") }
    guard arguments.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw .argument(problem: "an argument of the command has a NUL in it")
    }
    return arguments
  }

  private func environment() throws(BundleConfigError) -> [String] {
    var list = EnvironmentList()
    for variable in image.execution.environment + options.environment {
      try list.set(variable)
    }
    list.setIfAbsent("PATH", ContainerDefaults.searchPath)
    list.setIfAbsent("HOME", user.home.flatMap { $0.isEmpty ? nil : $0 } ?? "/")
    if options.hasTerminal { list.setIfAbsent("TERM", "xterm") }
    return list.variables
  }

  private func workingDirectory() throws(BundleConfigError) -> String {
    let path = options.workingDirectory ?? image.execution.workingDirectory
    guard !path.isEmpty else { return "/" }
    guard path.hasPrefix("/"), !path.utf8.contains(0) else { throw .workingDirectory(text: path) }
    return path
  }

  /// As Docker: a user other than root gets no capability before it runs something that has one.
  private func capabilities() -> JSONValue {
    let bounding = JSONValue.strings(ContainerDefaults.capabilities)
    guard user.uid == 0 else { return ["bounding": bounding] }
    return ["bounding": bounding, "effective": bounding, "permitted": bounding]
  }

  private func hostname() throws(BundleConfigError) -> String {
    guard let hostname = options.hostname else {
      let isUsable = isHostname(defaultHostname)
      return isUsable ? defaultHostname : "container"
    }
    guard isHostname(hostname) else { throw .hostname(text: hostname) }
    return hostname
  }

  /// Defaults, volumes, then the user's own; of several on one place the last wins.
  private func mounts() -> [JSONValue] {
    let hasTerminalGroup = options.identity.hostGroup(5) != nil
    let own = options.mounts
    let taken = Set(own.map { normalized($0.destination) })
    let defaults = ContainerDefaults.mounts(hasTerminalGroup: hasTerminalGroup).filter {
      guard case .object(let mount) = $0, case .string(let path) = mount["destination"] else {
        return true
      }
      return !taken.contains(path)
    }
    let volumes = volumes.filter { !taken.contains(normalized($0.destination)) }
    return defaults + (volumes + own).map(\.document)
  }

  private func linux() -> JSONValue {
    var linux: JSONObject = ["namespaces": .array(namespaces())]
    if case .mapped(let users, let groups) = options.identity {
      linux["uidMappings"] = .array(users.map(mapping))
      linux["gidMappings"] = .array(groups.map(mapping))
    }
    linux["resources"] = resources()
    linux["maskedPaths"] = .strings(ContainerDefaults.maskedPaths)
    linux["readonlyPaths"] = .strings(ContainerDefaults.readonlyPaths)
    linux["seccomp"] = SeccompProfile.document(
      architecture: image.platform.architecture,
      capabilities: ContainerDefaults.capabilities,
    )
    return .object(linux)
  }

  private func namespaces() -> [JSONValue] {
    var types = ["pid", "network", "ipc", "uts", "mount", "cgroup"]
    if case .mapped = options.identity { types.append("user") }
    return types.map { ["type": .string($0)] }
  }

  private func mapping(_ range: IdentityRange) -> JSONValue {
    [
      "containerID": .integer(range.container), "hostID": .integer(range.host),
      "size": .integer(range.size),
    ]
  }

  private func resources() -> JSONValue {
    var resources: JSONObject = ["devices": .array(ContainerDefaults.deviceRules)]
    if let memory = options.memoryBytes { resources["memory"] = ["limit": .integer(memory)] }
    if let cpu = options.cpuQuota {
      resources["cpu"] = ["quota": .integer(cpu.quota), "period": .integer(CPUQuota.period)]
    }
    if let limit = options.pidsLimit { resources["pids"] = ["limit": .integer(limit)] }
    return .object(resources)
  }
}

/// A path without doubled or trailing slashes, for comparing destinations.
func normalized(_ path: String) -> String {
  "/" + path.pathSteps.filter { $0 != "." }.joined(separator: "/")
}

private func isHostname(_ text: String) -> Bool {
  (1...64).contains(text.utf8.count)
    && text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }
}
