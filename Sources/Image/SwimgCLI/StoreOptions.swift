import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec

/// Where the images are.
struct StoreOptions: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: ArgumentHelp(
      "The store's directory, an OCI image layout.",
      discussion: "Default: $SWIMG_STORE, else /var/lib/swimg as root, else $XDG_DATA_HOME/swimg.",
      valueName: "dir",
    ),
  )
  var directory: String?

  /// - Throws: when nothing says where the store is.
  func path() throws(CommandFailure) -> String {
    if let directory { return directory }
    if let path = Surroundings.variable("SWIMG_STORE"), !path.isEmpty { return path }
    if Surroundings.effectiveUser == 0 { return "/var/lib/swimg" }
    if let data = Surroundings.variable("XDG_DATA_HOME"), data.hasPrefix("/") {
      return data + "/swimg"
    }
    if let home = Surroundings.variable("HOME"), home.hasPrefix("/") {
      return home + "/.local/share/swimg"
    }
    throw CommandFailure("store", "neither --store, SWIMG_STORE nor HOME says where it is")
  }

  /// - Throws: with the subject, when there is no store.
  func open(_ subject: String) throws(CommandFailure) -> ContentStore {
    try wrapping(subject, try ContentStore(opening: try path()))
  }

  /// Makes the store where there is none.
  func openOrMake(_ subject: String) throws(CommandFailure) -> ContentStore {
    try wrapping(subject, try ContentStore(creating: try path()))
  }
}

/// Gives an error of a lower floor the subject that the user named.
func wrapping<Result: ~Copyable>(
  _ subject: String,
  _ body: @autoclosure () throws -> Result,
) throws(CommandFailure) -> Result {
  do {
    return try body()
  } catch let failure as CommandFailure {
    throw failure
  } catch {
    throw CommandFailure(subject, "\(error)", interrupted: (error as? any Interruptible)?.cause)
  }
}

/// An error that may have been the user's own wish to stop.
protocol Interruptible: Error {
  var cause: Interrupted? { get }
}

extension ImageSelector: ExpressibleByArgument {
  package init?(argument: String) {
    do throws(ReferenceError) {
      self = try ImageSelector(parsing: argument)
    } catch {
      return nil
    }
  }
}

extension Reference: ExpressibleByArgument {
  package init?(argument: String) {
    do throws(ReferenceError) {
      self = try Reference(parsing: argument)
    } catch {
      return nil
    }
  }
}

extension Platform: ExpressibleByArgument {
  package init?(argument: String) {
    self.init(parsing: argument)
  }
}
