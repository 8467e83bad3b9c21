import ArgumentParser
import Hashing
import HostProcess
import ImageSpec
import Registry
import RootedFiles
import Signatures
import Transfer

/// The verb `swimg sign`.
struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign an image in a registry.",
  )

  @OptionGroup var registries: RegistryOptions

  @Option(help: ArgumentHelp("The private key, in PEM.", valueName: "file"))
  var key: String

  @Option(help: ArgumentHelp("The passphrase of the key, on a line.", valueName: "file"))
  var passphraseFile: String?

  @Option(
    help: ArgumentHelp(
      "The name that the signature is for. Default: the image's.",
      valueName: "name",
    )
  )
  var identity: Reference?

  @Flag(help: "Attach the signature as a referrer, and not under a tag.")
  var referrer = false

  @Flag(name: .shortAndLong, help: "Sign each image of an index, too.")
  var recursive = false

  @Flag(name: .shortAndLong, help: "Print no digests.")
  var quiet = false

  @Argument(help: ArgumentHelp("A name with a tag or digest.", valueName: "image"))
  var reference: Reference

  func run() throws {
    let subject = "sign \(reference.short)"
    let access = try registries.access(subject)
    let pem = try content(of: key, subject)
    var words = ""
    if let passphraseFile {
      let bytes = try content(of: passphraseFile, subject).prefix { $0 != UInt8(ascii: "\n") }
      words = String(decoding: bytes, as: UTF8.self)
    }
    let secret = try wrapping("\(subject): \(key)", try PrivateKey(pem: pem, passphrase: words))
    let request = SignRequest(
      reference,
      identity: identity,
      isReferrer: referrer,
      isRecursive: recursive,
      creator: "swimg/\(Swimg.number)",
      timestamp: Surroundings.secondsSinceEpoch,
    )
    let signed: [Digest]
    do throws(TransferError) {
      signed = try sign(request, with: secret, access)
    } catch {
      throw CommandFailure(subject, "\(error)", interrupted: error.cause)
    }
    guard !quiet else { return }
    for digest in signed { Presentation.write("\(digest)\n") }
  }

  private func content(
    of path: String,
    _ subject: String,
  ) throws(CommandFailure) -> [UInt8] {
    do throws(FileError) {
      let file = try OwnedDescriptor(openingFileAtPath: path)
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 16_384)
      while true {
        let length = try file.read(into: &buffer)
        guard length > 0 else { return bytes }
        bytes += buffer.prefix(length)
        guard bytes.count <= 1 << 20 else { throw .tooLarge(subject: [], limit: 1 << 20) }
      }
    } catch {
      throw CommandFailure(subject, "\(path): \(error)")
    }
  }
}

/// Which images are let in.
struct PolicyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The policy of signatures. Default: the user's policy.json, else the machine's.",
      valueName: "file",
    )
  )
  var policy: String?

  /// - Throws: with the subject, when the policy is not understood.
  func load(_ subject: String) throws(CommandFailure) -> SignaturePolicy? {
    try wrapping(subject, try SignaturePolicy.load(chosen: policy))
  }
}
