import Hashing
package import ImageSpec

/// A signature as it was found beside an image; nothing of it is to be trusted yet.
package struct FoundSignature: Sendable {
  package let payload: [UInt8]
  /// In base64.
  package let signature: String

  package init(payload: [UInt8], signature: String) {
    self.payload = payload
    self.signature = signature
  }
}

extension SignaturePolicy {
  /// Whether signatures have to be fetched to know if an image of this name is let in.
  /// - Throws: `rejected` when none is.
  package func needsSignatures(_ reference: Reference) throws(PolicyError) -> Bool {
    var isNeeded = false
    for requirement in requirements("docker", reference.policyScopes) {
      switch requirement {
      case .acceptAnything: continue
      case .reject: throw .rejected(subject: reference.short)
      case .signed: isNeeded = true
      case .unsupported(let type):
        throw .configuration(
          path: path,
          problem: "\(type) for \(reference.short) cannot be checked"
        )
      }
    }
    return isNeeded
  }

  /// Checks that an image of a digest may come in under a name.
  /// - Throws: when it may not.
  package func check(
    _ digest: Digest,
    _ reference: Reference,
    _ signatures: [FoundSignature],
  ) throws(PolicyError) {
    guard try needsSignatures(reference) else { return }
    for case .signed(let requirement) in requirements("docker", reference.policyScopes) {
      var problems: [String] = []
      var isAccepted = false
      for signature in signatures {
        guard let problem = try requirement.problem(of: signature, digest, reference) else {
          isAccepted = true
          break
        }
        if !problems.contains(problem), problems.count < 3 { problems.append(problem) }
      }
      guard isAccepted else {
        throw .notSigned(subject: reference.short, problems: problems)
      }
    }
  }

  /// Checks that an image may come in from a place that has no signatures.
  ///
  /// - Parameters:
  ///   - transport: as in the policy: `oci`, `oci-archive` or `docker-archive`.
  ///   - place: the absolute path of the file or directory.
  /// - Throws: when it may not.
  package func check(transport: String, path place: String) throws(PolicyError) {
    var scopes = [place]
    while let slash = scopes[scopes.count - 1].lastIndex(of: "/"),
      slash > scopes[scopes.count - 1].startIndex
    {
      scopes.append(String(scopes[scopes.count - 1][..<slash]))
    }
    for requirement in requirements(transport, scopes) {
      switch requirement {
      case .acceptAnything: continue
      case .reject: throw .rejected(subject: "\(transport):\(place)")
      case .signed: throw .notSigned(subject: "\(transport):\(place)", problems: [])
      case .unsupported(let type):
        throw .configuration(path: path, problem: "\(type) for \(transport) cannot be checked")
      }
    }
  }
}

extension SignedRequirement {
  /// Why a signature is not what is wanted; nil when it is.
  /// - Throws: when the key can't be used.
  fileprivate func problem(
    of found: FoundSignature,
    _ digest: Digest,
    _ reference: Reference,
  ) throws(PolicyError) -> String? {
    guard let signature = Base64.decoded(found.signature) else {
      return "a signature is no base64"
    }
    guard try isMade(signature, over: found.payload) else { return "another key has made one" }
    // Only now is it anybody's word.
    do throws(DocumentError) {
      let payload = try SignedPayload(parsing: found.payload)
      guard payload.digest == digest else { return "one is for the digest \(payload.digest.short)" }
      guard identity.accepts(payload.name, for: reference) else {
        return "one is for the name \"\(payload.name.prefix(200))\""
      }
      return nil
    } catch {
      return "a payload is not understood: \(error)"
    }
  }

  private func isMade(
    _ signature: [UInt8],
    over payload: [UInt8],
  ) throws(PolicyError) -> Bool {
    for key in keys {
      let name: String
      let text: [UInt8]
      switch key {
      case .data(let data): (name, text) = ("keyData", data)
      case .path(let path):
        guard let data = try contents(path, limit: 1 << 20) else {
          throw .configuration(path: path, problem: "the key is not there")
        }
        (name, text) = (path, data)
      }
      do throws(KeyError) {
        if try PublicKey(pem: text).verifies(signature, of: payload) { return true }
      } catch {
        throw .key(path: name, error)
      }
    }
    return false
  }
}

extension Reference {
  /// The scopes of a policy that the name is in, the narrowest first.
  var policyScopes: [String] {
    var scopes: [String] = []
    if let digest { scopes.append("\(domain)/\(path)@\(digest)") }
    if let tag { scopes.append("\(domain)/\(path):\(tag)") }
    var name = "\(domain)/\(path)"
    while true {
      scopes.append(name)
      guard let slash = name.lastIndex(of: "/") else { break }
      name = String(name[..<slash])
    }
    var host = name.prefix { $0 != ":" }
    while let dot = host.firstIndex(of: ".") {
      host = host[host.index(after: dot)...]
      scopes.append("*.\(host)")
    }
    return scopes
  }
}
