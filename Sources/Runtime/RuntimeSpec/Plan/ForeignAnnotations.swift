/// Annotations by which crun is told what to do: those that nobody here carries out are no notes of a
/// caller's, and are not passed over in silence.
///
/// See: crun(1), "EXTENSIONS".
enum ForeignAnnotations {
  private static let prefix = "run.oci."
  private static let clause = "swrun-create(8), \"ANNOTATIONS\""

  /// Those that are carried out.
  private static let known: Set = [OriginalGroups.annotation, subgroupAnnotation]

  /// Without these a container would be another one, and a weaker one.
  private static let refused: Set = [
    "run.oci.seccomp_bpf_data", "run.oci.seccomp.plugins", "run.oci.seccomp.receiver",
    "run.oci.seccomp_fail_unknown_syscall",
  ]

  static func check(
    _ annotations: [Annotation],
    warnings: inout [IgnoredSetting],
  ) throws(ConfigurationError) {
    for annotation in annotations
    where annotation.key.hasPrefix(prefix) && !known.contains(annotation.key) {
      let pointer = "/annotations/\(annotation.key)"
      guard !refused.contains(annotation.key) else {
        throw ConfigurationError(
          pointer: pointer,
          rule: "must not be there: this runtime does not know it",
          clause: clause,
        )
      }
      warnings.append(
        IgnoredSetting(
          pointer: pointer,
          reason: "this runtime does not know it",
          clause: clause,
        )
      )
    }
  }
}

/// The name of a control group below the unit's own, for the container.
package let subgroupAnnotation = "run.oci.systemd.subgroup"
