package import BundleConfig
package import ContentStore
import HostProcess
package import ImageSpec
import Layers
package import RootedFiles

/// What to unpack, where to, and what to change of what the image says.
package struct UnpackRequest: Sendable {
  package let selector: ImageSelector
  package let platform: Platform
  /// The path of the bundle, which must not exist or be an empty directory.
  package let bundle: String
  package let options: BundleOptions
  /// Whether all files go to the caller, who need not be root.
  package let isRootless: Bool
  /// Told how many bytes the layers have in all, before the first is read.
  package let willRead: @Sendable (Int64) -> Void
  /// Told how many bytes of the layers were read with each piece.
  package let didRead: @Sendable (Int64) -> Void
  /// The image is still coming: its layers are read on the way.
  package var arriving: ArrivingImage?

  package init(
    selector: ImageSelector,
    platform: Platform,
    bundle: String,
    options: BundleOptions,
    isRootless: Bool,
    willRead: @escaping @Sendable (Int64) -> Void,
    didRead: @escaping @Sendable (Int64) -> Void,
  ) {
    self.selector = selector
    self.platform = platform
    self.bundle = bundle
    self.options = options
    self.isRootless = isRootless
    self.willRead = willRead
    self.didRead = didRead
  }
}

/// An image whose documents are in a store, and whose layers are on their way there.
package struct ArrivingImage: Sendable {
  let top: Descriptor
  let file: @Sendable (Descriptor) throws(StoreError) -> OwnedDescriptor?
  let waitForMore: @Sendable (Descriptor, Int64) -> Bool

  /// - Parameters:
  ///   - top: what its name will stand for.
  ///   - file: waits for a layer to come, and opens the file that grows; nil when it is in the store.
  ///   - waitForMore: waits until there is more of a layer than so many bytes, or until it is whole;
  ///     false when no more will come.
  package init(
    top: Descriptor,
    file: @escaping @Sendable (Descriptor) throws(StoreError) -> OwnedDescriptor?,
    waitForMore: @escaping @Sendable (Descriptor, Int64) -> Bool,
  ) {
    self.top = top
    self.file = file
    self.waitForMore = waitForMore
  }
}

/// Unpacks an image to a bundle: `rootfs`, `config.json` and, where the image has volumes,
/// `volumes`.
///
/// The bundle appears under its name when all is done, or not at all. Its files are not forced to
/// the disk: after a loss of power it has to be unpacked again.
/// - Returns: warnings, one line each.
/// - Throws: when anything of the image is not what it claims to be, or can't be made here.
package func unpack(
  _ request: UnpackRequest,
  from store: ContentStore,
) throws(UnpackError) -> [String] {
  guard request.isRootless || Surroundings.effectiveUser == 0 else { throw .needsRoot }
  let lease = try read { () throws(StoreError) in try Lease(store) }
  defer { withExtendedLifetime(lease) {} }
  let image = try read { () throws(StoreError) in
    // What is arriving has the lease of its pull.
    try store.settled(isCertain: { _ in request.arriving != nil }) { () throws(StoreError) in
      let top =
        if let arriving = request.arriving { arriving.top } else {
          try store.find(request.selector)
        }
      let image = try LeasedStore(store, lease).image(below: top, for: request.platform)
      try lease.protect(image.manifest.layers.map(\.digest))
      return image
    }
  }
  let layers = try image.layerPlan()
  let volumePaths: [String]
  do throws(BundleConfigError) {
    try RuntimeConfiguration.check(image.configuration, request.options)
    volumePaths = try VolumePaths.list(for: image.configuration)
  } catch {
    throw .configuration(error)
  }
  // In a user namespace the container's root, nobody here, must be able to pass, not to list.
  let isMapped = if case .mapped = request.options.identity { true } else { false }
  var bundle = try BundleDirectory(request.bundle, mode: isMapped ? 0o711 : 0o700)
  let rootfs = try onBundle { () throws(FileError) in
    try bundle.directory.makeAndOpen("rootfs", mode: 0o755)
  }
  request.willRead(image.manifest.layerBytes)
  var warnings = try apply(layers, of: store, to: rootfs, request)
  let seeds = VolumeSeeds(bundle: bundle.directory, rootfs: rootfs, owner: request.rootOwner)
  let volumes = try seeds.take(volumePaths)
  let configuration = try configuration(of: image, rootfs: rootfs, volumes, request)
  try onBundle { () throws(FileError) in
    let file = try bundle.directory.createFile(try FileName("config.json"), mode: 0o600)
    try file.write(Array(configuration.indentedText.utf8).span)
  }
  try checkInterruption()
  try bundle.publish()
  let platform = image.configuration.platform
  if !RuntimeConfiguration.hasSystemCallFilter(for: platform) {
    warnings.append("no system call filter is known for \(platform): the bundle has none")
  }
  return warnings
}

private func configuration(
  of image: ResolvedImage,
  rootfs: Directory,
  _ volumes: [BundleMount],
  _ request: UnpackRequest,
) throws(UnpackError) -> JSONValue {
  do throws(BundleConfigError) {
    let user = try ProcessUser(
      request.options.user ?? image.configuration.execution.user,
      root: RootDirectory(rootfs),
    )
    return try RuntimeConfiguration(
      image: image.configuration,
      options: request.options,
      user: user,
      volumes: volumes,
      defaultHostname: request.selector.hostname,
    ).document()
  } catch {
    throw .configuration(error)
  }
}

func read<Result: ~Copyable>(
  _ body: () throws(StoreError) -> Result
) throws(UnpackError) -> Result {
  do throws(StoreError) {
    return try body()
  } catch {
    throw .store(error)
  }
}

func checkInterruption() throws(UnpackError) {
  do throws(Interrupted) {
    try Interruption.check()
  } catch {
    throw .interrupted(error)
  }
}

extension Directory {
  func makeAndOpen(_ name: String, mode: UInt32) throws(FileError) -> Directory {
    let name = try FileName(name)
    try makeDirectory(name, mode: 0o700)
    let directory = try openDirectory(name)
    try directory.descriptor.setMode(mode)
    return directory
  }
}

extension UnpackRequest {
  /// The container's root on the host; nil when all files are the caller's.
  fileprivate var rootOwner: (uid: UInt32, gid: UInt32)? {
    guard !isRootless, let uid = options.identity.hostUser(0),
      let gid = options.identity.hostGroup(0)
    else { return nil }
    return (uid, gid)
  }
}

extension ImageSelector {
  /// The last part of the image's name, as the container's host name.
  fileprivate var hostname: String {
    reference?.baseName ?? "container"
  }
}
