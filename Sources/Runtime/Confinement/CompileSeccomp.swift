package import Kernel
package import RuntimeSpec
package import SyscallFilter

/// A filter ready to be loaded, and what is worth a line in the debug log.
package struct PreparedFilter: Equatable, Sendable {
  package var filter: CompiledFilter
  package var notes: [String]
}

/// Takes the filter of a profile from the cache, or compiles and stores it.
///
/// Runs in the creator: init only loads the bytes.
///
/// Spec: config-linux.md, "Seccomp".
package func prepareFilter(
  _ profile: SeccompProfile,
  root: borrowing OwnedDescriptor,
) throws(ConfinementError) -> PreparedFilter {
  let key = FilterKey(source: profile.sourceText, compiler: compilerName)
  var notes: [String] = []
  do throws(KernelError) {
    if let program = try FilterCache.program(for: key, in: root) {
      // The text was checked when the program was made from it: only the flags are not in it.
      let flags = FilterFlags(profile.flags).forLoading(withListener: profile.hasListener)
      return PreparedFilter(filter: CompiledFilter(program: program, flags: flags), notes: notes)
    }
  } catch {
    notes.append("seccomp cache: \(error)")
  }
  let compilation = try compiled(try FilterProfile(profile))
  if !compilation.unknownNames.isEmpty {
    let names = compilation.unknownNames.joined(separator: " ")
    notes.append("system calls that libseccomp does not know, left to the default action: \(names)")
  }
  do throws(KernelError) {
    try FilterCache.store(compilation.filter.program, for: key, in: root)
  } catch {
    notes.append("seccomp cache: \(error)")
  }
  return PreparedFilter(filter: compilation.filter, notes: notes)
}

private func compiled(_ profile: FilterProfile) throws(ConfinementError) -> Compilation {
  do throws(FilterError) {
    return try compile(profile)
  } catch {
    throw .filter(error)
  }
}

/// What compiles: the same text gives another program for another architecture or library.
private var compilerName: String {
  let version = libraryVersion
  return "\(nativeArchitecture) libseccomp \(version.major).\(version.minor).\(version.micro)"
}
