package import ImageSpec

/// The places of an image's volumes in the container, cleaned and checked.
package enum VolumePaths {
  /// Deeper places come first, so that each can be taken out of the rootfs on its own.
  /// - Throws: when a volume is not an absolute path below the root, or would hide /proc, /sys or
  ///   /dev (CVE-2019-16884).
  package static func list(for image: ImageConfiguration) throws(BundleConfigError) -> [String] {
    var paths: Set<String> = []
    for volume in image.execution.volumes {
      let path = normalized(volume)
      guard volume.utf8.first == UInt8(ascii: "/"), path != "/", !volume.utf8.contains(0),
        !path.pathSteps.contains("..")
      else { throw .volume(path: volume, problem: "an absolute path below the root is expected") }
      for kernelPath in ContainerDefaults.kernelPaths
      where path == kernelPath || path.utf8.starts(with: (kernelPath + "/").utf8) {
        throw .volume(path: volume, problem: "must not hide what the kernel shows in \(kernelPath)")
      }
      paths.insert(path)
    }
    return paths.sorted { left, right in
      let depths = (left.pathSteps.count, right.pathSteps.count)
      return depths.0 == depths.1 ? left < right : depths.0 > depths.1
    }
  }
}
