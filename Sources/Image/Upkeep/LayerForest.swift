import ContentStore
package import ImageSpec

/// Layers as they stand on each other: images that begin with the same layers share a trunk.
package struct LayerForest: Sendable {
  package struct Node: Sendable {
    package let layer: Digest
    package let size: Int64
    /// The images whose last layer this is.
    package fileprivate(set) var images: [LayeredImage] = []
    package fileprivate(set) var children: [Int] = []
  }

  package private(set) var nodes: [Node] = []
  package private(set) var roots: [Int] = []
  /// Images without any layer.
  package private(set) var bare: [LayeredImage] = []

  package init(_ survey: Survey) {
    var known: [Place: Int] = [:]
    for image in survey.images {
      for resolved in image.images {
        let layered = LayeredImage(image, resolved, isOneOfMany: image.images.count > 1)
        var parent: Int?
        for layer in resolved.manifest.layers {
          let place = Place(parent: parent, layer: layer.digest)
          let node = known[place] ?? add(layer, below: parent)
          known[place] = node
          parent = node
        }
        if let parent { nodes[parent].images.append(layered) } else { bare.append(layered) }
      }
    }
  }

  private struct Place: Hashable {
    let parent: Int?
    let layer: Digest
  }

  private mutating func add(_ layer: Descriptor, below parent: Int?) -> Int {
    nodes.append(Node(layer: layer.digest, size: layer.size))
    let node = nodes.count - 1
    if let parent { nodes[parent].children.append(node) } else { roots.append(node) }
    return node
  }
}

/// An image for one platform, as it stands in a forest.
package struct LayeredImage: Sendable {
  package let digest: Digest
  package let references: [Reference]
  /// Nil when its names stand for this platform alone.
  package let platform: Platform?

  fileprivate init(_ image: SurveyedImage, _ resolved: ResolvedImage, isOneOfMany: Bool) {
    digest = image.top.digest
    references = image.references
    platform = isOneOfMany ? resolved.platform : nil
  }
}

extension LayerForest {
  /// The nodes in the order of a drawing, each with the branches that lead to it.
  ///
  /// A branch is true where more children of the same parent follow. By a list instead of recursion:
  /// an image may have thousands of layers.
  package var drawing: [(node: Node, branches: [Bool])] {
    var lines: [(node: Node, branches: [Bool])] = []
    var pending: [(Int, [Bool])] = roots.reversed().map { ($0, []) }
    while let (index, branches) = pending.popLast() {
      let node = nodes[index]
      lines.append((node, branches))
      for child in node.children.reversed() {
        // A single child stands under its parent, not beside it: trunks do not wander off.
        let isLast = child == node.children.last
        pending.append((child, node.children.count == 1 ? branches : branches + [!isLast]))
      }
    }
    return lines
  }
}
