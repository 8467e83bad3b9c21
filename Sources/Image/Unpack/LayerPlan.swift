import BundleConfig
import ContentStore
import HostProcess
import ImageSpec
import Layers
import RootedFiles

/// One layer to be applied, and what the configuration says of its content.
struct PlannedLayer {
  let descriptor: Descriptor
  let diffID: Digest
  let format: LayerFormat
}

extension ResolvedImage {
  /// The layers in their order, base first.
  /// - Throws: when one has a media type that can't be unpacked.
  func layerPlan() throws(UnpackError) -> [PlannedLayer] {
    var plan: [PlannedLayer] = []
    for (layer, diffID) in zip(manifest.layers, configuration.diffIDs) {
      guard let format = LayerFormat(mediaType: layer.mediaType) else {
        throw .unknownLayerType(layer.digest, layer.mediaType)
      }
      plan.append(PlannedLayer(descriptor: layer, diffID: diffID, format: format))
    }
    return plan
  }
}

extension UnpackRequest {
  /// To whom the files go.
  var ownership: Ownership {
    guard !isRootless else { return .rootless }
    return switch options.identity {
    case .host: .asInImage
    case .mapped(let users, let groups): .mapped(uids: map(users), gids: map(groups))
    }
  }
}

private func map(_ ranges: [IdentityRange]) -> IDMap {
  IDMap(ranges.map { IDMap.Range(container: $0.container, host: $0.host, count: $0.size) })
}

/// Applies the layers to an empty directory.
/// - Returns: warnings, one line each.
func apply(
  _ layers: [PlannedLayer],
  of store: ContentStore,
  to rootfs: Directory,
  _ request: UnpackRequest,
) throws(UnpackError) -> [String] {
  var applier: LayerApplier
  do throws(LayerError.Problem) {
    applier = try LayerApplier(
      root: RootDirectory(rootfs),
      ownership: request.ownership,
      limits: .image,
    )
  } catch {
    throw .root(error)
  }
  for layer in layers {
    try checkInterruption()
    let source = try source(of: layer, in: store, request.arriving)
    do throws(LayerError) {
      try applier.apply(source) { count in
        request.didRead(count)
        return !Interruption.isRequested
      }
    } catch {
      if case .stopped = error.problem { try checkInterruption() }
      throw .layer(error)
    }
  }
  do throws(FileError) {
    return try applier.finish().warnings
  } catch {
    throw .bundle(error)
  }
}

private func source(
  of layer: PlannedLayer,
  in store: ContentStore,
  _ arriving: ArrivingImage?,
) throws(UnpackError) -> LayerSource {
  let descriptor = layer.descriptor
  let growing = try read { () throws(StoreError) in try arriving?.file(descriptor) }
  var growth: LayerGrowth?
  if let arriving, growing != nil {
    growth = LayerGrowth { position in arriving.waitForMore(descriptor, position) }
  }
  let blob: OwnedDescriptor
  switch consume growing {
  case .some(let file): blob = file
  case nil: blob = try open(layer, in: store)
  }
  var source = LayerSource(
    blob: blob,
    digest: descriptor.digest,
    size: descriptor.size,
    diffID: layer.diffID,
    compression: layer.format.compression,
  )
  source.growth = growth
  return source
}

private func open(
  _ layer: PlannedLayer,
  in store: ContentStore,
) throws(UnpackError) -> OwnedDescriptor {
  do throws(StoreError) {
    return try store.openBlob(layer.descriptor)
  } catch .missing(let digest) where !layer.format.isDistributable {
    throw .notDistributable(digest)
  } catch {
    throw .store(error)
  }
}

extension Omissions {
  /// What a user must know, one line each.
  fileprivate var warnings: [String] {
    var warnings: [String] = []
    if devices > 0 { warnings.append("left out \(devices) devices, which only root can make") }
    if attributes > 0 {
      warnings.append("left out \(attributes) extended attributes that can't be set here")
    }
    return warnings
  }
}
