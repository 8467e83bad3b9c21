import ContentStore
import ImageSpec
import Registry

/// The record of an upload in the store that the blob comes from.
final class StoredUpload: UploadRecord {
  private let note: StoreNote
  private(set) var location: String?

  /// - Returns: nil when another process sends the same blob there, or the store can't be written to.
  init?(_ digest: Digest, to place: RegistryPlace, in store: ContentStore) throws(StoreError) {
    let subject = "\(place.registry)/\(place.path)@\(digest)"
    guard let note = try StoreNote(subject, in: store) else { return nil }
    self.note = note
    location = note.text
  }

  func keep(_ location: String?) {
    self.location = location
    note.write(location)
  }
}
