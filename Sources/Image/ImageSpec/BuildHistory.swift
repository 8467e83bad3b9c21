/// One step of how an image was made.
///
/// Spec: image-spec config.md, "history".
package struct BuildStep: Sendable {
  package let created: String?
  package let createdBy: String?
  package let author: String?
  package let comment: String?
  /// Whether the step made no layer.
  package let isEmpty: Bool
}

extension ImageConfiguration {
  /// The steps, the first one first; none where the configuration does not tell.
  /// - Throws: when a field has the wrong type.
  package func history() throws(DocumentError) -> [BuildStep] {
    var steps: [BuildStep] = []
    for entry in try DocumentFields(document, path: "").arrayOfFields("history") ?? [] {
      steps.append(
        BuildStep(
          created: try entry.string("created"),
          createdBy: try entry.string("created_by"),
          author: try entry.string("author"),
          comment: try entry.string("comment"),
          isEmpty: try entry.bool("empty_layer") ?? false,
        )
      )
    }
    return steps
  }
}
