internal import CCurl

/// An absolute http or https address, taken apart by the same parser that connects to it.
///
/// Two parsers that disagree about which host an address names are how credentials leak.
/// See: curl_url_set(3).
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  package let description: String
  package let scheme: String
  /// In lower case; an IPv6 address without its brackets.
  package let host: String
  package let port: Int

  package var isSecure: Bool { scheme == "https" }

  /// Host and port, the port left out where it is the scheme's own.
  package var authority: String {
    let shown = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? shown : "\(shown):\(port)"
  }

  /// Whether both lead to the same server, so that what one may know the other may too.
  package func isSameOrigin(as other: WebAddress) -> Bool {
    scheme == other.scheme && host == other.host && port == other.port
  }

  /// - Throws: when the text is no absolute http or https address, or has a user in it.
  package init(parsing text: String) throws(HTTPError) {
    guard let parser = Parser() else { throw .library(reason: "out of memory") }
    try parser.set(text)
    self = try parser.address(of: text)
  }

  /// The address that a `Location` header, absolute or relative, leads to from here.
  package func resolving(_ location: String) throws(HTTPError) -> WebAddress {
    guard let parser = Parser() else { throw .library(reason: "out of memory") }
    try parser.set(description)
    try parser.set(location)
    return try parser.address(of: location)
  }

  /// The same address with one more parameter in its query.
  package func appendingQuery(_ name: String, _ value: String) throws(HTTPError) -> WebAddress {
    let separator = description.contains("?") ? "&" : "?"
    return try WebAddress(parsing: "\(description)\(separator)\(name)=\(percentEncoded(value))")
  }

  fileprivate init(description: String, scheme: String, host: String, port: Int) {
    self.description = description
    self.scheme = scheme
    self.host = host
    self.port = port
  }
}

/// Text for a place in a query: everything but unreserved characters is escaped.
///
/// Spec: RFC 3986, section 2.3.
package func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF")
  return text.utf8.reduce(into: "") { result, byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }
  }
}

/// libcurl's own parser.
@safe
private struct Parser: ~Copyable {
  private let handle: OpaquePointer

  init?() {
    guard let handle = unsafe curl_url() else { return nil }
    unsafe self.handle = handle
  }

  deinit {
    unsafe curl_url_cleanup(handle)
  }

  func set(_ text: String) throws(HTTPError) {
    guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      throw .address(text, problem: "a control character or space is in it")
    }
    let failure = unsafe curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER))
    guard failure == CURLUE_OK else {
      throw .address(text, problem: unsafe String(cString: curl_url_strerror(failure)))
    }
  }

  private func part(_ part: CURLUPart) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    // The port that a scheme implies is told when it is asked for, and left out of the whole.
    let flag = part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : CURLU_NO_DEFAULT_PORT
    let failure = unsafe curl_url_get(handle, part, &text, UInt32(flag))
    guard failure == CURLUE_OK, let found = unsafe text else { return nil }
    defer { unsafe curl_free(found) }
    return unsafe String(validatingCString: found)
  }

  func address(of text: String) throws(HTTPError) -> WebAddress {
    unsafe curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0)
    let scheme = part(CURLUPART_SCHEME)?.lowercased()
    guard let scheme, scheme == "http" || scheme == "https" else {
      throw .address(text, problem: "neither http nor https")
    }
    guard let whole = part(CURLUPART_URL),
      var host = part(CURLUPART_HOST)?.lowercased(), !host.isEmpty,
      let port = part(CURLUPART_PORT).flatMap({ Int($0) })
    else { throw .address(text, problem: "not a whole address") }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return WebAddress(description: whole, scheme: scheme, host: host, port: port)
  }
}
