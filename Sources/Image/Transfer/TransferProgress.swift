package import ImageSpec

/// What became of one blob.
package enum BlobOutcome: String, Sendable {
  case downloaded
  case uploaded
  case mounted
  /// Nothing had to be moved.
  case present
  /// It stopped before its end.
  case stopped
}

/// Watches blobs move; called from several threads.
package protocol TransferProgress: Sendable {
  /// A blob begins, of which some bytes may be there already.
  func begin(_ blob: Descriptor, done: Int64)
  /// Bytes of it have moved; less than zero when some have to move again.
  func advance(_ blob: Descriptor, by count: Int64)
  func end(_ blob: Descriptor, _ outcome: BlobOutcome)
}
