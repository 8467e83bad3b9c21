import Kernel
import RuntimeSpec

/// Makes sure that the container can't overwrite the binary that this process runs.
///
/// A container that gets swrun to execute /proc/self/exe inside holds a way to the host's binary, and
/// can write to it once nobody executes it any more (CVE-2019-5736). So swrun runs from a detached,
/// read-only copy of the binary's mount: it executes itself once more through it. Nothing is copied,
/// and nothing is trusted by name: what counts are the flags of the mount of /proc/self/exe. That it is
/// read-only is not enough, as the host may mount its own anew.
///
/// Who may make no mounts runs from a copy in memory, unless it could not write the binary either: a
/// container of a user's can do no more than the user.
package func protectSelf(
  arguments: [String],
) throws(RuntimeError) {
  try about("protecting the binary") { () throws(KernelError) in
    let processes = try ProcessFiles()
    let binary = try processes.openTarget(of: "self/exe", [.path])
    guard try !binary.isOnMarkedCopy() else { return }
    guard Process.effectiveUser == 0 else {
      return try protectSelf(asOwnerOf: binary, processes, arguments: arguments)
    }
    let copy = try Mounting.clone(binary, isRecursive: false, subject: "/proc/self/exe")
    try Mounting.setAttributes(
      of: copy,
      set: MountAttribute.readOnly | MountAttribute.noSymlinkFollow,
      clear: 0,
      isRecursive: false,
      subject: "/proc/self/exe"
    )
    try Process.forbidBacktraces()
    try execute(copy, arguments: arguments)
  }
}

private func protectSelf(
  asOwnerOf binary: borrowing OwnedDescriptor,
  _ processes: borrowing ProcessFiles,
  arguments: [String],
) throws(KernelError) {
  let status = try binary.status()
  let othersMayWrite = status.mode & 0o022 != 0
  guard status.owner == Process.effectiveUser || othersMayWrite else { return }
  let program = try processes.openTarget(of: "self/exe", [.readOnly])
  // Also the copy's owner is this user.
  guard !program.isSealed() else { return }
  let copy = try MemoryFile.sealedCopy(of: program, name: "swrun")
  try Process.forbidBacktraces()
  try execute(copy, arguments: arguments)
}
