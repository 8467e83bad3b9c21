package import RuntimeSpec
package import State

/// What the caller of exec asks for.
package struct ExecOptions: Sendable {
  package var id: ContainerID
  package var source: ProcessSource
  /// Asks for a terminal, whatever the source says.
  package var wantsTerminal: Bool
  package var isDetached: Bool
  package var isSubreaper: Bool
  /// Goes ahead in a container that the freezer has stopped.
  package var ignoresPause: Bool
  package var pidFile: String?
  package var consoleSocket: String?
  package var pidfdSocket: String?
  /// A control group below the container's own; nil for that.
  package var subgroup: String?
  package var preservedDescriptors: Int32
  /// Variables about sockets of a service manager's that are passed on, as KEY=value; LISTEN_PID is
  /// added to them.
  package var socketVariables: [String]

  package init(
    id: ContainerID,
    source: ProcessSource,
    wantsTerminal: Bool,
    isDetached: Bool,
    isSubreaper: Bool,
    ignoresPause: Bool,
    pidFile: String?,
    consoleSocket: String?,
    pidfdSocket: String?,
    subgroup: String?,
    preservedDescriptors: Int32,
    socketVariables: [String],
  ) {
    self.id = id
    self.source = source
    self.wantsTerminal = wantsTerminal
    self.isDetached = isDetached
    self.isSubreaper = isSubreaper
    self.ignoresPause = ignoresPause
    self.pidFile = pidFile
    self.consoleSocket = consoleSocket
    self.pidfdSocket = pidfdSocket
    self.subgroup = subgroup
    self.preservedDescriptors = preservedDescriptors
    self.socketVariables = socketVariables
  }
}

/// Where a tenant's process comes from.
package enum ProcessSource: Sendable {
  /// A file with a process section, which is taken whole.
  case file(String)
  /// The container's own section, with another command and these changes.
  case command([String], ProcessChanges)
}
