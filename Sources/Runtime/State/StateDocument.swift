package import JSON
import RuntimeSpec

extension ContainerRecord {
  /// The state of the container as callers and hooks read it.
  ///
  /// Spec: runtime.md, "State"; `rootfs`, `created` and `owner` as runc adds them. The pid is 0 when
  /// the container has stopped.
  package func stateDocument(_ status: ContainerStatus, pid: Int32) -> JSONValue {
    .object(present: [
      ("ociVersion", .string(ociVersion)),
      ("id", .string(id.description)),
      ("pid", .integer(Int64(status == .stopped ? 0 : pid))),
      ("status", .string(status.rawValue)),
      ("bundle", .string(bundle)),
      ("rootfs", .string(rootfs)),
      ("created", .string(created)),
      (
        "annotations",
        annotations.isEmpty
          ? nil : .object(annotations.map { .init($0.key, .string($0.value)) })
      ),
      ("owner", .string(owner)),
    ])
  }
}
