import Kernel

/// The names of containers whose deletion has begun, so that the next command finds those whose deletion
/// was killed without looking at all containers: callers as podman forget a container once they have had
/// it deleted, whatever came of that.
///
/// `.deleting`, a directory with a file for each, there only while it is needed. No container has that
/// name. What a file says tells the container from a later one of that name.
extension StateRoot {
  private static var notesName: String { ".deleting" }

  /// Notes that a container is being deleted.
  package func noteDeletion(of record: ContainerRecord) throws(StateError) {
    try wrapping { () throws(KernelError) in
      while true {
        do throws(KernelError) {
          let note = try open(
            at: directory,
            "\(Self.notesName)/\(record.id)",
            [.writeOnly, .create, .truncate, .noFollow],
            mode: 0o600,
            [.beneath, .noSymlinks]
          )
          return try note.writeAll(record.deletionNote)
        } catch  where error.code == .noEntry {
          try makeNotes()
        }
      }
    }
  }

  /// Whether this container, and no other of its name, is noted.
  package func isDeletionNoted(of record: ContainerRecord) throws(StateError) -> Bool {
    do throws(KernelError) {
      let note = try open(
        at: directory,
        "\(Self.notesName)/\(record.id)",
        [.readOnly, .noFollow],
        [.beneath, .noSymlinks]
      )
      return try note.readAll(limit: 4096) == record.deletionNote
    } catch  where error.code == .noEntry {
      return false
    } catch {
      throw .kernel(error)
    }
  }

  private func makeNotes() throws(KernelError) {
    do throws(KernelError) {
      try Directory.make(at: directory, Self.notesName, mode: 0o700)
    } catch  where error.code == .exists {
      // Somebody else has noted something at this moment.
    }
  }

  /// Forgets the note of a container, if there is one.
  ///
  /// - Returns: whether there are others.
  @discardableResult
  package func forgetDeletion(of id: ContainerID) throws(StateError) -> Bool {
    try wrapping { () throws(KernelError) in
      do throws(KernelError) {
        try Directory.unlink(at: directory, "\(Self.notesName)/\(id)")
      } catch  where error.code == .noEntry {
        // Another has seen to it.
      }
      do throws(KernelError) {
        try Directory.remove(at: directory, Self.notesName)
        return false
      } catch  where error.code == .noEntry {
        return false
      } catch  where error.code == .notEmpty {
        return true
      }
    }
  }

  /// The containers of which there is a note.
  package func notedDeletions() throws(StateError) -> [ContainerID] {
    guard let notes = try notes() else { return [] }
    let names = try wrapping { () throws(KernelError) in try Directory.names(in: notes) }
    return names.compactMap(ContainerID.init(ifValid:))
  }

  private func notes() throws(StateError) -> OwnedDescriptor? {
    do throws(KernelError) {
      return try open(
        at: directory,
        Self.notesName,
        [.readOnly, .directory],
        [.beneath, .noSymlinks]
      )
    } catch  where error.code == .noEntry {
      return nil
    } catch {
      throw .kernel(error)
    }
  }
}

extension ContainerRecord {
  /// What tells a container from another one of its name: when it was made, and its first process.
  fileprivate var deletionNote: [UInt8] {
    let process = initProcess.map { "\($0.pid) \($0.startTime)" } ?? "-"
    return Array("\(created) \(process)\n".utf8)
  }
}
