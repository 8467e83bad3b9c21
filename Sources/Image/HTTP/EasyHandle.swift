internal import CCurl
import Glibc

/// libcurl's side of one request, with its options set. See: curl_easy_setopt(3)
@safe
final class EasyHandle {
  let handle: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  private let errorText: UnsafeMutablePointer<CChar>
  /// Lives as long as libcurl may call back.
  private let transfer: Transfer

  init(_ transfer: Transfer, _ settings: HTTPSettings) throws(HTTPError) {
    guard let handle = unsafe curl_easy_init() else { throw .library(reason: "out of memory") }
    unsafe self.handle = handle
    self.transfer = transfer
    unsafe errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try setAddress(transfer.request)
    // Neither of the environment's exceptions nor of its own: what was found out counts.
    try set(CURLOPT_NOPROXY, transfer.isProxied ? "" : "*")
    try setSecurity(settings)
    try setTimes(transfer.request, settings)
    try setHeaders(transfer.request, settings)
    try setMethod(transfer)
    try setCallbacks()
  }

  deinit {
    unsafe curl_easy_cleanup(handle)
    unsafe curl_slist_free_all(headers)
    unsafe errorText.deallocate()
  }

  /// What libcurl says of a failure.
  var message: String { unsafe String(validatingCString: errorText) ?? "" }

  /// The address of the connection's other end.
  var peer: String? { text(CURLINFO_PRIMARY_IP) }

  /// Whether there was a connection, so that a timeout was not that of connecting.
  var wasConnected: Bool { peer.map { !$0.isEmpty } ?? false }

  private func text(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    guard unsafe ccurl_get_text(handle, info, &value) == CURLE_OK, let found = unsafe value
    else { return nil }
    return unsafe String(validatingCString: found)
  }

  private func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
    try check(unsafe ccurl_set_long(handle, option, value))
  }

  private func set(_ option: CURLoption, _ value: String) throws(HTTPError) {
    try check(unsafe ccurl_set_text(handle, option, value))
  }

  private func check(_ code: CURLcode) throws(HTTPError) {
    guard code == CURLE_OK else {
      throw .library(reason: unsafe String(cString: curl_easy_strerror(code)))
    }
  }

  private func setAddress(_ request: HTTPRequest) throws(HTTPError) {
    try set(CURLOPT_URL, request.address.description)
    // libcurl's own handling of signals is not for programs with threads.
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    // Otherwise dots that are part of a repository's name would be taken for a path's.
    try set(CURLOPT_PATH_AS_IS, 1)
    try check(unsafe ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
  }

  private func setSecurity(_ settings: HTTPSettings) throws(HTTPError) {
    try set(CURLOPT_SSL_VERIFYPEER, settings.verifiesCertificates ? 1 : 0)
    try set(CURLOPT_SSL_VERIFYHOST, settings.verifiesCertificates ? 2 : 0)
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if !settings.extraCertificates.isEmpty {
      var bytes = settings.extraCertificates
      let count = bytes.count
      try check(unsafe ccurl_set_blob(handle, CURLOPT_CAINFO_BLOB, &bytes, count))
    }
    if let certificate = settings.clientCertificate { try set(CURLOPT_SSLCERT, certificate) }
    if let key = settings.clientKey { try set(CURLOPT_SSLKEY, key) }
  }

  private func setTimes(_ request: HTTPRequest, _ settings: HTTPSettings) throws(HTTPError) {
    try set(CURLOPT_CONNECTTIMEOUT, settings.connectSeconds)
    try set(CURLOPT_LOW_SPEED_LIMIT, 1024)
    try set(CURLOPT_LOW_SPEED_TIME, request.patience ?? settings.stallSeconds)
  }

  private func setHeaders(_ request: HTTPRequest, _ settings: HTTPSettings) throws(HTTPError) {
    try set(CURLOPT_USERAGENT, settings.userAgent)
    // Waiting for "100 Continue" costs a second with servers that do not know it.
    for (name, value) in request.headers + [("Expect", "")] {
      guard !(name + value).utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
        throw .library(reason: "a control character in the header \(name)")
      }
      let line = value.isEmpty ? "\(name):" : "\(name): \(value)"
      guard let list = unsafe curl_slist_append(headers, line) else {
        throw .library(reason: "out of memory")
      }
      unsafe headers = list
    }
    try check(unsafe ccurl_set_list(handle, CURLOPT_HTTPHEADER, headers))
  }

  private func setMethod(_ transfer: Transfer) throws(HTTPError) {
    let method = transfer.request.method
    switch method {
    case .get: return
    case .head: try set(CURLOPT_NOBODY, 1)
    case .put, .post, .patch:
      try set(CURLOPT_UPLOAD, 1)
      try set(CURLOPT_CUSTOMREQUEST, method.rawValue)
      try check(
        unsafe ccurl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, transfer.bodyLength)
      )
    case .delete: try set(CURLOPT_CUSTOMREQUEST, method.rawValue)
    }
  }

  private func setCallbacks() throws(HTTPError) {
    let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
    for option in [
      CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA,
      CURLOPT_OPENSOCKETDATA,
    ] {
      try check(unsafe ccurl_set_pointer(handle, option, context))
    }
    try check(unsafe ccurl_set_receiver(handle, CURLOPT_WRITEFUNCTION, receiveBody))
    try check(unsafe ccurl_set_receiver(handle, CURLOPT_HEADERFUNCTION, receiveHeader))
    try check(unsafe ccurl_set_reader(handle, sendBody))
    try check(unsafe ccurl_set_seeker(handle, seekBody))
    try check(unsafe ccurl_set_opener(handle, openSocket))
  }
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
  guard let context = unsafe context else { return nil }
  return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
}

