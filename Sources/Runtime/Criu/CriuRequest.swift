/// What CRIU is asked to do, and how.
///
/// The names are those of criu(8); each comment is the field of criu_opts in CRIU's rpc.proto.
package struct CriuRequest: Equatable, Sendable {
  /// What to do.
  package enum Action: Equatable, Sendable {
    /// Dumps the tree of a process.
    case checkpoint(pid: Int32)
    /// Dumps the memory of a tree that goes on running.
    case preDump(pid: Int32)
    /// Restores a tree as children of CRIU's own parent.
    case restore(root: String)
  }

  /// How CRIU treats control groups.
  package enum CgroupsMode: String, CaseIterable, Equatable, Sendable {
    case ignore, soft, full, strict
  }

  /// A place in an image that an open file takes on restore.
  package struct InheritedFile: Equatable, Sendable {
    package var key: String
    package var descriptor: Int32

    package init(key: String, descriptor: Int32) {
      self.key = key
      self.descriptor = descriptor
    }
  }

  /// A namespace that exists already, and that the tree is restored in.
  package struct JoinedNamespace: Equatable, Sendable {
    /// As in /proc/PID/ns.
    package var name: String
    package var path: String

    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  /// Where CRIU's page server listens.
  package struct PageServer: Equatable, Sendable {
    package var address: String
    package var port: Int32

    package init(address: String, port: Int32) {
      self.address = address
      self.port = port
    }
  }

  package var action: Action
  /// Descriptors of this process.
  package var imagesDirectory: Int32
  package var workDirectory: Int32
  package var logFile: String
  package var settings: Settings
  /// Resources outside of the tree, as `mnt[/data]:/srv/data`.
  package var external: [String] = []
  package var inherited: [InheritedFile] = []
  package var joined: [JoinedNamespace] = []
  /// The control group that takes the place of the dumped one; on restore.
  package var cgroupRoot: String?
  /// The control group, as a path of the host, to freeze while dumping.
  package var frozenCgroup: String?
  /// Settings of the user's that come before all of these.
  package var configurationFile: String?

  /// What a caller of checkpoint and restore may choose.
  package struct Settings: Equatable, Sendable {
    package var leavesRunning = false
    package var tcpEstablished = false
    package var tcpSkipInFlight = false
    package var tcpClose = false
    package var externalUnixSockets = false
    package var isShellJob = false
    package var fileLocks = false
    package var linkRemap = false
    package var autoDedup = false
    package var lazyPages = false
    package var hasEmptyNetwork = false
    package var cgroupsMode: CgroupsMode = .soft
    /// Relative to the directory of the images.
    package var parentPath: String?
    package var pageServer: PageServer?
    package var statusDescriptor: Int32?
    package var lsmProfile: String?
    package var lsmMountContext: String?

    /// The settings that CRIU starts from.
    package init() {}
  }

  package init(
    _ action: Action,
    imagesDirectory: Int32,
    workDirectory: Int32,
    logFile: String,
    settings: Settings,
  ) {
    self.action = action
    self.imagesDirectory = imagesDirectory
    self.workDirectory = workDirectory
    self.logFile = logFile
    self.settings = settings
  }
}

extension CriuRequest {
  /// The message criu_req.
  var frame: [UInt8] {
    var writer = MessageWriter()
    writer.integer(1, type.rawValue)
    writer.message(2) { writeOptions(&$0) }
    return writer.bytes
  }

  /// The message criu_req that answers a notification.
  static func answer(isSuccess: Bool) -> [UInt8] {
    var writer = MessageWriter()
    writer.integer(1, CriuType.notify.rawValue)
    writer.integer(3, isSuccess ? UInt64(1) : 0)
    return writer.bytes
  }

  var type: CriuType {
    switch action {
    case .checkpoint: .dump
    case .preDump: .singlePreDump
    case .restore: .restore
    }
  }

  private func writeOptions(_ writer: inout MessageWriter) {
    writer.integer(1, imagesDirectory)
    switch action {
    case .checkpoint(let pid): writer.integer(2, pid)
    case .preDump(let pid):
      writer.integer(2, pid)
      writer.flag(15, true)  // track_mem
    case .restore(let root):
      writer.text(13, root)
      writer.flag(26, true)  // rst_sibling
      writer.text(53, ifAny: settings.lsmProfile)
      writer.text(63, ifAny: settings.lsmMountContext)
    }
    writer.flag(6, true)  // evasive_devices
    let everything: Int32 = 4
    writer.integer(9, everything)  // log_level
    writer.text(10, logFile)
    writer.flag(12, true)  // notify_scripts
    writer.integer(17, workDirectory)
    writer.flag(24, true)  // manage_cgroups
    writer.integer(34, settings.cgroupsMode.number)
    writer.flag(50, true)  // orphan_pts_master
    writer.text(44, ifAny: frozenCgroup)
    writer.text(51, ifAny: configurationFile)
    writeSettings(&writer)
    writeSurroundings(&writer)
  }

  private func writeSettings(_ writer: inout MessageWriter) {
    writer.flag(3, settings.leavesRunning)
    writer.flag(4, settings.externalUnixSockets)
    writer.flag(5, settings.tcpEstablished)
    writer.flag(7, settings.isShellJob)
    writer.flag(8, settings.fileLocks)
    writer.flag(16, settings.autoDedup)
    writer.flag(18, settings.linkRemap)
    writer.flag(46, settings.tcpSkipInFlight)
    writer.flag(48, settings.lazyPages)
    writer.flag(52, settings.tcpClose)
    let newNetwork: UInt64 = 0x4000_0000  // CLONE_NEWNET
    if settings.hasEmptyNetwork { writer.integer(38, newNetwork) }
    // The rest is about where pages go; go-runc gives it to restore as well.
    if case .restore = action { return }
    writer.text(14, ifAny: settings.parentPath)
    if let server = settings.pageServer {
      writer.message(11) {
        $0.text(1, server.address)
        $0.integer(2, server.port)
      }
    }
    if let descriptor = settings.statusDescriptor { writer.integer(49, descriptor) }
  }

  private func writeSurroundings(_ writer: inout MessageWriter) {
    for resource in external { writer.text(37, resource) }
    for file in inherited {
      writer.message(27) {
        $0.text(1, file.key)
        $0.integer(2, file.descriptor)
      }
    }
    for namespace in joined {
      writer.message(39) {
        $0.text(1, namespace.name)
        $0.text(2, namespace.path)
      }
    }
    if let cgroupRoot { writer.message(25) { $0.text(2, cgroupRoot) } }
  }
}

/// The values of criu_req_type.
enum CriuType: UInt64 {
  case dump = 1
  case restore = 2
  case notify = 6
  case singlePreDump = 13
}

extension CriuRequest.CgroupsMode {
  /// The value of criu_cg_mode.
  fileprivate var number: UInt64 {
    switch self {
    case .ignore: 0
    case .soft: 3
    case .full: 4
    case .strict: 5
    }
  }
}
