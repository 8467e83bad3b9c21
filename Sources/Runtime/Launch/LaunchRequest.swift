package import Capabilities
package import Kernel
package import RuntimeSpec
package import State
package import SyscallFilter

/// Everything that is decided before the clone: init executes it and decides nothing.
package struct LaunchRequest: Sendable {
  package var plan: ContainerPlan
  /// What hooks get to read of the container.
  package var record: ContainerRecord
  package var credentials: CapabilitySets
  /// The compiled seccomp filter; nil for none.
  package var filter: CompiledFilter?
  package var options: LaunchOptions

  package init(
    plan: ContainerPlan,
    record: ContainerRecord,
    credentials: CapabilitySets,
    filter: CompiledFilter?,
    options: LaunchOptions,
  ) {
    self.plan = plan
    self.record = record
    self.credentials = credentials
    self.filter = filter
    self.options = options
  }
}

/// What the caller of create and run may ask for beyond the bundle.
package struct LaunchOptions: Sendable {
  /// Moves the rootfs over the root in place of pivoting.
  package var movesRoot: Bool
  /// Leaves the container in the caller's session keyring.
  package var keepsKeyring: Bool
  /// How many descriptors from 3 on the program gets.
  package var preservedDescriptors: Int32
  /// The cgroup's directory on the host, for a container that sees it by a bind mount.
  package var cgroupDirectory: String?
  /// Whether setgroups(2) is denied in the container's user namespace: the price of mapping a group
  /// without privilege.
  package var deniesSetgroups: Bool
  /// Whether devices are the host's, bound: in a user namespace there is no mknod(2).
  package var bindsDevices: Bool
  /// Whether the creator sets init's resource limits: it has a right over them that root of the
  /// container's user namespace has not.
  package var creatorSetsLimits: Bool
  /// Whether init says which step it begins.
  package var isTraced: Bool

  package init(
    movesRoot: Bool,
    keepsKeyring: Bool,
    preservedDescriptors: Int32,
    cgroupDirectory: String?,
    deniesSetgroups: Bool,
    bindsDevices: Bool,
    creatorSetsLimits: Bool,
    isTraced: Bool,
  ) {
    self.movesRoot = movesRoot
    self.keepsKeyring = keepsKeyring
    self.preservedDescriptors = preservedDescriptors
    self.cgroupDirectory = cgroupDirectory
    self.deniesSetgroups = deniesSetgroups
    self.bindsDevices = bindsDevices
    self.creatorSetsLimits = creatorSetsLimits
    self.isTraced = isTraced
  }
}

/// The descriptors that init inherits from the creator beside its channel.
package struct InheritedDescriptors: ~Copyable {
  /// The connection to the console socket; nil without a terminal.
  package var console: OwnedDescriptor?
  /// Init's end of the gate and the failure file (create); nil when it starts by the channel (run).
  package var gate: Gate?
  /// The connection to who gets the filter's listener; nil for a filter without one.
  package var listener: OwnedDescriptor?
  /// What stays the creator's: init closes its copies first of all.
  ///
  /// The container's lock is among them, which would stay taken for as long as any copy is open.
  let withheld: [CInt]

  package init(
    console: consuming OwnedDescriptor?,
    gate: consuming Gate?,
    listener: consuming OwnedDescriptor?,
    withheld: [CInt],
  ) {
    self.console = console
    self.gate = gate
    self.listener = listener
    self.withheld = withheld
  }

  /// Closes this process's copies of what stays the creator's.
  func closeWithheld() {
    for number in withheld { _ = OwnedDescriptor(adopting: number) }
  }

  /// Where init waits to be started, and where it says why it could not.
  package struct Gate: ~Copyable {
    package let start: OwnedDescriptor
    package let failure: OwnedDescriptor

    package init(start: consuming OwnedDescriptor, failure: consuming OwnedDescriptor) {
      self.start = start
      self.failure = failure
    }

    /// Gives both numbers away: whoever takes them closes them.
    consuming func release() -> (start: CInt, failure: CInt) {
      (start.release(), failure.release())
    }
  }
}
