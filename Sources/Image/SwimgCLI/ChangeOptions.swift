import ArgumentParser
import BundleConfig
import HostProcess

/// The options that change what the image says.
struct ChangeOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Set a variable; a name alone takes its value from here. Repeatable.",
      valueName: "name[=value]",
    ),
  )
  var env: [String] = []

  @Option(name: .shortAndLong, help: ArgumentHelp("Run as this user.", valueName: "user[:group]"))
  var user: String?

  @Option(
    name: [.customLong("cwd"), .customShort("w")],
    help: ArgumentHelp("Start in this directory.", valueName: "dir"),
  )
  var cwd: String?

  @Option(
    help: ArgumentHelp("Takes the place of the image's Entrypoint and Cmd.", valueName: "program")
  )
  var entrypoint: String?

  @Flag(help: "Make the root file system read-only.")
  var readOnly = false

  @Flag(name: .shortAndLong, help: "Give the process a terminal.")
  var tty = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Add a mount: source:target[:ro] or type=bind|tmpfs,source=...,target=.... Repeatable.",
      valueName: "mount",
    ),
  )
  var mount: [String] = []

  @Option(help: ArgumentHelp("Default: the image's name.", valueName: "name"))
  var hostname: String?

  @Option(help: ArgumentHelp("Limit the memory, as 512m or 2g.", valueName: "bytes"))
  var memory: String?

  @Option(help: ArgumentHelp("Limit the processor time, as 0.5.", valueName: "number"))
  var cpus: String?

  @Option(help: ArgumentHelp("Limit the number of processes.", valueName: "number"))
  var pidsLimit: Int64?

  func validate() throws {
    _ = try bundleOptions()
  }

  /// The options as the bundle takes them.
  /// - Throws: when one has a value that means nothing.
  func bundleOptions() throws -> BundleOptions {
    var options = BundleOptions()
    options.environment = try env.map(variable)
    options.user = user
    options.workingDirectory = cwd
    options.entrypoint = entrypoint.map { $0.isEmpty ? [] : [$0] }
    options.isRootReadOnly = readOnly
    options.hasTerminal = tty
    options.mounts = try mount.map(bundleMount)
    options.hostname = hostname
    if let memory {
      guard let bytes = byteCount(parsing: memory), bytes > 0 else {
        throw ValidationError("--memory \"\(memory)\": a size such as 512m is expected")
      }
      options.memoryBytes = bytes
    }
    if let cpus {
      guard let quota = CPUQuota(parsing: cpus) else {
        throw ValidationError("--cpus \"\(cpus)\": a number such as 0.5 is expected")
      }
      options.cpuQuota = quota
    }
    if let pidsLimit {
      guard pidsLimit > 0 else {
        throw ValidationError("--pids-limit \(pidsLimit): a number above 0 is expected")
      }
      options.pidsLimit = pidsLimit
    }
    return options
  }

  private func variable(_ text: String) throws -> String {
    guard let equals = text.firstIndex(of: "=") else {
      guard let value = Surroundings.variable(text) else {
        throw ValidationError("--env \"\(text)\": no such variable here: NAME=VALUE is expected")
      }
      return "\(text)=\(value)"
    }
    guard equals > text.startIndex else {
      throw ValidationError("--env \"\(text)\": NAME=VALUE is expected")
    }
    return text
  }

  private func bundleMount(_ text: String) throws -> BundleMount {
    let mount: BundleMount
    do throws(BundleConfigError) {
      mount = try BundleMount(parsing: text)
    } catch {
      throw ValidationError("--mount: \(error)")
    }
    guard mount.type == "bind", !mount.source.hasPrefix("/") else { return mount }
    // The runtime would look for it below the bundle.
    guard let here = Surroundings.currentDirectory else {
      throw ValidationError("--mount \"\(text)\": the current directory has no path any more")
    }
    return mount.withSource(here == "/" ? "/\(mount.source)" : "\(here)/\(mount.source)")
  }
}
