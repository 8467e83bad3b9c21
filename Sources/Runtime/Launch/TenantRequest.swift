package import Capabilities
package import Kernel
package import RuntimeSpec
package import State
package import SyscallFilter

/// Everything about a tenant that is decided before the clone: it executes this and decides nothing.
package struct TenantRequest: Sendable {
  package var id: ContainerID
  package var process: ProcessPlan
  /// The container's namespaces, none of which is the creator's own.
  package var namespaces: [NamespaceKind]
  package var credentials: CapabilitySets
  /// The container's filter; nil for none.
  package var filter: CompiledFilter?
  /// Leaves the tenant in the caller's session keyring, as init was.
  package var keepsKeyring: Bool
  /// How many descriptors from 3 on the program gets.
  package var preservedDescriptors: Int32
  /// Whether setgroups(2) is denied in the container's user namespace.
  package var deniesSetgroups: Bool

  package init(
    id: ContainerID,
    process: ProcessPlan,
    namespaces: [NamespaceKind],
    credentials: CapabilitySets,
    filter: CompiledFilter?,
    keepsKeyring: Bool,
    preservedDescriptors: Int32,
    deniesSetgroups: Bool,
  ) {
    self.id = id
    self.process = process
    self.namespaces = namespaces
    self.credentials = credentials
    self.filter = filter
    self.keepsKeyring = keepsKeyring
    self.preservedDescriptors = preservedDescriptors
    self.deniesSetgroups = deniesSetgroups
  }

  var flags: NamespaceFlags {
    NamespaceFlags(rawValue: namespaces.reduce(0) { $0 | $1.cloneFlag })
  }
}

/// The descriptors that a tenant gets beside its channel.
package struct TenantDescriptors: ~Copyable {
  /// Init of the container, by which its namespaces are found.
  let container: OwnedDescriptor
  /// The connection to the console socket; nil without a terminal.
  var console: OwnedDescriptor?

  package init(container: consuming OwnedDescriptor, console: consuming OwnedDescriptor?) {
    self.container = container
    self.console = console
  }
}
