import JSON
import Kernel

/// The record on disk, written whole or not at all.
extension ContainerDirectory {
  /// Writes the record.
  ///
  /// Not synchronised to the disk, for a reason that was measured: on ext4 an fsync adds 0.2 ms to
  /// the 0.1 of a write even where the disk is virtual and quick, three times in a `create` of 5 ms;
  /// and it buys nothing. The record speaks of processes, which a power cut ends too; what it leaves
  /// of the file is either whole or recognised as damaged, and `delete --force` removes it. /run is a
  /// tmpfs on nearly every host besides.
  package func write(_ record: ContainerRecord) throws(StateError) {
    try wrapping { () throws(KernelError) in
      try Directory.replaceFile(
        at: descriptor,
        Self.recordName,
        with: record.json.text(.compact),
        mode: 0o600,
        isDurable: false
      )
    }
  }

  /// Reads the record; nil when its creator has not written one yet.
  ///
  /// - Throws: `damaged`.
  package func readRecord() throws(StateError) -> ContainerRecord? {
    let bytes: [UInt8]
    do throws(KernelError) {
      let file = try open(at: descriptor, Self.recordName, [.readOnly], [.beneath, .noSymlinks])
      bytes = try file.readAll(limit: 16 << 20, subject: Self.recordName)
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .kernel(error)
    }
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument(parsing: bytes)
    } catch {
      throw .damaged(id, reason: "\(Self.recordName): \(error)")
    }
    guard let record = ContainerRecord(json: document.root, id: id) else {
      throw .damaged(id, reason: "\(Self.recordName) is not a record of this version")
    }
    return record
  }
}
