package import JSON
package import RuntimeSpec

/// What swrun remembers of a container: enough for every verb, so that config.json is read once.
///
/// It is written before anything of the container exists, and again at each step that must not be
/// forgotten: whatever ends a creator, the record names what there is to clean up.
package struct ContainerRecord: Equatable, Sendable {
  package var id: ContainerID
  package var ociVersion: String
  package var bundle: String
  package var rootfs: String
  /// RFC 3339.
  package var created: String
  package var annotations: [Annotation]
  /// The user name or number that made it.
  package var owner: String
  /// The container's first process; nil before there is one.
  package var initProcess: InitProcess?
  /// Whether init has done all but start; before that the container is `creating`.
  package var isPrepared: Bool
  /// The container's cgroup, a path below the root of the cgroup2 hierarchy; nil without one.
  package var cgroup: String?
  /// Whether others share its pid namespace, so that the end of init does not end them all.
  package var sharesPidNamespace: Bool
  package var poststart: [Hook]
  package var poststop: [Hook]
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
    poststart: [Hook],
    poststop: [Hook],
  ) {
    self.id = id
    self.ociVersion = ociVersion
    self.bundle = bundle
    self.rootfs = rootfs
    self.created = created
    self.annotations = annotations
    self.owner = owner
    self.initProcess = nil
    self.isPrepared = false
    self.cgroup = cgroup
    self.sharesPidNamespace = sharesPidNamespace
    self.poststart = poststart
    self.poststop = poststop
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
      ("rootfs", .string(rootfs)),
      ("created", .string(created)),
      ("owner", .string(owner)),
      ("annotations", .object(annotations.map { .init($0.key, .string($0.value)) })),
      ("pid", initProcess.map { .integer(Int64($0.pid)) }),
      ("startTime", initProcess.map { .unsigned($0.startTime) }),
      ("prepared", .boolean(isPrepared)),
      ("cgroup", cgroup.map { .string($0) }),
      ("sharesPidNamespace", .boolean(sharesPidNamespace)),
      ("poststart", .array(poststart.map(\.json))),
      ("poststop", .array(poststop.map(\.json))),
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
      let poststop = json["poststop"]
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
      poststart: poststart.elements.compactMap(Hook.init(json:)),
      poststop: poststop.elements.compactMap(Hook.init(json:))
    )
    self.isPrepared = isPrepared
    addedMounts = json["addedMounts"]?.elements.compactMap(AddedMount.init(json:)) ?? []
    if let pid = json["pid"]?.integer(as: Int32.self),
      let start = json["startTime"]?.integer(as: UInt64.self)
    {
      initProcess = InitProcess(pid: pid, startTime: start)
    }
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
