package import Kernel

extension ControlGroup {
  /// Stops every process and waits until that is so; when it can't be, all go on as before.
  ///
  /// - Throws: `notFrozen` with those that did not stop in time.
  package func freeze(
    _ processFiles: borrowing ProcessFiles,
    withinMilliseconds limit: Int64,
  ) throws(CgroupError) {
    let failure: CgroupError
    do throws(CgroupError) {
      return try setFrozen(true, withinMilliseconds: limit)
    } catch .timedOut {
      // They are looked at while the others stand still.
      failure = resistance(processFiles)
    } catch {
      failure = error
    }
    try setFrozen(false, withinMilliseconds: limit)
    throw failure
  }

  /// The error that names those that don't stop; or the one that kept us from looking.
  private func resistance(_ processFiles: borrowing ProcessFiles) -> CgroupError {
    do throws(CgroupError) {
      return .notFrozen(location.path, holdouts: try holdouts(processFiles))
    } catch {
      return error
    }
  }

  /// Whether the freezer has been told to stop the processes, whether or not all have stopped.
  package func isFreezing() throws(CgroupError) -> Bool {
    do throws(KernelError) {
      return try read("cgroup.freeze", of: directory).first == UInt8(ascii: "1")
    } catch  where [.noEntry, .noDevice].contains(error.code) {
      // The control group is gone.
      return false
    } catch {
      throw .kernel(error)
    }
  }

  /// The threads that can't be stopped, with what they do; a few of them, if there are many.
  ///
  /// Those that the kernel keeps; where there are none, those that just have not stopped.
  private func holdouts(
    _ processFiles: borrowing ProcessFiles,
  ) throws(CgroupError) -> [FreezerHoldout] {
    var list: [FreezerHoldout] = []
    for pid in try processes().sorted() {
      for thread in try threads(of: pid, processFiles) {
        if let holdout = try FreezerHoldout(thread, of: pid, processFiles) { list.append(holdout) }
      }
    }
    let kept = list.filter(\.isKeptByKernel)
    return Array((kept.isEmpty ? list : kept).prefix(FreezerHoldout.mostNamed))
  }

  private func threads(
    of pid: Int32,
    _ processFiles: borrowing ProcessFiles,
  ) throws(CgroupError) -> [Int32] {
    do throws(KernelError) {
      return try processFiles.threads(of: pid)
    } catch  where [.noEntry, .noProcess].contains(error.code) {
      // It has ended meanwhile.
      return []
    } catch {
      throw .kernel(error)
    }
  }
}

/// A thread that the freezer can't stop.
package struct FreezerHoldout: Equatable, Sendable, CustomStringConvertible {
  package let pid: Int32
  package let thread: Int32
  package let name: String
  /// The state letter of proc(5).
  package let state: UInt8
  /// The kernel's function that it is in; empty where that can't be known.
  package let waitsIn: String

  /// More would not make the message better.
  static let mostNamed = 8

  /// Whether it is where no signal reaches it, and so no freezer.
  var isKeptByKernel: Bool { [UInt8(ascii: "D"), UInt8(ascii: "R")].contains(state) }

  package var description: String {
    let who = thread == pid ? "process \(pid)" : "thread \(thread) of process \(pid)"
    let what =
      switch state {
      case UInt8(ascii: "D"): "waits for a device or a file system"
      case UInt8(ascii: "R"): "runs in the kernel"
      default: "does not stop"
      }
    return "\(who) (\(name)) \(what)" + (waitsIn.isEmpty ? "" : ", in \(waitsIn)")
  }

  init(pid: Int32, thread: Int32, name: String, state: UInt8, waitsIn: String) {
    self.pid = pid
    self.thread = thread
    self.name = name
    self.state = state
    self.waitsIn = waitsIn
  }

  /// Looks at a thread; nil for one that has stopped, or ended.
  fileprivate init?(
    _ thread: Int32,
    of pid: Int32,
    _ processFiles: borrowing ProcessFiles,
  ) throws(CgroupError) {
    do throws(KernelError) {
      let identity = try processFiles.identity(of: thread)
      let place = String(decoding: try processFiles.read("\(thread)/wchan"), as: UTF8.self)
      guard !Self.countsAsStopped(identity, in: place) else { return nil }
      let name = String(decoding: try processFiles.read("\(thread)/comm"), as: UTF8.self)
      self.init(
        pid: pid,
        thread: thread,
        name: name.split(separator: "\n").joined(separator: " "),
        state: identity.state,
        waitsIn: place == "0" ? "" : place,
      )
    } catch  where [.noEntry, .noProcess].contains(error.code) {
      return nil
    } catch {
      throw .kernel(error)
    }
  }

  /// Whether the freezer is content with a thread: it is trapped (under the name that the compiler has
  /// left), or stopped by a tracer or a signal, or waits for the child of a vfork(2).
  static func countsAsStopped(_ identity: ProcessIdentity, in place: String) -> Bool {
    identity.isEnding || [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(identity.state)
      || ["do_freezer_trap", "get_signal", "wait_for_vfork_done", "kernel_clone"].contains(place)
  }
}
