import Codecs
import ContentStore
import ImageSpec
import RootedFiles

/// One image of a docker-archive's manifest.json.
struct DockerManifest {
  let configuration: String
  let names: [String]
  let layers: [String]
}

extension SpooledArchive {
  /// The images of a docker-archive; nil when the archive is none.
  func dockerManifests(_ staging: borrowing Staging) throws(TransferError) -> [DockerManifest]? {
    let name = "manifest.json"
    guard let bytes = try document(name, staging) else { return nil }
    do throws(DocumentError) {
      // An array; wrapped to be read like every other document.
      let value: JSONValue
      do throws(JSONSyntaxError) {
        value = try JSONValue(parsing: bytes)
      } catch {
        throw .syntax(error)
      }
      let fields = DocumentFields(["images": value], path: "")
      var manifests: [DockerManifest] = []
      for image in try fields.arrayOfFields("images") ?? [] {
        manifests.append(
          DockerManifest(
            configuration: try image.requiredString("Config"),
            names: try image.strings("RepoTags") ?? [],
            layers: try image.strings("Layers") ?? [],
          )
        )
      }
      guard !manifests.isEmpty else { throw .document(problem: "names no image") }
      return manifests
    } catch {
      throw .document(name: name, problem: error.description)
    }
  }
}

/// Gives each image of a docker-archive an OCI manifest; layers stay as they are.
func dockerImages(
  _ manifests: [DockerManifest],
  in archive: SpooledArchive,
  _ staging: inout Staging,
  _ request: LoadRequest,
) throws(TransferError) -> [NamedImage] {
  if request.name != nil, manifests.count > 1 {
    throw .names(problem: "\(manifests.count) images in it: one name can't be given to all")
  }
  var images: [NamedImage] = []
  var unique = UniqueNames()
  for manifest in manifests {
    var names: [Reference] = []
    if let name = request.name {
      names = [name]
    } else {
      for text in manifest.names { names.append(try parsedName(text)) }
      if names.isEmpty { names = [try request.fallbackName(tag: nil)] }
    }
    let descriptor = try ociManifest(for: manifest, in: archive, &staging)
    for name in names { try unique.add(name, descriptor.digest) }
    images.append(NamedImage(descriptor: descriptor, names: names))
  }
  return images
}

private func ociManifest(
  for manifest: DockerManifest,
  in archive: SpooledArchive,
  _ staging: inout Staging,
) throws(TransferError) -> Descriptor {
  let blob = try archive.required(manifest.configuration)
  let bytes = try stored { () throws(StoreError) in try staging.contents(of: blob) }
  let configuration: ImageConfiguration
  do throws(DocumentError) {
    configuration = try ImageConfiguration(parsing: bytes)
  } catch {
    throw .document(name: manifest.configuration, problem: error.description)
  }
  guard manifest.layers.count == configuration.diffIDs.count else {
    throw .document(
      name: manifest.configuration,
      problem: "\(configuration.diffIDs.count) diff IDs for \(manifest.layers.count) layers",
    )
  }
  var layers: [Descriptor] = []
  for (name, diffID) in zip(manifest.layers, configuration.diffIDs) {
    let layer = try archive.required(name)
    let compression = try compression(of: layer, named: name, staging)
    // A layer as it is has its diff ID for digest; what is packed is verified when unpacked.
    if compression == .none, layer.digest != diffID, diffID.algorithm == layer.digest.algorithm {
      throw .wrongDiffID(layer: name, expected: diffID, found: layer.digest)
    }
    layers.append(
      Descriptor(
        mediaType: LayerFormat.mediaType(for: compression),
        digest: layer.digest,
        size: layer.size,
      )
    )
  }
  let document = Manifest.document(
    configuration: Descriptor(
      mediaType: MediaType.ociConfiguration,
      digest: blob.digest,
      size: blob.size,
    ),
    layers: layers,
  )
  do throws(StoreError) {
    return try staging.add(document, mediaType: MediaType.ociManifest)
  } catch {
    throw .store(error)
  }
}

extension SpooledArchive {
  fileprivate func required(_ name: String) throws(TransferError) -> StagedBlob {
    let path = Array(name.utf8)
    let components = path.split(separator: UInt8(ascii: "/"))
    guard path.first != UInt8(ascii: "/"),
      !components.contains(where: { $0.elementsEqual("..".utf8) })
    else { throw .entry(path: path, problem: "leads out of the archive") }
    guard let file = file(RootedPath(cleaning: path).key) else {
      throw .entry(path: path, problem: "manifest.json names it, but it is not in the archive")
    }
    return file
  }
}

private func compression(
  of layer: StagedBlob,
  named name: String,
  _ staging: borrowing Staging,
) throws(TransferError) -> LayerCompression {
  let file = try stored { () throws(StoreError) in try staging.openStaged(layer) }
  var start = [UInt8](repeating: 0, count: 6)
  let length: Int
  do throws(FileError) {
    length = try file.read(into: &start)
  } catch {
    throw .source(error)
  }
  do throws(CodecError) {
    return switch try Compression.detected(in: start.prefix(length)) {
    case .none: .none
    case .gzip: .gzip
    case .zstd: .zstd
    }
  } catch {
    throw .entry(path: Array(name.utf8), problem: error.description)
  }
}
