import Kernel

// How the creator and init talk while a container is made.
//
//   creator                      intermediate                         init
//   ───────                      ────────────                         ────
//   clone3 ───────────────────────────────────────────────────────────▶ born in its cgroup and in
//     │  (only where a user or pid namespace is joined by path:          its new namespaces
//     │   clone3 ──▶ setns; clone3 with CLONE_PARENT ────────────────▶)
//     │◀──────────── initProcess(pid) ─────┘ ends
//     │
//     │ records init; writes uid_map and gid_map of a new
//     │ user namespace
//     ├──────────────── adopted ───────────────────────────────────────▶ read at once with a new user
//     │                                                                  namespace, before hooks or
//     │                                                                  `prepared` without: an init
//     │                                                                  that nobody knows of must
//     │                                                                  not outlive its creator
//     │◀─────────────── settled(owners) ─────────────────────────────────┤ in all its namespaces
//     │                                                                  mounts, makes devices
//     │◀─────────────── mounted ─────────────────────────────────────────┤
//     │ runs prestart and createRuntime hooks                            waits
//     ├──────────────── hooksDone ──────────────────────────────────────▶ runs createContainer
//     │                 (only with such hooks)                           hooks, pivots
//     │◀─────────────── limitsDue ───────────────────────────────────────┤
//     │ sets init's resource limits                                      waits
//     ├──────────────── limitsSet ──────────────────────────────────────▶ confines itself
//     │                 (only with limits, in a user namespace:
//     │                 no right of its own raises one)
//     │◀─────────────── prepared ────────────────────────────────────────┤
//     │ records the container as created                                 waits for one byte: at the
//     │                                                                  gate (create), or here (run)
//     ├──────────────── start ─────────────────────────────────────────▶ runs startContainer hooks,
//     │◀─────────────── startHooksDone ────────────────────────────────── (only with such hooks)
//     │◀─────────────── end of file: the program runs ─────────────────── execve
//     │
//     │◀─────────────── failed(step, call, errno, subject) ───────────── at any point, then exit
//     │◀─────────────── entered(step, when) ──────────────────────────── before each step, with --debug
//
// And how the creator and a tenant talk when exec adds a process to a container. The preparation is
// the process that takes every step; where the container has a pid namespace it is not in it, and its
// last step is to make the tenant, a child of the creator, which has only execve left to do.
//
//   creator                      preparation                          tenant
//   ───────                      ───────────                          ──────
//   clone3 ───────────────────▶ born in the container's cgroup
//     │                          joins all namespaces, confines itself
//     │◀──────────── prepared ────┤
//     │                          waits for one byte
//     ├───────────── start ─────▶ clone with CLONE_PARENT ──────────▶ session, terminal, filter
//     │◀───────────────────────── failed(...) ──────────────────────── or execve
//     │◀─────── initProcess(pid) ─┘ ends
//     │◀───────────────── end of file: the program runs
//     │ writes the pid file
//
// Frames are SOCK_SEQPACKET datagrams, so none can be cut in two. A frame that is too short, a tag
// that nobody knows and an end of file are three different errors. The two directions are two types:
// a message sent the wrong way does not compile.

/// What the creator tells init.
enum CreatorMessage: UInt8 {
  /// Init is recorded, and its ids are mapped.
  case adopted = 0x41
  case hooksDone = 0x48
  case limitsSet = 0x4c
  case start = 0x53

  var frame: [UInt8] { [rawValue] }
}

/// What init, and the intermediate before it, tell the creator.
enum InitMessage: Equatable {
  /// The intermediate has made init, whose id on the host this is; or a tenant's preparation has
  /// made the tenant.
  case initProcess(Int32)
  /// The namespaces are those that the container will have, and this is who owns them.
  case settled(NamespaceOwners)
  /// The container's mounts and devices stand; hooks of the runtime may look at them.
  case mounted
  /// Init is as far as its resource limits, which the creator has to set.
  case limitsDue
  /// Nothing is left to do but to wait for start.
  case prepared
  /// There are startContainer hooks to run. Only in the failure file of a gate, whose reader has not
  /// seen config.json: `startHooksDone` has to follow.
  case startHooksAhead
  /// startContainer hooks have been run, and nothing is left but execve: where there are any, init that
  /// ends before has been killed.
  case startHooksDone
  case failed(InitFailure)
  /// A step begins, at this moment; only for who wants to know.
  case entered(InitStep, seconds: Int32, nanoseconds: Int32)

