package import Kernel

/// A container's directory below the root, locked by whoever changes the container.
///
/// What is in it: `state.json`, the record, replaced atomically; `start`, a fifo that init holds open
/// for as long as it waits to be started; `failure`, into which init writes why it could not start;
/// `tenant`, what exec starts from; `stopped`, a mark (`markStoppedForSignal`); `notify`, a directory
/// with a socket that the container sees.
/// The lock is on the directory itself: it goes with the process that holds it, whatever ends it.
package struct ContainerDirectory: ~Copyable {
  package let id: ContainerID
  package let descriptor: OwnedDescriptor

  private init(id: ContainerID, descriptor: consuming OwnedDescriptor) {
    self.id = id
    self.descriptor = descriptor
  }

  /// Makes the directory of a new container and locks it.
  ///
  /// One that a creator left behind before it had written its record is taken over: nothing of a
  /// container can exist before the record does.
  ///
  /// - Throws: `exists`.
  package static func create(
    _ id: ContainerID,
    in root: borrowing StateRoot,
  ) throws(StateError) -> ContainerDirectory {
    do throws(KernelError) {
      try Directory.make(at: root.directory, id.description, mode: 0o700)
    } catch  where error.code != .exists {
      throw .kernel(error)
    } catch {
      // Decided below, by the lock and the record.
    }
    do throws(StateError) {
      let made = try existing(id, in: root)
      guard try made.lock(wait: false) else { throw StateError.exists(id) }
      guard try !made.has(recordName) else { throw StateError.exists(id) }
      return made
    } catch .doesNotExist {
      // It is being deleted at this moment.
      throw .busy(id)
    }
  }

  /// Opens the directory of a container, not locked.
  ///
  /// - Throws: `doesNotExist`.
  package static func existing(
    _ id: ContainerID,
    in root: borrowing StateRoot,
  ) throws(StateError) -> ContainerDirectory {
    do throws(KernelError) {
      let descriptor = try Kernel.open(
        at: root.directory,
        id.description,
        [.readOnly, .directory],
        [.beneath, .noSymlinks]
      )
      return ContainerDirectory(id: id, descriptor: descriptor)
    } catch  where error.code == .noEntry {
      throw .doesNotExist(id)
    } catch {
      throw .kernel(error)
    }
  }

  /// Takes the lock of the container.
  ///
  /// - Returns: false when another has it and `wait` is false.
  ///
  /// - Throws: `doesNotExist` when the container was deleted meanwhile.
  package func lock(wait: Bool) throws(StateError) -> Bool {
    do throws(KernelError) {
      guard try descriptor.lock(wait: wait) else { return false }
      guard try descriptor.status().links > 0 else { throw KernelError.deleted }
      return true
    } catch  where error == .deleted {
      throw .doesNotExist(id)
    } catch {
      throw .kernel(error)
    }
  }

  /// Takes the lock, or gives up after some time.
  package func lock(withinMilliseconds limit: Int64) throws(StateError) {
    let end = Clock.monotonicMilliseconds + limit
    while try !lock(wait: false) {
      guard Clock.monotonicMilliseconds < end else { throw .busy(id) }
      Clock.pause(milliseconds: 5)
    }
  }

  /// Lets go of the directory, and of its lock.
  package consuming func release() {}

  /// Whether some process works on the container right now.
  package func isLocked() throws(StateError) -> Bool {
    do throws(KernelError) {
      // A descriptor of its own: a lock belongs to the open file, and goes with it.
      let probe = try Kernel.open(at: descriptor, ".", [.readOnly, .directory], [])
      return try !probe.lock(exclusive: false, wait: false)
    } catch {
      throw .kernel(error)
    }
  }

  /// Removes the directory and all that is in it.
  package func remove(from root: borrowing StateRoot) throws(StateError) {
    do throws(KernelError) {
      // The record goes last: as long as it is there the container can be deleted once more.
      for name in try Directory.names(in: descriptor) where name != Self.recordName {
        if name == Self.notifyName {
          try removeNotifyDirectory()
        } else {
          try Directory.unlink(at: descriptor, name)
        }
      }
      do throws(KernelError) {
        try Directory.unlink(at: descriptor, Self.recordName)
      } catch  where error.code == .noEntry {
        // A creator was killed before it had written one.
      }
      try Directory.remove(at: root.directory, id.description)
    } catch {
      throw .kernel(error)
    }
  }

  func has(_ name: String) throws(StateError) -> Bool {
    do throws(KernelError) {
      _ = try Directory.status(at: descriptor, name)
      return true
    } catch  where error.code == .noEntry {
      return false
    } catch {
      throw .kernel(error)
    }
  }

  static let recordName = "state.json"
}

extension KernelError {
  fileprivate static var deleted: KernelError {
    KernelError(call: "flock", code: .noEntry, subject: "deleted")
  }
}
