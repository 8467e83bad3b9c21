import Kernel

/// What a new tmpfs covers, copied into it: the option `tmpcopyup`.
///
/// Both sides are open directories; nothing is followed, and what is no file, directory or link of
/// the image (devices, pipes, sockets) stays behind.
extension ContainerRoot {
  /// Copies the content of a directory of the container into a mount that is not attached yet.
  ///
  /// With `keepsRoot` the mount's own directory gets the owner and mode of what it covers too.
  func copyUp(
    from path: String,
    to mount: borrowing OwnedDescriptor,
    keepsRoot: Bool,
    subject: String,
  ) throws(RootfsError) {
    let root = mount.raw
    try about("\(subject): tmpcopyup") { () throws(KernelError) in
      let source: OwnedDescriptor
      do throws(KernelError) {
        source = try open(
          at: descriptor,
          path,
          [.readOnly, .directory],
          [.inRoot, .noMagicLinks]
        )
      } catch  where error.code == .noEntry {
        return
      }
      let mounted = try OwnedDescriptor.duplicating(raw: root)
      // The mount's own descriptor only names the directory: fchmod(2) wants it open.
      let target = try open(at: mounted, ".", [.readOnly, .directory], [])
      try copyContent(of: source, to: target, levelsLeft: deepest)
      guard keepsRoot else { return }
      let status = try source.status()
      try target.setOwner(status.owner, group: status.group)
      try target.setMode(status.mode)
    }
  }
}

/// How deep directories are copied: no path names what is deeper, but a rootfs can hold directories as
/// deep as its image, or who shares it, likes.
private let deepest = 2048

private func copyContent(
  of source: borrowing OwnedDescriptor,
  to target: borrowing OwnedDescriptor,
  levelsLeft: Int,
) throws(KernelError) {
  guard levelsLeft > 0 else {
    let subject = "more than \(deepest) directories deep"
    throw KernelError(call: "open", code: .invalid, subject: subject)
  }
  for name in try ImageFiles.names(in: source) {
    let status = try ImageFiles.status(at: source, name)
    switch status.kind {
    case .directory:
      try ImageFiles.makeDirectory(at: target, name, mode: 0o700)
      let inner = try ImageFiles.open(at: target, name, [.readOnly, .directory])
      try copyContent(
        of: ImageFiles.open(at: source, name, [.readOnly, .directory]),
        to: inner,
        levelsLeft: levelsLeft - 1
      )
      try inner.setOwner(status.owner, group: status.group)
      try inner.setMode(status.mode)
    case .regular:
      try copyFile(name, status, from: source, to: target)
    case .symbolicLink:
      let link = try ImageFiles.readLink(at: source, name)
      try ImageFiles.makeSymbolicLink(at: target, name, to: link)
      try ImageFiles.open(at: target, name, [.path]).setOwner(status.owner, group: status.group)
    case .characterDevice, .blockDevice, .fifo, .socket, .unknown:
      continue
    }
  }
}

private func copyFile(
  _ name: FileName,
  _ status: FileStatus,
  from source: borrowing OwnedDescriptor,
  to target: borrowing OwnedDescriptor,
) throws(KernelError) {
  let old = try ImageFiles.open(at: source, name, [.readOnly, .nonblocking])
  // Who shares the directory may have put a device in the file's place, which never ends.
  guard try old.status().kind == .regular else {
    throw KernelError(call: "open", code: .invalid, subject: "\(name.text), changed meanwhile")
  }
  let new = try ImageFiles.open(at: target, name, [.writeOnly, .create, .exclusive], mode: 0o600)
  while true {
    let chunk = try old.read(upTo: 1 << 18, subject: name.text)
    if chunk.isEmpty { break }
    try new.writeAll(chunk, subject: name.text)
  }
  // The owner first: a change of owner takes set-id bits away.
  try new.setOwner(status.owner, group: status.group)
  try new.setMode(status.mode)
}
