import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec
import Upkeep

/// The verb `swimg prune`.
struct PruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove images without a name, and blobs that no image needs.",
  )

  @OptionGroup var store: StoreOptions

  @Flag(name: .shortAndLong, help: "Remove images with names, too.")
  var all = false

  @Option(
    help: ArgumentHelp(
      "Only what has been in the store for longer, as 90s, 30m, 12h, 7d or 2w.",
      valueName: "age",
    )
  )
  var olderThan: Age?

  @Flag(name: [.customShort("n"), .long], help: "Say what would be removed, and remove nothing.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Print nothing.")
  var quiet = false

  func run() throws {
    let request = PruneRequest(
      includesNamed: all,
      minimumAge: olderThan?.seconds ?? 0,
      now: olderThan == nil ? .max : Surroundings.secondsSinceEpoch,
      isDryRun: dryRun,
    )
    let path = try store.path()
    let outcome: PruneOutcome
    do throws(StoreError) {
      outcome = try prune(request, try ContentStore(opening: path))
    } catch .noStore {
      return
    } catch {
      throw CommandFailure("prune", "\(error)", interrupted: error.cause)
    }
    if outcome.swept.isPostponed {
      Presentation.report("prune: the store is in use: its blobs go with the next prune")
    }
    if !quiet { report(outcome) }
  }

  private func report(_ outcome: PruneOutcome) {
    let removed = dryRun ? "would remove" : "removed"
    for name in outcome.removedNames { Presentation.write("\(removed) \(name.short)\n") }
    for digest in outcome.removedImages { Presentation.write("\(removed) \(digest)\n") }
    let freed = dryRun ? "would free" : "freed"
    if !outcome.swept.blobs.isEmpty {
      let count = outcome.swept.blobs.count
      Presentation.write("\(freed) \(size(outcome.swept.bytes)) in \(count) blobs\n")
    }
    if !outcome.partial.isEmpty {
      let bytes = outcome.partial.reduce(0) { $0 + $1.size }
      Presentation.write("\(freed) \(size(bytes)) in \(outcome.partial.count) partial blobs\n")
    }
  }
}

/// A length of time as people write it.
struct Age: ExpressibleByArgument {
  let seconds: Int64

  init?(argument: String) {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
    guard let last = argument.last, let unit = units[last], argument.utf8.count <= 10,
      argument.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }),
      let number = Int64(argument.dropLast())
    else { return nil }
    seconds = number * unit
  }
}
