/// A container's place in resctrl: the class of service that its processes have, and a monitoring
/// group of its own where it wants one.
///
/// It is kept with the container, and says what is to be removed with it.
///
/// Spec: config-linux.md, "IntelRdt". See: resctrl.rst of the kernel.
package struct ResctrlGroup: Equatable, Sendable {
  /// The directory below the root of resctrl; empty for the root itself.
  package var path: String
  /// Whether it was made for the container alone.
  ///
  /// A class of service with a name of its own, other containers have too: nobody removes it.
  package var isOwn: Bool
  /// The name of the container's monitoring group; nil without one.
  package var monitor: String?

  package init(path: String, isOwn: Bool, monitor: String?) {
    self.path = path
    self.isOwn = isOwn
    self.monitor = monitor
  }
}
