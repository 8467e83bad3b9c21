import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec
import Registry
import Transfer
import Upkeep

/// The verb `swimg verify`.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check every digest, size and diff ID of images, or of the whole store.",
  )

  @OptionGroup var store: StoreOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Print text or json.", valueName: "text|json"))
  var format = TextFormat.text

  @Flag(help: "Drop damaged blobs, and fetch them anew from the registries of their images.")
  var repair = false

  @OptionGroup(title: "Fetching anew") var registries: RegistryOptions

  @Flag(name: .shortAndLong, help: "Show no progress, and print damage only.")
  var quiet = false

  @Argument(help: ArgumentHelp("Names, digests or ids. Default: the store.", valueName: "image"))
  var selectors: [ImageSelector] = []

  func run() throws {
    let store = try store.open("verify")
    let access = repair ? try registries.access("verify") : nil
    let bar = ProgressBar("verify", isQuiet: quiet, total: try total(of: store))
    let request = VerifyRequest(
      selectors: selectors.isEmpty ? nil : selectors,
      isRepairing: repair,
      refetch: { blob, references in
        guard let access, !references.isEmpty else { return false }
        return bring(blob, references, access, store)
      },
      progress: { bar.advance(by: $0) },
    )
    defer { bar.end() }
    let outcome = try wrapping("verify", try verify(request, store))
    bar.end()
    switch format {
    case .json: Presentation.write(outcome.document.indentedText)
    case .text: report(outcome)
    }
    let left = outcome.findings.filter { $0.repair != .refetched }
    guard left.isEmpty else {
      throw CommandFailure("verify", "\(left.count) problems in \(outcome.images) images")
    }
  }

  /// Whether a blob could be fetched anew.
  private func bring(
    _ blob: Descriptor,
    _ references: [Reference],
    _ access: RegistryAccess,
    _ store: ContentStore,
  ) -> Bool {
    do throws(TransferError) {
      let silent = TransferDisplay(.none, isQuiet: true)
      try refetch(blob, of: references, access, into: store, silent)
      return true
    } catch {
      Presentation.report("verify: \(blob.digest.short) is not fetched anew: \(error)")
      return false
    }
  }

  private func total(of store: ContentStore) throws(CommandFailure) -> Int64? {
    guard selectors.isEmpty else { return nil }
    return try wrapping("verify", try store.storedBlobs().reduce(0) { $0 + $1.size })
  }

  private func report(_ outcome: VerifyOutcome) {
    for finding in outcome.findings {
      let images = finding.images.isEmpty ? "no image" : finding.images.joined(separator: ", ")
      let repair = finding.repair == .none ? "" : " (\(finding.repair.rawValue))"
      Presentation.write("\(images): \(finding.digest.short): \(safe(finding.problem))\(repair)\n")
    }
    guard !quiet, outcome.findings.isEmpty else { return }
    Presentation.write(
      "\(outcome.images) images, \(outcome.blobs) blobs, \(size(outcome.bytes)): all is right\n"
    )
  }
}

extension VerifyOutcome {
  fileprivate var document: JSONValue {
    let findings = findings.map { finding -> JSONValue in
      [
        "digest": .string(finding.digest.description), "images": .strings(finding.images),
        "problem": .string(finding.problem), "repair": .string(finding.repair.rawValue),
      ]
    }
    return [
      "images": .integer(images), "blobs": .integer(blobs), "bytes": .integer(bytes),
      "findings": .array(findings),
    ]
  }
}