// See: CURLOPT_WRITEFUNCTION(3)
private let receiveBody: curl_write_callback = { bytes, size, count, context in
  let length = size * count
  guard let transfer = unsafe transfer(context), let bytes = unsafe bytes else { return 0 }
  return unsafe bytes.withMemoryRebound(to: UInt8.self, capacity: length) { start in
    let span = unsafe Span(_unsafeStart: UnsafePointer(start), count: length)
    return transfer.receiveBody(span) ? length : 0
  }
}

// See: CURLOPT_HEADERFUNCTION(3)
private let receiveHeader: curl_write_callback = { bytes, size, count, context in
  let length = size * count
  guard let transfer = unsafe transfer(context), let bytes = unsafe bytes else { return 0 }
  let line = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: length))
  return transfer.receiveHeader(line) ? length : 0
}

// See: CURLOPT_READFUNCTION(3)
private let sendBody: curl_read_callback = { buffer, size, count, context in
  guard let transfer = unsafe transfer(context), let buffer = unsafe buffer else {
    return Int(CURL_READFUNC_ABORT)
  }
  let room = unsafe UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
  let length = transfer.send(into: room)
  return length < 0 ? Int(CURL_READFUNC_ABORT) : length
}

// See: CURLOPT_SEEKFUNCTION(3)
private let seekBody: curl_seek_callback = { context, offset, origin in
  guard let transfer = unsafe transfer(context), origin == SEEK_SET else {
    return CURL_SEEKFUNC_FAIL
  }
  transfer.rewind(to: Int64(offset))
  return CURL_SEEKFUNC_OK
}

// See: CURLOPT_OPENSOCKETFUNCTION(3)
private let openSocket: curl_opensocket_callback = { context, _, address in
  guard let transfer = unsafe transfer(context), let address = unsafe address else { return -1 }
  guard let kind = unsafe networkKind(address), transfer.allowsConnection(to: kind) else {
    return -1
  }
  let type = unsafe address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
  return unsafe socket(address.pointee.family, type, address.pointee.protocol)
}

private func networkKind(_ address: UnsafeMutablePointer<curl_sockaddr>) -> NetworkKind? {
  let length = unsafe min(Int(address.pointee.addrlen), MemoryLayout<sockaddr_in6>.size)
  let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
  let bytes = unsafe Array(
    UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + offset, count: length)
  )
  // The address stands after family and port in the one, after the flow label too in the other.
  return switch unsafe address.pointee.family {
  case AF_INET where length >= 8: NetworkKind(address: Array(bytes[4..<8]))
  case AF_INET6 where length >= 24: NetworkKind(address: Array(bytes[8..<24]))
  default: nil
  }
}
