import CKernel
import Glibc

/// The calls behind the device rules of a control group.
///
/// See: bpf(2); cgroup-v2.rst, "Device controller".
package enum DeviceBPF {
  /// Has the kernel verify a program of type BPF_PROG_TYPE_CGROUP_DEVICE.
  ///
  /// RLIMIT_MEMLOCK is left alone: kernels since 5.11 don't charge programs to it.
  package static func load(_ program: [UInt8]) throws(KernelError) -> OwnedDescriptor {
    let raw = try check("bpf", "BPF_PROG_LOAD") {
      unsafe program.withUnsafeBytes {
        unsafe ckernel_bpf_load_device($0.baseAddress, UInt32($0.count / 8))
      }
    }
    return OwnedDescriptor(adopting: raw)
  }

  /// Makes a map of type BPF_MAP_TYPE_HASH with all of its entries, which never change again: keys
  /// of 12 bytes, and as many values of 4 in the same order.
  package static func makeTable(
    keys: [UInt8],
    values: [UInt8],
  ) throws(KernelError) -> OwnedDescriptor {
    let count = UInt32(values.count / 4)
    let map = OwnedDescriptor(
      adopting: try check("bpf", "BPF_MAP_CREATE") { ckernel_bpf_make_device_table(count) }
    )
    let raw = map.raw
    try check("bpf", "BPF_MAP_UPDATE_BATCH") {
      unsafe keys.withUnsafeBytes { keys in
        unsafe values.withUnsafeBytes {
          unsafe ckernel_bpf_fill_map(raw, keys.baseAddress, $0.baseAddress, count)
        }
      }
    }
    try check("bpf", "BPF_MAP_FREEZE") { ckernel_bpf_freeze_map(raw) }
    return map
  }

  /// Whether a program is one that `load` has made, in this process or another.
  package static func isOwn(_ program: borrowing OwnedDescriptor) throws(KernelError) -> Bool {
    let raw = program.raw
    return try check("bpf", "BPF_OBJ_GET_INFO_BY_FD") { ckernel_bpf_is_own_program(raw) } == 1
  }

  /// Adds a program to those of a control group, all of which must allow an access.
  package static func attach(
    _ program: borrowing OwnedDescriptor,
    to cgroup: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let (target, added) = (cgroup.raw, program.raw)
    try check("bpf", "BPF_PROG_ATTACH") { ckernel_bpf_attach_device(target, added, -1) }
  }

  /// Puts a program in the place of another, with no moment in which neither holds.
  ///
  /// See: BPF_F_REPLACE, since Linux 5.6.
  package static func attach(
    _ program: borrowing OwnedDescriptor,
    to cgroup: borrowing OwnedDescriptor,
    replacing old: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let (target, added, replaced) = (cgroup.raw, program.raw, old.raw)
    try check("bpf", "BPF_PROG_ATTACH") { ckernel_bpf_attach_device(target, added, replaced) }
  }

  package static func detach(
    _ program: borrowing OwnedDescriptor,
    from cgroup: borrowing OwnedDescriptor,
  ) throws(KernelError) {
    let (target, removed) = (cgroup.raw, program.raw)
    try check("bpf", "BPF_PROG_DETACH") { ckernel_bpf_detach_device(target, removed) }
  }

  /// The ids of the programs that are attached to a control group itself.
  package static func programs(
    of cgroup: borrowing OwnedDescriptor,
  ) throws(KernelError) -> [UInt32] {
    // The kernel allows no more than 64: BPF_CGROUP_MAX_PROGS, <linux/bpf-cgroup-defs.h>.
    var ids = [UInt32](repeating: 0, count: 64)
    var count = UInt32(ids.count)
    let target = cgroup.raw
    try check("bpf", "BPF_PROG_QUERY") {
      unsafe ids.withUnsafeMutableBufferPointer {
        unsafe ckernel_bpf_query_device(target, $0.baseAddress, &count)
      }
    }
    return Array(ids.prefix(Int(count)))
  }

  /// A descriptor of a loaded program.
  package static func open(_ id: UInt32) throws(KernelError) -> OwnedDescriptor {
    OwnedDescriptor(
      adopting: try check("bpf", "BPF_PROG_GET_FD_BY_ID \(id)") { ckernel_bpf_open_program(id) }
    )
  }
}