  var frame: [UInt8] {
    switch self {
    case .initProcess(let pid): [Tag.initProcess] + pid.littleEndianBytes
    case .settled(let owners):
      [Tag.settled]
        + [owners.user, owners.mounts ?? 0].flatMap { Int32(bitPattern: $0).littleEndianBytes }
    case .mounted: [Tag.mounted]
    case .limitsDue: [Tag.limitsDue]
    case .prepared: [Tag.prepared]
    case .startHooksAhead: [Tag.startHooksAhead]
    case .startHooksDone: [Tag.startHooksDone]
    case .failed(let failure): [Tag.failed] + failure.bytes
    case .entered(let step, let seconds, let nanoseconds):
      [Tag.entered, step.rawValue] + seconds.littleEndianBytes + nanoseconds.littleEndianBytes
    }
  }

  private enum Tag {
    static let entered: UInt8 = 0x45
    static let initProcess: UInt8 = 0x49
    static let limitsDue: UInt8 = 0x4c
    static let mounted: UInt8 = 0x4e
    static let settled: UInt8 = 0x4f
    static let prepared: UInt8 = 0x52
    static let startHooksAhead: UInt8 = 0x57
    static let startHooksDone: UInt8 = 0x58
    static let failed: UInt8 = 0x66
    /// The frame of ckernel_final_exec, which is C and knows no text.
    static let finalFailed: UInt8 = 0x46
  }

  /// Reads a frame that is not empty.
  init(frame: [UInt8]) throws(HandshakeError) {
    guard let tag = frame.first else { throw .closed }
    let rest = frame.dropFirst()
    switch tag {
    case Tag.initProcess:
      guard let pid = Int32(littleEndianBytes: rest) else { throw .shortFrame(tag: tag) }
      self = .initProcess(pid)
    case Tag.settled:
      guard let user = Int32(littleEndianBytes: rest),
        let mounts = Int32(littleEndianBytes: rest.dropFirst(4))
      else { throw .shortFrame(tag: tag) }
      self = .settled(
        NamespaceOwners(
          user: UInt32(bitPattern: user),
          mounts: mounts == 0 ? nil : UInt32(bitPattern: mounts)
        )
      )
    case Tag.mounted: self = .mounted
    case Tag.limitsDue: self = .limitsDue
    case Tag.prepared: self = .prepared
    case Tag.startHooksAhead: self = .startHooksAhead
    case Tag.startHooksDone: self = .startHooksDone
    case Tag.failed:
      guard let failure = InitFailure(bytes: rest) else { throw .shortFrame(tag: tag) }
      self = .failed(failure)
    case Tag.finalFailed:
      guard let failure = InitFailure(finalFrame: rest) else { throw .shortFrame(tag: tag) }
      self = .failed(failure)
    case Tag.entered:
      guard let step = rest.first.flatMap(InitStep.init(rawValue:)),
        let seconds = Int32(littleEndianBytes: rest.dropFirst()),
        let nanoseconds = Int32(littleEndianBytes: rest.dropFirst(5))
      else { throw .shortFrame(tag: tag) }
      self = .entered(step, seconds: seconds, nanoseconds: nanoseconds)
    default: throw .unknownTag(tag)
    }
  }
}

/// What can go wrong with the conversation itself.
package enum HandshakeError: Error, Equatable, Sendable {
  /// The other side is gone without a word: it was killed.
  case closed
  /// The same once it has been told to start.
  case closedAtStart
  /// The same of a tenant.
  case tenantClosed
  case shortFrame(tag: UInt8)
  case unknownTag(UInt8)
  /// A message that has no place at this point.
  case unexpected(String)
}

extension HandshakeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .closed: "init ended before it was ready: it was killed from outside"
    case .closedAtStart: "init ended before its program ran: it was killed from outside"
    case .tenantClosed: "the process ended before its program ran: it was killed from outside"
    case .shortFrame(let tag): "init sent a frame \(tag) that is cut short"
    case .unknownTag(let tag): "init sent a frame with the unknown tag \(tag)"
    case .unexpected(let message): "init sent \(message) out of turn"
    }
  }
}

extension Int32 {
  /// The four bytes of a number as this machine keeps them: both sides are the same program.
  init?(littleEndianBytes bytes: ArraySlice<UInt8>) {
    guard bytes.count >= 4 else { return nil }
    self = bytes.prefix(4).reversed().reduce(0) { $0 << 8 | Int32($1) }
  }

  var littleEndianBytes: [UInt8] {
    let bits = UInt32(bitPattern: self)
    return [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: bits >> $0) }
  }
}
