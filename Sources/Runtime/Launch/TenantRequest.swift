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
  /// Whether the container has but a root of its own, in a mount namespace that is not.
  package var entersRoot: Bool
  package var credentials: CapabilitySets
  /// The container's filter; nil for none.
  package var filter: CompiledFilter?
  /// Leaves the tenant in the caller's session keyring, as init was.
  package var keepsKeyring: Bool
  /// How many descriptors from 3 on the program gets.
  package var preservedDescriptors: Int32
  /// Whether setgroups(2) is denied in the container's user namespace.
  package var deniesSetgroups: Bool
  /// The container, for who gets the filter's listener.
  package var record: ContainerRecord
  package var listenerMetadata: String?
  /// Whether the preparation says which step it begins.
  package var isTraced: Bool

  package init(
    id: ContainerID,
    process: ProcessPlan,
    namespaces: [NamespaceKind],
    entersRoot: Bool,
    credentials: CapabilitySets,
    filter: CompiledFilter?,
    keepsKeyring: Bool,
    preservedDescriptors: Int32,
    deniesSetgroups: Bool,
    record: ContainerRecord,
    listenerMetadata: String?,
    isTraced: Bool,
  ) {
    self.id = id
    self.process = process
    self.namespaces = namespaces
    self.entersRoot = entersRoot
    self.credentials = credentials
    self.filter = filter
    self.keepsKeyring = keepsKeyring
    self.preservedDescriptors = preservedDescriptors
    self.deniesSetgroups = deniesSetgroups
    self.record = record
    self.listenerMetadata = listenerMetadata
    self.isTraced = isTraced
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
  /// The connection to who gets the filter's listener; nil for a filter without one.
  var listener: OwnedDescriptor?

  package init(
    container: consuming OwnedDescriptor,
    console: consuming OwnedDescriptor?,
    listener: consuming OwnedDescriptor?,
  ) {
    self.container = container
    self.console = console
    self.listener = listener
  }
}
