internal import CCrypto

/// The digest algorithms that the image specification registers.
///
/// Spec: image-spec descriptor.md, "Registered algorithms".
package enum HashAlgorithm: String, Sendable, CaseIterable {
  case sha256
  case sha512

  /// The length of a finished digest in bytes.
  package var byteCount: Int {
    switch self {
    case .sha256: 32
    case .sha512: 64
    }
  }
}

/// A digest computed piece by piece, by OpenSSL's libcrypto.
///
/// Each value belongs to one thread at a time. libcrypto can fail here only when memory runs out,
/// and then nothing sensible can follow: such a failure ends the program.
/// See: EVP_DigestInit(3).
@safe
package struct IncrementalHash: ~Copyable {
  package let algorithm: HashAlgorithm
  /// How many bytes were hashed so far.
  package private(set) var byteCount: Int64 = 0
  private let context: OpaquePointer

  package init(_ algorithm: HashAlgorithm) {
    self.algorithm = algorithm
    let type =
      switch algorithm {
      case .sha256: unsafe EVP_sha256()
      case .sha512: unsafe EVP_sha512()
      }
    guard let context = unsafe EVP_MD_CTX_new() else { fatalError("libcrypto: out of memory") }
    unsafe self.context = context
    let started = unsafe EVP_DigestInit_ex(context, type, nil)
    precondition(started == 1, "libcrypto refuses \(algorithm.rawValue)")
  }

  deinit {
    unsafe EVP_MD_CTX_free(context)
  }

  /// Hashes the next piece.
  package mutating func update(_ bytes: RawSpan) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  /// Hashes the next piece.
  package mutating func update(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  /// Hashes the next piece, for callers that hold a buffer.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let updated = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(updated == 1, "libcrypto failed to hash")
    byteCount += Int64(bytes.count)
  }

  /// The digest of all pieces, as bytes.
  package consuming func finish() -> [UInt8] {
    let size = algorithm.byteCount
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let finished = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(finished == 1, "libcrypto failed to finish a digest")
      count = size
    }
  }

  /// The digest of all pieces in the lower-case hexadecimal of an image digest.
  package consuming func finishHexadecimal() -> String {
    lowercaseHexadecimal(finish())
  }

  /// The lower-case hexadecimal digest of bytes that are all at hand.
  package static func hexadecimal(of bytes: [UInt8], algorithm: HashAlgorithm) -> String {
    var hash = IncrementalHash(algorithm)
    hash.update(bytes.span)
    return hash.finishHexadecimal()
  }
}

private func lowercaseHexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  text.reserveCapacity(bytes.count * 2)
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 0xF)])
  }
  return String(decoding: text, as: UTF8.self)
}
