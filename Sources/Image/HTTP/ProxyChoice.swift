import Glibc

/// Whether a request goes through a proxy, by the environment's variables.
///
/// libcurl is told to do as we find: a connection that it makes itself, past the proxy, must be held to
/// the networks that it may reach. See: curl(1), "Environment".
func isProxied(_ address: WebAddress) -> Bool {
  // http_proxy in capitals could be set by a request to a CGI program: it has never counted.
  let own = address.isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
  guard (own + ["all_proxy", "ALL_PROXY"]).contains(where: { !(variable($0) ?? "").isEmpty }) else {
    return false
  }
  let exceptions = variable("no_proxy") ?? variable("NO_PROXY") ?? ""
  return !isExcepted(address.host, by: exceptions)
}

/// Whether a host is on a list like `localhost,.example.com,10.0.0.0/8`.
///
/// A name stands for itself and all below it. See: CURLOPT_NOPROXY(3).
func isExcepted(_ host: String, by list: String) -> Bool {
  list.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }).contains { entry in
    if entry == "*" { return true }
    var name = entry.lowercased()
    if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
    if let bytes = addressBytes(host) { return contains(bytes, name) }
    if name.hasPrefix(".") { name.removeFirst() }
    if name.hasSuffix(".") { name.removeLast() }
    return !name.isEmpty && (host == name || host.hasSuffix("." + name))
  }
}

/// Whether an address is the one that is named, or in the network.
private func contains(_ address: [UInt8], _ network: String) -> Bool {
  let parts = network.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
  guard let base = addressBytes(String(parts[0])), base.count == address.count else { return false }
  var bits = 8 * base.count
  if parts.count > 1 {
    guard let number = Int(parts[1]), (0...bits).contains(number) else { return false }
    bits = number
  }
  return zip(address, base).enumerated().allSatisfy { index, pair in
    let left = min(8, max(0, bits - 8 * index))
    return (pair.0 ^ pair.1) >> (8 - UInt8(left)) == 0
  }
}

private func variable(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(validatingCString: value)
}
