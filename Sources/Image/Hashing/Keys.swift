internal import CCrypto

/// Why a key, or a signature to be made with it, is of no use.
package enum KeyError: Error, Equatable, CustomStringConvertible {
  /// The text holds no key that can be read.
  case unreadable(expected: String)
  case wrongPassphrase
  /// Of a kind, or so short, that we do not rely on it.
  case unfit(String)
  case failed

  package var description: String {
    switch self {
    case .unreadable(let expected): "no \(expected) in PEM"
    case .wrongPassphrase: "the private key is encrypted, and not with this passphrase"
    case .unfit(let problem): problem
    case .failed: "libcrypto refuses to sign"
    }
  }
}

/// A key that signatures are verified with. See: EVP_DigestVerify(3)
@safe
package struct PublicKey: ~Copyable {
  private let key: OpaquePointer

  /// - Parameter pem: the key as `-----BEGIN PUBLIC KEY-----`.
  /// - Throws: when it is none, or an unfit one.
  package init(pem: [UInt8]) throws(KeyError) {
    let found = unsafe readingPEM(pem) { unsafe PEM_read_bio_PUBKEY($0, nil, nil, nil) }
    guard let found = unsafe found else { throw .unreadable(expected: "public key") }
    unsafe key = try unsafe fit(found)
  }

  deinit {
    unsafe EVP_PKEY_free(key)
  }

  /// Whether a signature over a message was made with the key's other half.
  ///
  /// The message is hashed with SHA-256, but for Ed25519, which hashes by itself.
  package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    let digest = unsafe messageDigest(for: key)
    guard unsafe EVP_DigestVerifyInit(context, nil, digest, nil, key) == 1 else { return false }
    return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// A key that signatures are made with. See: EVP_DigestSign(3)
@safe
package struct PrivateKey: ~Copyable {
  private let key: OpaquePointer

  /// - Parameters:
  ///   - pem: the key as PKCS #8 or in the older forms of one algorithm.
  ///   - passphrase: for an encrypted one; nobody is asked for it.
  /// - Throws: when it is none, an unfit one, or the passphrase is wrong.
  package init(pem: [UInt8], passphrase: String) throws(KeyError) {
    let text = String(decoding: pem, as: UTF8.self)
    guard !text.contains("ENCRYPTED COSIGN"), !text.contains("ENCRYPTED SIGSTORE") else {
      throw .unfit("a key in cosign's own encryption: PKCS #8, as openssl(1) writes it, is needed")
    }
    var words = Array(passphrase.utf8CString)
    let found = unsafe readingPEM(pem) { bio in
      unsafe words.withUnsafeMutableBufferPointer { words in
        // Without a passphrase libcrypto would ask for one on the terminal.
        unsafe PEM_read_bio_PrivateKey(bio, nil, nil, words.baseAddress)
      }
    }
    guard let found = unsafe found else {
      if text.contains("ENCRYPTED") { throw .wrongPassphrase }
      throw .unreadable(expected: "private key")
    }
    unsafe key = try unsafe fit(found)
  }

  deinit {
    unsafe EVP_PKEY_free(key)
  }

  /// Signs the SHA-256 of a message; with Ed25519 the message itself.
  package func signature(of message: [UInt8]) throws(KeyError) -> [UInt8] {
    guard let context = unsafe EVP_MD_CTX_new() else { throw .failed }
    defer { unsafe EVP_MD_CTX_free(context) }
    let digest = unsafe messageDigest(for: key)
    var length = 0
    guard unsafe EVP_DigestSignInit(context, nil, digest, nil, key) == 1,
      unsafe EVP_DigestSign(context, nil, &length, message, message.count) == 1
    else { throw .failed }
    var signature = [UInt8](repeating: 0, count: length)
    guard unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
      throw .failed
    }
    return Array(signature.prefix(length))
  }
}

/// Lets libcrypto read from a text.
private func readingPEM(
  _ pem: [UInt8],
  _ read: (OpaquePointer) -> OpaquePointer?,
) -> OpaquePointer? {
  unsafe pem.withUnsafeBytes { bytes in
    let length = Int32(clamping: bytes.count)
    guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, length) else { return nil }
    defer { unsafe BIO_free(bio) }
    return unsafe read(bio)
  }
}

/// The same key; one that is not to be relied on is let go of.
private func fit(_ key: OpaquePointer) throws(KeyError) -> OpaquePointer {
  guard let problem = unsafe weakness(of: key) else { return unsafe key }
  unsafe EVP_PKEY_free(key)
  throw .unfit(problem)
}

private func weakness(of key: OpaquePointer) -> String? {
  let bits = unsafe EVP_PKEY_get_bits(key)
  if unsafe EVP_PKEY_is_a(key, "ED25519") == 1 { return nil }
  if unsafe EVP_PKEY_is_a(key, "EC") == 1 {
    return bits >= 256 ? nil : "a key of \(bits) bits is too short for ECDSA"
  }
  guard unsafe EVP_PKEY_is_a(key, "RSA") == 1 else {
    return "the key is neither for ECDSA, RSA nor Ed25519"
  }
  return bits >= 2048 ? nil : "a key of \(bits) bits is too short for RSA"
}

private func messageDigest(for key: OpaquePointer) -> OpaquePointer? {
  unsafe EVP_PKEY_is_a(key, "ED25519") == 1 ? nil : EVP_sha256()
}
