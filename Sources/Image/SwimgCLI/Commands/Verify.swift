import ArgumentParser
import ContentStore
import HostProcess
import ImageSpec
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

  @Flag(help: "Drop damaged blobs, so that the next load or pull brings them anew.")
  var repair = false

  @Flag(name: .shortAndLong, help: "Show no progress, and print damage only.")
  var quiet = false

  @Argument(help: ArgumentHelp("Names, digests or ids. Default: the store.", valueName: "image"))
  var selectors: [ImageSelector] = []

  func run() throws {
    let store = try store.open("verify")
    let bar = ProgressBar("verify", isQuiet: quiet, total: try total(of: store))
    let request = VerifyRequest(
      selectors: selectors.isEmpty ? nil : selectors,
      isRepairing: repair,
      refetch: { _, _ in false },
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
