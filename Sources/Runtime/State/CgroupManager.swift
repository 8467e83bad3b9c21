/// Who makes a container's control group, limits it and removes it.
package enum CgroupManager: String, CaseIterable, Equatable, Sendable {
  /// The runtime itself, by directories of the cgroup2 file system.
  case directory = "cgroupfs"
  /// systemd, asked over D-Bus for a unit.
  case systemd
  /// Nobody: the container stays in the control group of its creator.
  case disabled
}

/// The unit of a container that systemd keeps, and how to reach that systemd again.
package struct RecordedUnit: Equatable, Sendable {
  package var name: String
  /// What it was made with, which tells it from a later one of the same name.
  package var description: String
  /// The address of the bus that its systemd is on.
  package var bus: String

  package init(name: String, description: String, bus: String) {
    self.name = name
    self.description = description
    self.bus = bus
  }
}
