package import ImageSpec
import RootedFiles
import Synchronization

// How a writer such as a pull uses the store:
//
//   let store = try ContentStore(creating: path)
//   let lease = try Lease(store)
//   switch try lease.claim(descriptor, waiting: true) {     // layer, configuration, manifest, index
//   case .present: …                                        // somebody was first, maybe just now
//   case .busy: …                                           // only if waiting is false
//   case .claimed(var claim):
//     for range in claim.missing { … try claim.write(bytes, at: offset) … }
//     try claim.commit()                                    // verifies, syncs, puts in place
//   }                        // dropping a claim keeps what it has for the next run: see PartialBlob
//   let replaced = try store.setNames([(reference, descriptor)])
//   withExtendedLifetime(lease) {}
//
// and a reader such as an unpack:
//
//   let lease = try Lease(store)
//   let image = try LeasedStore(store, lease).image(below: try store.find(selector), for: platform)
//   try lease.protect(image.manifest.layers.map(\.digest))
//   … try store.openBlob(layer) …

/// Keeps blobs in the store as long as it lasts, whatever other processes remove meanwhile.
///
/// A file in the store, locked while its owner lives, with a line for each blob. Who removes blobs
/// reads the leases of all others while nobody can add to them. Who may not write to the store, or
/// finds the disk full, holds the gate instead, which keeps all blobs.
package final class Lease: Sendable {
  private enum Form {
    case file(FileName, LockedFile)
    case gate(Directory)
  }

  private let store: ContentStore
  private let form: Form
  private let known = Mutex(Known())

  private struct Known {
    var digests: Set<Digest> = []
    /// Held from when the disk had no room for another line: it keeps all blobs.
    var gate: Directory?
  }

  /// - Throws: when the store can't be read.
  package init(_ store: ContentStore) throws(StoreError) {
    self.store = store
    do throws(FileError) {
      let (name, file) = try store.makeLockedFile()
      form = .file(name, file)
    } catch  where error.meansNoWriting {
      guard let gate = try store.gate(exclusive: false, within: nil) else {
        preconditionFailure("the gate is waited for")
      }
      form = .gate(gate)
    } catch {
      throw .file(error)
    }
  }

  deinit {
    guard case .file(let name, _) = form else { return }
    do throws(FileError) {
      try store.directory.unlink(name)
    } catch {
      // Nothing more can be done here; the next writer removes what nobody holds.
    }
  }

  /// Keeps these blobs from now on, those that are there and those that will be.
  ///
  /// Only what is looked for after this returns is certain to stay.
  package func protect(_ digests: some Sequence<Digest>) throws(StoreError) {
    guard case .file(_, let file) = form else { return }
    try known.withLock { (known) throws(StoreError) in
      let fresh = digests.filter { !known.digests.contains($0) }
      guard known.gate == nil, !fresh.isEmpty else { return }
      // While the gate is ours nobody is removing blobs that this lease does not name yet.
      let gate = try store.gate(exclusive: false, within: nil)
      defer { withExtendedLifetime(gate) {} }
      let lines = fresh.map { "\($0)\n" }.joined()
      do throws(FileError) {
        try file.descriptor.write(Array(lines.utf8).span)
      } catch  where error.isOfFullDisk {
        known.gate = gate
      } catch {
        throw .file(error)
      }
      known.digests.formUnion(fresh)
    }
  }

  /// Claims the right to write a blob, which is kept from then on.
  ///
  /// - Parameters:
  ///   - descriptor: its digest and size.
  ///   - waiting: whether to wait while another process, or another claim of this one, writes it.
  ///   - isWanted: asked while it waits; false ends that as `busy`.
  /// - Returns: the claim, or why there is nothing to be claimed.
  /// - Throws: for an algorithm that can't be verified.
  package func claim(
    _ descriptor: Descriptor,
    waiting: Bool,
    asLongAs isWanted: () -> Bool = { true },
  ) throws(StoreError) -> BlobClaim.Outcome {
    try protect([descriptor.digest])
    return try store.claim(descriptor, waiting: waiting, asLongAs: isWanted)
  }
}

extension FileError {
  /// Whether the store may well be read, but not written to.
  var meansNoWriting: Bool {
    switch code {
    case .accessDenied, .notPermitted, .readOnly, .noSpace, .quotaExceeded: true
    default: false
    }
  }
}

/// A store whose documents are leased before they are read.
package struct LeasedStore: DocumentSource {
  private let store: ContentStore
  private let lease: Lease

  package init(_ store: ContentStore, _ lease: Lease) {
    self.store = store
    self.lease = lease
  }

  package func documentIfPresent(_ descriptor: Descriptor) throws(StoreError) -> [UInt8]? {
    try lease.protect([descriptor.digest])
    return try store.documentIfPresent(descriptor)
  }
}

extension ContentStore {
  /// Every blob that a living process holds on to, as `ALGORITHM:ENCODED`.
  ///
  /// The caller holds the gate, so that no lease is growing.
  func leasedBlobs() throws(StoreError) -> Set<String> {
    try StoreError.wrapping { () throws(FileError) in
      var leased: Set<String> = []
      for entry in try directory.entries() where entry.name.isTemporary {
        guard try directory.status(of: entry.name)?.kind == .regular else { continue }
        guard let text = try directory.contents(of: entry.name, limit: Lease.sizeLimit) else {
          continue
        }
        for line in text.split(separator: UInt8(ascii: "\n")) {
          leased.insert(String(decoding: line, as: UTF8.self))
        }
      }
      return leased
    }
  }
}

extension FileError {
  /// Whether it is room that is missing.
  var isOfFullDisk: Bool { code == .noSpace || code == .quotaExceeded }
}

extension Lease {
  /// A line has at most 136 bytes: more blobs than any store has.
  fileprivate static let sizeLimit = 256 << 20
}
