extension ContainerPlan {
  /// Where a container finds its notify socket, as in all runtimes.
  package static let notifyDirectory = "/run/notify"

  /// Lets the program speak to a service manager through a socket in a directory of the host's.
  ///
  /// The manager's own socket would be more than it needs, and takes a container's pids for its own.
  ///
  /// See: sd_notify(3), NOTIFY_SOCKET.
  package mutating func addNotifySocket(in directory: String) {
    var attributes = MountPlan.Attributes()
    attributes.set =
      MountAttribute.readOnly | MountAttribute.noSetUserID | MountAttribute.noDevices
      | MountAttribute.noExecution
    mounts.append(
      MountPlan(
        index: mounts.count,
        destination: Self.notifyDirectory,
        kind: .bind(source: directory, isRecursive: false),
        attributes: attributes,
        recursiveAttributes: MountPlan.Attributes(),
        propagation: [],
        superblockFlags: [],
        parameters: [],
        copiesUp: false,
        isRemount: false,
        identities: nil,
        followsSource: false,
        followsDestination: true,
        copiesLink: false,
      )
    )
    process.set(["NOTIFY_SOCKET=\(Self.notifyDirectory)/notify.sock"])
  }
}
