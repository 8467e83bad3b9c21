import Criu
import Lifecycle

/// `swrun checkpoint`.
func checkpoint(
  _ arguments: Arguments,
  _ presentation: Presentation,
) throws(RuntimeError) {
  let options = try arguments.checkpointOptions()
  try settleDescriptors()
  try checkpoint(options, on: arguments.host(presentation))
}

/// `swrun restore`.
func restore(
  _ arguments: Arguments,
  _ words: [String],
  _ presentation: Presentation,
) throws(RuntimeError) -> Int32 {
  try protectSelf(arguments: words)
  let options = RestoreOptions(
    checkpoint: try arguments.checkpointOptions(),
    bundle: arguments.options["bundle"] ?? ".",
    pidFile: arguments.options["pid-file"],
    consoleSocket: arguments.options["console-socket"],
    run: RunOptions(
      isDetached: arguments.has("detach"),
      keepsState: false,
      isSubreaper: !arguments.has("no-subreaper")
    ),
    cgroupManager: arguments.cgroupManager,
    isRootless: arguments.isRootless
  )
  try settleDescriptors()
  return try restore(options, on: arguments.host(presentation))
}

extension Arguments {
  fileprivate func checkpointOptions() throws(RuntimeError) -> CheckpointOptions {
    CheckpointOptions(
      id: try id(),
      imagePath: options["image-path"] ?? "checkpoint",
      workPath: options["work-path"],
      program: globals["criu"],
      isPreDump: has("pre-dump"),
      settings: try criuSettings()
    )
  }

  private func criuSettings() throws(RuntimeError) -> CriuRequest.Settings {
    var settings = CriuRequest.Settings()
    settings.leavesRunning = has("leave-running")
    settings.tcpEstablished = has("tcp-established")
    settings.tcpClose = has("tcp-close")
    settings.tcpSkipInFlight = has("tcp-skip-in-flight")
    settings.externalUnixSockets = has("ext-unix-sk")
    settings.isShellJob = has("shell-job")
    settings.fileLocks = has("file-locks")
    settings.linkRemap = has("link-remap")
    settings.lazyPages = has("lazy-pages")
    settings.autoDedup = has("auto-dedup")
    settings.hasEmptyNetwork = has("empty-ns")
    settings.parentPath = options["parent-path"]
    settings.lsmProfile = options["lsm-profile"]
    settings.lsmMountContext = options["lsm-mount-context"]
    if let mode = options["manage-cgroups-mode"].flatMap(CriuRequest.CgroupsMode.init) {
      settings.cgroupsMode = mode
    }
    settings.pageServer = try pageServer()
    settings.statusDescriptor = try statusDescriptor()
    return settings
  }

  private func pageServer() throws(RuntimeError) -> CriuRequest.PageServer? {
    guard let text = options["page-server"] else { return nil }
    guard let colon = text.lastIndex(of: ":"), colon > text.startIndex,
      let port = UInt16(text[text.index(after: colon)...]), port > 0
    else {
      throw .usage("--page-server can't be \"\(text)\": use ADDRESS:PORT")
    }
    return .init(address: String(text[..<colon]), port: Int32(port))
  }

  private func statusDescriptor() throws(RuntimeError) -> Int32? {
    guard let text = options["status-fd"] else { return nil }
    guard let number = Int32(text), number > 2 else {
      throw .usage("--status-fd can't be \"\(text)\": use the number of an open descriptor")
    }
    try checkIsOpen(number)
    return number
  }
}
