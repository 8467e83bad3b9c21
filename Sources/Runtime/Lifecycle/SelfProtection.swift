import Kernel
import RuntimeSpec

/// Makes sure that the container can't overwrite the binary that this process runs.
///
/// A container that gets swrun to execute /proc/self/exe inside holds a way to the host's binary, and
/// can write to it once nobody executes it any more (CVE-2019-5736). So swrun runs from a detached,
/// read-only copy of the binary's mount: it executes itself once more through it. Nothing is copied,
/// and nothing is trusted by name: what counts is whether the mount of /proc/self/exe is read-only,
/// which spares the second start where it is already.
package func protectSelf(
  arguments: [String],
) throws(RuntimeError) {
  try about("protecting the binary") { () throws(KernelError) in
    let processes = try ProcessFiles()
    let binary = try processes.openTarget(of: "self/exe", [.path])
    guard try !binary.isOnReadOnlyMount() else { return }
    // Without privilege there are no mounts to make; and what this user can't write, nobody in a
    // container of this user's can.
    guard Process.effectiveUser == 0 else { return }
    let copy = try Mounting.clone(binary, isRecursive: false, subject: "/proc/self/exe")
    try Mounting.setAttributes(
      of: copy,
      set: MountAttribute.readOnly,
      clear: 0,
      isRecursive: false,
      subject: "/proc/self/exe"
    )
    try Process.forbidBacktraces()
    try execute(copy, arguments: arguments)
  }
}
