import CSeccomp
import Kernel

/// A compiled profile, and the names that the installed libseccomp doesn't know.
package struct Compilation: Equatable, Sendable {
  package var filter: CompiledFilter
  /// Calls without a rule: they get the default action, which newer profiles count on.
  package var unknownNames: [String]
}

/// Compiles a profile to the program that seccomp(2) loads.
///
/// This takes tens of milliseconds for a real profile: keep the result.
///
/// Spec: config-linux.md, "Seccomp".
package func compile(_ profile: FilterProfile) throws(FilterError) -> Compilation {
  let builder = try FilterBuilder(defaultAction: profile.defaultAction)
  try builder.preferTree()
  let architectures = try builder.add(architectures: profile.architectures)
  var unknown: [String] = []
  // Rules that say what happens anyway would only make the program longer.
  for rule in profile.rules where rule.action != profile.defaultAction {
    for name in rule.names {
      if let number = builder.number(of: name) {
        try builder.add(rule, number: number, name: name)
      } else {
        unknown.append(name)
      }
    }
  }
  var program = try builder.export()
  if needsUnknownCallPrefix(profile.defaultAction) {
    let limits = builder.lastCalls(of: profile.rules, architectures)
    program = unknownCallPrefix(limits) + program
  }
  // BPF_MAXINSNS, <linux/bpf_common.h>.
  guard program.count / 8 <= 4096 else { throw .tooLong(program.count / 8) }
  return Compilation(
    filter: CompiledFilter(program: program, flags: profile.loadingFlags),
    unknownNames: unknown,
  )
}

/// The version of the libseccomp that is linked in.
package var libraryVersion: (major: UInt32, minor: UInt32, micro: UInt32) {
  guard let version = unsafe seccomp_version() else { return (0, 0, 0) }
  return unsafe (version.pointee.major, version.pointee.minor, version.pointee.micro)
}

/// The token of the architecture that this program was built for.
package var nativeArchitecture: UInt32 { seccomp_arch_native() }

/// The one owner of a libseccomp context.
@safe private struct FilterBuilder: ~Copyable {
  private let context: scmp_filter_ctx

  init(defaultAction: FilterAction) throws(FilterError) {
    guard let made = unsafe seccomp_init(defaultAction.code) else {
      throw .library(call: "seccomp_init", code: 22, subject: "\(defaultAction)")
    }
    unsafe context = made
  }

  /// Asks for a binary tree over the numbers.
  ///
  /// At load the kernel tries every number once: with Docker's profile that took 0.28 ms for the
  /// tree, and 0.74 ms for the list that is the default.
  func preferTree() throws(FilterError) {
    let result = unsafe seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
    try require("seccomp_attr_set", result, "SCMP_FLTATR_CTL_OPTIMIZE")
  }

  deinit {
    unsafe seccomp_release(context)
  }

  /// Adds architectures to the native one.
  ///
  /// - Returns: the tokens of all, the native one included.
  func add(architectures names: [String]) throws(FilterError) -> [UInt32] {
    var tokens = [seccomp_arch_native()]
    for name in names {
      let token = unsafe seccomp_arch_resolve_name(libraryName(ofArchitecture: name))
      guard name.hasPrefix("SCMP_ARCH_"), token != 0 else { throw .unknownArchitecture(name) }
      // The native one is there from the beginning; profiles name others twice, too.
      if tokens.contains(token) { continue }
      try require("seccomp_arch_add", unsafe seccomp_arch_add(context, token), name)
      tokens.append(token)
    }
    return tokens
  }

  private func libraryName(ofArchitecture name: String) -> String {
    name.dropFirst("SCMP_ARCH_".count).lowercased()
  }

  /// The number of a name, negative where only another architecture has the call.
  func number(of name: String) -> Int32? {
    let number = unsafe seccomp_syscall_resolve_name(name)
    return number == -1 ? nil : number  // __NR_SCMP_ERROR
  }

  func add(_ rule: FilterRule, number: Int32, name: String) throws(FilterError) {
    let conditions = rule.conditions.map {
      scmp_arg_cmp(
        arg: $0.argument,
        op: scmp_compare(rawValue: $0.comparison.rawValue),
        datum_a: $0.value,
        datum_b: $0.valueTwo,
      )
    }
    let arguments = Set(rule.conditions.map(\.argument))
    if arguments.count == conditions.count {
      return try add(conditions, action: rule.action, number: number, name: name)
    }
    // libseccomp takes one condition an argument. Where there are more each is a rule of its own,
    // any of which suffices: what runc does, and what profiles made for it expect.
    for condition in conditions {
      try add([condition], action: rule.action, number: number, name: name)
    }
  }

  private func add(
    _ conditions: [scmp_arg_cmp],
    action: FilterAction,
    number: Int32,
    name: String,
  ) throws(FilterError) {
    let result = unsafe conditions.withUnsafeBufferPointer {
      unsafe seccomp_rule_add_array(
        context,
        action.code,
        number,
        UInt32($0.count),
        $0.baseAddress
      )
    }
    try require("seccomp_rule_add", result, name)
  }

  /// The program in the kernel's form.
  func export() throws(FilterError) -> [UInt8] {
    // libseccomp 2.5 writes to a descriptor only.
    do throws(KernelError) {
      let file = try MemoryFile.holding([], name: "seccomp")
      let result = unsafe seccomp_export_bpf(context, file.raw)
      guard result == 0 else {
        throw KernelError(call: "seccomp_export_bpf", code: .init(rawValue: -result), subject: "")
      }
      return try file.readFromStart(upTo: try file.status().size)
    } catch {
      throw .transfer(call: error.call, code: error.code.rawValue)
    }
  }

  /// The highest number that a profile names, for each architecture where it names any.
  func lastCalls(of rules: [FilterRule], _ architectures: [UInt32]) -> [LastCall] {
    architectures.compactMap { token in
      var last: Int32 = -1
      for rule in rules {
        for name in rule.names {
          last = max(last, unsafe seccomp_syscall_resolve_name_arch(token, name))
        }
      }
      return last < 0 ? nil : LastCall(architecture: token, number: UInt32(last))
    }
  }

  private func require(_ call: String, _ result: Int32, _ subject: String) throws(FilterError) {
    guard result == 0 else { throw .library(call: call, code: -result, subject: subject) }
  }
}
