import ImageSpec
import Testing

@testable import Signatures

@Suite struct PolicyTests {
  private func policy(_ text: String) throws -> SignaturePolicy {
    try SignaturePolicy(parsing: Array(text.utf8), path: "policy.json")
  }

  @Test(arguments: [
    ("host.example.com:5000/a/b:tag", "full"), ("host.example.com:5000/a/b:other", "repository"),
    ("host.example.com:5000/a/c:1", "namespace"), ("host.example.com:5000/x:1", "host"),
    ("other.example.com/x:1", "wildcard"), ("example.com/x:1", "docker"),
    ("docker.io/library/busybox:1", "docker"), ("busybox", "docker"),
  ])
  func theNarrowestScopeCounts(_ name: String, _ scope: String) throws {
    let scopes = [
      "full": "host.example.com:5000/a/b:tag", "repository": "host.example.com:5000/a/b",
      "namespace": "host.example.com:5000/a", "host": "host.example.com:5000",
      "wildcard": "*.example.com", "docker": "",
    ]
    for (label, text) in scopes {
      let other = scopes.values.filter { $0 != text }
        .map { "\"\($0)\": [{\"type\": \"insecureAcceptAnything\"}]" }.joined(separator: ",")
      let policy = try policy(
        """
        {"default": [{"type": "insecureAcceptAnything"}],
         "transports": {"docker": {"\(text)": [{"type": "reject"}], \(other)}}}
        """
      )
      let reference = try Reference(parsing: name)
      let isRejected =
        policy.requirements("docker", reference.policyScopes) == [.reject]
      #expect(isRejected == (label == scope), "\(name) is in the scope \(text)")
    }
  }

  @Test(arguments: [
    "{}", "{\"default\": []}", "{\"default\": [{\"type\": \"no\"}]}",
    "{\"default\": [{\"type\": \"reject\"}], \"more\": 1}",
    "{\"default\": [{\"type\": \"reject\", \"more\": 1}]}",
    "{\"default\": [{\"type\": \"sigstoreSigned\"}]}",
    "{\"default\": [{\"type\": \"sigstoreSigned\", \"keyPath\": \"a\", \"keyData\": \"YQ==\"}]}",
    "{\"default\": [{\"type\": \"sigstoreSigned\", \"keyData\": \"?\"}]}",
    "{\"default\": [{\"type\": \"sigstoreSigned\", \"keyPath\": \"a\", \"x\": 1}]}",
    """
    {"default": [{"type": "sigstoreSigned", "keyPath": "a", "signedIdentity": {"type": "no"}}]}
    """,
    """
    {"default": [{"type": "sigstoreSigned", "keyPath": "a",
      "signedIdentity": {"type": "exactReference", "dockerReference": "a/b"}}]}
    """,
    """
    {"default": [{"type": "sigstoreSigned", "keyPath": "a",
      "signedIdentity": {"type": "exactRepository", "dockerRepository": "a/b:1"}}]}
    """,
  ])
  func whatIsNotUnderstoodIsRefused(_ text: String) {
    #expect(throws: PolicyError.self) { try policy(text) }
  }

  @Test func whatCannotBeCheckedLetsNothingIn() throws {
    let reference = try Reference(parsing: "a.example/b:1")
    for requirement in [
      "{\"type\": \"signedBy\", \"keyType\": \"GPGKeys\", \"keyPath\": \"x\"}",
      "{\"type\": \"sigstoreSigned\", \"keyPath\": \"x\", \"rekorPublicKeyPath\": \"y\"}",
      "{\"type\": \"sigstoreSigned\", \"fulcio\": {}}",
    ] {
      let policy = try policy("{\"default\": [\(requirement)]}")
      #expect(throws: PolicyError.self) { try policy.needsSignatures(reference) }
    }
  }
}

@Suite struct IdentityTests {
  private let digest = "sha256:" + String(repeating: "a", count: 64)

  @Test(arguments: [
    // identity, signed, wanted, accepted
    ("matchExact", "a.io/b:1", "a.io/b:1", true), ("matchExact", "a.io/b:2", "a.io/b:1", false),
    ("matchExact", "a.io/b", "a.io/b:latest", false),
    ("matchExact", "a.io/b:1", "a.io/b@DIGEST", false),
    ("matchRepoDigestOrExact", "a.io/b:1", "a.io/b:1", true),
    ("matchRepoDigestOrExact", "a.io/b", "a.io/b:latest", false),
    ("matchRepoDigestOrExact", "a.io/b:2", "a.io/b:1", false),
    ("matchRepoDigestOrExact", "a.io/b:2", "a.io/b@DIGEST", true),
    ("matchRepoDigestOrExact", "a.io/c:2", "a.io/b@DIGEST", false),
    ("matchRepoDigestOrExact", "a.io/b:2", "a.io/b:1@DIGEST", false),
    ("matchRepository", "a.io/b", "a.io/b:1", true),
    ("matchRepository", "a.io/c:1", "a.io/b:1", false),
    ("matchRepository", "not a name", "a.io/b:1", false),
    ("exactReference", "x.io/y:1", "a.io/b:1", true),
    ("exactReference", "a.io/b:1", "a.io/b:1", false),
    ("exactRepository", "x.io/y:7", "a.io/b:1", true),
    ("exactRepository", "a.io/b:1", "a.io/b:1", false),
    ("remapIdentity", "up.io/n/b:1", "m.io/n/b:1", true),
    ("remapIdentity", "m.io/n/b:1", "m.io/n/b:1", false),
    ("remapIdentity", "a.io/b:1", "a.io/b:1", true),
    ("remapIdentity", "up.io/nn/b:1", "m.io/nn/b:1", false),
  ])
  func signedNames(_ type: String, _ signed: String, _ wanted: String, _ isAccepted: Bool) throws {
    let text = """
      {"type": "\(type)"
       \(type == "exactReference" ? ", \"dockerReference\": \"x.io/y:1\"" : "")
       \(type == "exactRepository" ? ", \"dockerRepository\": \"x.io/y\"" : "")
       \(type == "remapIdentity" ? ", \"prefix\": \"m.io/n\", \"signedPrefix\": \"up.io/n\"" : "")}
      """
    let identity = try SignedIdentity(DocumentFields(parsing: Array(text.utf8)))
    let name = wanted.replacing("DIGEST", with: digest)
    #expect(try identity.accepts(signed, for: Reference(parsing: name)) == isAccepted)
  }

  @Test func payloadsAreReadAsTheyAreWritten() throws {
    let payload = SignedPayload(digest: try Digest(parsing: digest), name: "a.io/b:1")
    let bytes = payload.document(creator: "test", timestamp: 1)
    #expect(try SignedPayload(parsing: bytes) == payload)
    let text = String(decoding: bytes, as: UTF8.self)
    for (old, new) in [
      ("cosign container image signature", "atomic container signature"),
      ("\"critical\":{", "\"critical\":{\"more\":1,"),
      ("\"identity\":{", "\"identity\":{\"x\":\"\","),
      (digest, "sha256:short"), ("{\"critical\"", "{\"more\":{},\"critical\""),
    ] {
      let changed = text.replacing(old, with: new)
      #expect(changed != text)
      #expect(throws: DocumentError.self) { try SignedPayload(parsing: Array(changed.utf8)) }
    }
  }
}
