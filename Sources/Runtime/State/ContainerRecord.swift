package import JSON
package import Kernel
package import RuntimeSpec

/// What swrun remembers of a container: enough for every verb, so that config.json is read once.
///
/// It is written before anything of the container exists, and again at each step that must not be
/// forgotten: whatever ends a creator, the record names what there is to clean up.
package struct ContainerRecord: Equatable, Sendable {
  package var id: ContainerID
  package var ociVersion: String
  package var bundle: String
  /// The file that was read in place of the bundle's config.json; nil for that.
  package var configuration: String?
  package var rootfs: String
  /// RFC 3339.
  package var created: String
  package var annotations: [Annotation]
  /// The user name or number that made it.
  package var owner: String
  /// The container's first process; nil before there is one.
  package var initProcess: InitProcess?
  /// Who owns init's namespaces, which init itself can't change; nil before it is prepared.
  package var namespaceOwners: NamespaceOwners?
  /// Whether init has done all but start; before that the container is `creating`.
  package var isPrepared: Bool
  /// The container's cgroup, a path below the root of the cgroup2 hierarchy; nil without one.
  package var cgroup: String?
  /// The inode of the cgroup's directory, which tells it from one that has been made there since; nil
  /// where nothing hangs on that.
  package var cgroupInode: UInt64?
  package var cgroupManager: CgroupManager
  /// The container's unit; nil where systemd does not keep it.
  package var unit: RecordedUnit?
  /// The container's place in resctrl; nil without one.
  package var resctrl: ResctrlGroup?
  /// Whether others share its pid namespace, so that the end of init does not end them all.
  package var sharesPidNamespace: Bool
  /// Whether it lives in a user namespace, its own or its creator's, where device rules may not be to
  /// be had.
  package var isInUserNamespace: Bool
  package var poststart: [Hook]
  package var poststop: [Hook]
  /// The limits in force.
  package var resources: Resources
  /// What brings back the files that an update changes, for as long as it is being made.
  ///
  /// Who finds it in an unlocked container has found an update that was killed.
  package var undo: [UnifiedSetting]?
  /// The SELinux context of the container's file systems; nil leaves that to the policy.
  package var mountLabel: String?
  /// What `mounts add` has mounted since the container was made, in that order.
  package var addedMounts: [AddedMount]

  /// A record of a container of which nothing exists yet.
  package init(
    id: ContainerID,
    ociVersion: String,
    bundle: String,
    rootfs: String,
    created: String,
    annotations: [Annotation],
    owner: String,
    cgroup: String?,
    sharesPidNamespace: Bool,
    isInUserNamespace: Bool,
    poststart: [Hook],
    poststop: [Hook],
    resources: Resources,
  ) {
    self.id = id
    self.ociVersion = ociVersion
    self.bundle = bundle
    self.configuration = nil
    self.rootfs = rootfs
    self.created = created
    self.annotations = annotations
    self.owner = owner
    self.initProcess = nil
    self.namespaceOwners = nil
    self.isPrepared = false
    self.cgroup = cgroup
    self.cgroupInode = nil
    self.cgroupManager = .directory
    self.unit = nil
    self.resctrl = nil
    self.sharesPidNamespace = sharesPidNamespace
    self.isInUserNamespace = isInUserNamespace
    self.poststart = poststart
    self.poststop = poststop
    self.resources = resources
    self.undo = nil
    self.mountLabel = nil
    self.addedMounts = []
  }
}

/// A mount that a running container has been given.
package struct AddedMount: Equatable, Sendable {
  /// Absolute, in the container.
  package var destination: String
  /// The mount's id in the container's mount namespace.
  package var mountID: UInt64
  /// Where on the host it is bound from; nil for a file system of its own.
  package var source: String?

  package init(destination: String, mountID: UInt64, source: String?) {
    self.destination = destination
    self.mountID = mountID
    self.source = source
  }
}

/// A process that can't be mistaken for a later one with the same id.
package struct InitProcess: Equatable, Sendable {
  package var pid: Int32
  /// In clock ticks since boot.
  package var startTime: UInt64

  package init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }
}

extension ContainerRecord {
  /// The record as JSON.
  package var json: JSONValue {
    .object(present: [
      ("format", 1),
      ("id", .string(id.description)),
      ("ociVersion", .string(ociVersion)),
      ("bundle", .string(bundle)),
      ("configuration", configuration.map { .string($0) }),
      ("rootfs", .string(rootfs)),
      ("created", .string(created)),
      ("owner", .string(owner)),
      ("annotations", .object(annotations.map { .init($0.key, .string($0.value)) })),
      ("pid", initProcess.map { .integer(Int64($0.pid)) }),
      ("startTime", initProcess.map { .unsigned($0.startTime) }),
      ("userNamespace", namespaceOwners.map { .unsigned(UInt64($0.user)) }),
      ("mountsOwner", namespaceOwners?.mounts.map { .unsigned(UInt64($0)) }),
      ("prepared", .boolean(isPrepared)),
      ("cgroup", cgroup.map { .string($0) }),
      ("cgroupInode", cgroupInode.map { .unsigned($0) }),
      ("cgroupManager", .string(cgroupManager.rawValue)),
      ("unit", unit?.json),
      ("resctrl", resctrl?.json),
      ("sharesPidNamespace", .boolean(sharesPidNamespace)),
      ("isInUserNamespace", .boolean(isInUserNamespace)),
      ("poststart", .array(poststart.map(\.json))),
      ("poststop", .array(poststop.map(\.json))),
      ("resources", resources.json),
      ("undo", undo.map { .array($0.map { .strings([$0.file, $0.value]) }) }),
      ("mountLabel", mountLabel.map { .string($0) }),
      ("addedMounts", addedMounts.isEmpty ? nil : .array(addedMounts.map(\.json))),
    ])
  }

