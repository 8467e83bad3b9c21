/// How much a layer may ask of the machine, against bombs.
package struct LayerLimits: Equatable, Sendable {
  /// How many bytes a layer may always unpack to.
  package var freeBytes: UInt64
  /// Beyond those, how many times its compressed size.
  package var ratio: UInt64
  /// The most bytes that a single file may pretend to have, its holes included.
  package var fileSize: UInt64

  package init(freeBytes: UInt64, ratio: UInt64, fileSize: UInt64) {
    self.freeBytes = freeBytes
    self.ratio = ratio
    self.fileSize = fileSize
  }

  /// An honest layer shrinks to a third; one of zeros in gzip to a thousandth.
  package static let image = LayerLimits(freeBytes: 8 << 30, ratio: 200, fileSize: 4 << 40)

  /// - Throws: when so many bytes came from a blob of that size.
  func check(unpacked: UInt64, blobSize: Int64) throws(LayerError.Problem) {
    let (scaled, overflow) = UInt64(blobSize).multipliedReportingOverflow(by: ratio)
    let allowed = max(freeBytes, overflow ? .max : scaled)
    guard unpacked <= allowed else {
      throw .tooLarge(what: "the unpacked layer", limit: "\(allowed) bytes")
    }
  }
}
