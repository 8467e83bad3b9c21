/// To whom the files of an image shall belong.
package enum Ownership: Equatable, Sendable {
  /// As the layers say, which takes root.
  case asInImage
  /// Everything to the caller, who need not be root.
  ///
  /// Devices cannot be made then and are left out, the runtime provides those that containers use;
  /// of the extended attributes only `user.` ones are kept. What was left out is reported.
  case rootless
  /// As the layers say, moved to the ranges that a user namespace maps; takes root.
  case mapped(uids: IDMap, gids: IDMap)
}

/// The ids of a user namespace and the ids of the host that they stand for.
///
/// See: user_namespaces(7).
package struct IDMap: Equatable, Sendable {
  package struct Range: Equatable, Sendable {
    package let container: UInt32
    package let host: UInt32
    package let count: UInt32

    package init(container: UInt32, host: UInt32, count: UInt32) {
      self.container = container
      self.host = host
      self.count = count
    }
  }

  private let ranges: [Range]

  package init(_ ranges: [Range]) {
    self.ranges = ranges
  }

  func host(for id: UInt32) -> UInt32? {
    for range in ranges where id >= range.container && id - range.container < range.count {
      let (host, overflow) = range.host.addingReportingOverflow(id - range.container)
      return overflow ? nil : host
    }
    return nil
  }
}

/// The owner that a file gets.
struct Owner: Equatable {
  let uid: UInt32
  let gid: UInt32
}

extension Ownership {
  /// - Returns: nil when files stay with the caller.
  func owner(uid: UInt64, gid: UInt64) throws(LayerError.Problem) -> Owner? {
    switch self {
    case .rootless:
      return nil
    case .asInImage:
      return Owner(uid: try valid(uid, "uid"), gid: try valid(gid, "gid"))
    case .mapped(let uids, let gids):
      guard let hostUID = uids.host(for: try valid(uid, "uid")) else {
        throw .unmappedID("uid", UInt32(truncatingIfNeeded: uid))
      }
      guard let hostGID = gids.host(for: try valid(gid, "gid")) else {
        throw .unmappedID("gid", UInt32(truncatingIfNeeded: gid))
      }
      return Owner(uid: hostUID, gid: hostGID)
    }
  }

  /// The largest number means "leave it" to chown(2), so it is no id.
  private func valid(_ id: UInt64, _ name: String) throws(LayerError.Problem) -> UInt32 {
    guard id < UInt64(UInt32.max) else { throw .invalidID(name, id) }
    return UInt32(id)
  }
}