  /// Reads a record; nil when it is none of this format.
  init?(json: JSONNode, id: ContainerID) {
    guard json["format"]?.integer(as: Int.self) == 1, json["id"]?.string == id.description,
      let ociVersion = json["ociVersion"]?.string, let bundle = json["bundle"]?.string,
      let rootfs = json["rootfs"]?.string, let created = json["created"]?.string,
      let owner = json["owner"]?.string, let isPrepared = json["prepared"]?.boolean,
      let sharesPidNamespace = json["sharesPidNamespace"]?.boolean,
      let annotations = json["annotations"], let poststart = json["poststart"],
      let poststop = json["poststop"],
      let resources = json["resources"].map(Resources.init(recorded:)) ?? Resources()
    else { return nil }
    self.init(
      id: id,
      ociVersion: ociVersion,
      bundle: bundle,
      rootfs: rootfs,
      created: created,
      annotations: annotations.members.compactMap { key, value in
        value.string.map { Annotation(key: key, value: $0) }
      },
      owner: owner,
      cgroup: json["cgroup"]?.string,
      sharesPidNamespace: sharesPidNamespace,
      isInUserNamespace: json["isInUserNamespace"]?.boolean ?? false,
      poststart: poststart.elements.compactMap(Hook.init(json:)),
      poststop: poststop.elements.compactMap(Hook.init(json:)),
      resources: resources
    )
    undo = json["undo"]?.elements.compactMap { entry in
      let words = entry.elements.compactMap(\.string)
      return words.count == 2 ? UnifiedSetting(file: words[0], value: words[1]) : nil
    }
    self.isPrepared = isPrepared
    // A record without one is of a version that had no other.
    let manager = json["cgroupManager"]?.string ?? CgroupManager.directory.rawValue
    guard let cgroupManager = CgroupManager(rawValue: manager) else { return nil }
    self.cgroupManager = cgroupManager
    cgroupInode = json["cgroupInode"]?.integer(as: UInt64.self)
    configuration = json["configuration"]?.string
    unit = json["unit"].flatMap(RecordedUnit.init(json:))
    resctrl = json["resctrl"].flatMap(ResctrlGroup.init(json:))
    namespaceOwners = json["userNamespace"]?.integer(as: UInt32.self).map {
      NamespaceOwners(user: $0, mounts: json["mountsOwner"]?.integer(as: UInt32.self))
    }
    mountLabel = json["mountLabel"]?.string
    addedMounts = json["addedMounts"]?.elements.compactMap(AddedMount.init(json:)) ?? []
    if let pid = json["pid"]?.integer(as: Int32.self),
      let start = json["startTime"]?.integer(as: UInt64.self)
    {
      initProcess = InitProcess(pid: pid, startTime: start)
    }
  }
}

extension ResctrlGroup {
  fileprivate var json: JSONValue {
    .object(present: [
      ("path", .string(path)), ("isOwn", .boolean(isOwn)), ("monitor", monitor.map { .string($0) }),
    ])
  }

  fileprivate init?(json: JSONNode) {
    guard let path = json["path"]?.string, let isOwn = json["isOwn"]?.boolean else { return nil }
    self.init(path: path, isOwn: isOwn, monitor: json["monitor"]?.string)
  }
}

extension RecordedUnit {
  fileprivate var json: JSONValue {
    ["name": .string(name), "description": .string(description), "bus": .string(bus)]
  }

  fileprivate init?(json: JSONNode) {
    guard let name = json["name"]?.string, let description = json["description"]?.string,
      let bus = json["bus"]?.string
    else { return nil }
    self.init(name: name, description: description, bus: bus)
  }
}

extension AddedMount {
  fileprivate var json: JSONValue {
    .object(present: [
      ("destination", .string(destination)),
      ("mountID", .unsigned(mountID)),
      ("source", source.map { .string($0) }),
    ])
  }

  fileprivate init?(json: JSONNode) {
    guard let destination = json["destination"]?.string,
      let mountID = json["mountID"]?.integer(as: UInt64.self)
    else { return nil }
    self.init(destination: destination, mountID: mountID, source: json["source"]?.string)
  }
}

extension Hook {
  fileprivate var json: JSONValue {
    .object(present: [
      ("path", .string(path)),
      ("args", args.map { .strings($0) }),
      ("env", env.map { .strings($0) }),
      ("timeout", timeout.map { .integer(Int64($0)) }),
    ])
  }

  fileprivate init?(json: JSONNode) {
    guard let path = json["path"]?.string else { return nil }
    self.init(
      path: path,
      args: json["args"]?.elements.compactMap(\.string),
      env: json["env"]?.elements.compactMap(\.string),
      timeout: json["timeout"]?.integer(as: Int.self)
    )
  }
}
