import Testing

@testable import ImageSpec

private let hexadecimal = String(repeating: "0", count: 64)

private func descriptor(_ mediaType: String, extra: String = "") -> String {
  #"{"mediaType":"\#(mediaType)","digest":"sha256:\#(hexadecimal)","size":7\#(extra)}"#
}

@Suite struct DocumentTests {
  @Test func `unknown fields of an index survive a round trip`() throws {
    let entry = descriptor(MediaType.ociManifest, extra: #","annotations":{"k":"v"},"new":[1]"#)
    let text = #"{"schemaVersion":2,"future":{"x":1e3},"manifests":[\#(entry)],"last":null}"#
    let index = try Index(parsing: Array(text.utf8))
    #expect(index.document.compactText == text)
    #expect(index.manifests[0].annotation("k") == "v")
  }

  @Test func `a name is set without losing other annotations`() throws {
    let entry = descriptor(MediaType.ociManifest, extra: #","annotations":{"k":"v"}"#)
    let index = try Index(parsing: Array(#"{"schemaVersion":2,"manifests":[\#(entry)]}"#.utf8))
    let named = index.manifests[0].settingAnnotation(Index.nameAnnotation, to: "n")
    #expect(named.annotation("k") == "v")
    #expect(named.annotation(Index.nameAnnotation) == "n")
  }

  @Test(arguments: [
    ("an index with layers", #"{"schemaVersion":2,"manifests":[],"layers":[]}"#),
    ("an index with a config", #"{"schemaVersion":2,"manifests":[],"config":{}}"#),
    ("schema version 1", #"{"schemaVersion":1,"manifests":[]}"#),
    ("no manifests", #"{"schemaVersion":2}"#),
    (
      "a manifest's media type",
      #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","manifests":[]}"#
    ),
    (
      "a negative size",
      #"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:\#(hexadecimal)","size":-1}]}"#
    ),
    (
      "a size beyond 64 bits",
      #"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:\#(hexadecimal)","size":9223372036854775808}]}"#
    ),
    (
      "a fraction as size",
      #"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:\#(hexadecimal)","size":1.5}]}"#
    ),
    (
      "a digest as path",
      #"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:../../x","size":1}]}"#
    ),
    ("an array", "[]"),
  ])
  func `an index that breaks a rule is refused`(label: String, text: String) {
    #expect(throws: DocumentError.self, "\(label)") { try Index(parsing: Array(text.utf8)) }
  }

  @Test(arguments: [
    ("no config", #"{"schemaVersion":2,"layers":[]}"#),
    (
      "manifests too",
      #"{"schemaVersion":2,"manifests":[],"config":\#(descriptor("x")),"layers":[]}"#
    ),
    (
      "an index's media type",
      #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","config":\#(descriptor("x"))}"#
    ),
    ("schema 1", #"{"schemaVersion":1,"fsLayers":[]}"#),
    ("layers as object", #"{"schemaVersion":2,"config":\#(descriptor("x")),"layers":{}}"#),
  ])
  func `a manifest that breaks a rule is refused`(label: String, text: String) {
    #expect(throws: DocumentError.self, "\(label)") { try Manifest(parsing: Array(text.utf8)) }
  }

  @Test func `null optionals count as absent`() throws {
    let text = #"""
      {"architecture":"amd64","os":"linux","variant":null,"config":{"User":null,"Env":null,
      "Volumes":null,"Labels":null,"ExposedPorts":null},"rootfs":{"type":"layers","diff_ids":null}}
      """#
    let configuration = try ImageConfiguration(parsing: Array(text.utf8))
    #expect(configuration.execution.environment.isEmpty)
    #expect(configuration.diffIDs.isEmpty)
    #expect(configuration.platform.variant == nil)
  }

  @Test(arguments: [
    (
      "an unknown rootfs type",
      #"{"architecture":"a","os":"l","rootfs":{"type":"x","diff_ids":[]}}"#
    ),
    ("no rootfs", #"{"architecture":"a","os":"l"}"#),
    ("no architecture", #"{"os":"l","rootfs":{"type":"layers","diff_ids":[]}}"#),
    (
      "a bad diff ID", #"{"architecture":"a","os":"l","rootfs":{"type":"layers","diff_ids":["x"]}}"#
    ),
    (
      "Env as object",
      #"{"architecture":"a","os":"l","config":{"Env":{}},"rootfs":{"type":"layers"}}"#
    ),
  ])
  func `a configuration that breaks a rule is refused`(label: String, text: String) {
    #expect(throws: DocumentError.self, "\(label)") {
      try ImageConfiguration(parsing: Array(text.utf8))
    }
  }

  @Test func `an error names the field by its path`() {
    let text = #"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":1}]}"#
    let error = #expect(throws: DocumentError.self) { try Index(parsing: Array(text.utf8)) }
    #expect(error?.description == "manifests[0].digest: a string is expected, not a number")
  }
}

@Suite struct PlatformTests {
  @Test(arguments: [
    ("linux/amd64", "linux/amd64", true), ("linux/arm64", "linux/arm64/v8", true),
    ("linux/arm64/v8", "linux/arm64", true), ("linux/arm/v6", "linux/arm/v7", false),
    ("linux/arm/v7", "linux/arm/v7", true), ("linux/amd64", "linux/arm64", false),
    ("linux/amd64", "windows/amd64", false), ("linux/x86_64", "linux/amd64", true),
  ])
  func `a request accepts what serves it`(wanted: String, offered: String, accepts: Bool) throws {
    let wanted = try #require(Platform(parsing: wanted))
    #expect(wanted.accepts(try #require(Platform(parsing: offered))) == accepts)
  }

  @Test(arguments: ["", "linux", "linux/", "/amd64", "linux/a/b/c", "linux/a b"])
  func `a malformed platform is refused`(text: String) {
    #expect(Platform(parsing: text) == nil)
  }
}

@Suite struct LayerFormatTests {
  @Test(arguments: [
    ("application/vnd.oci.image.layer.v1.tar", LayerCompression.none, true),
    ("application/vnd.oci.image.layer.v1.tar+gzip", .gzip, true),
    ("application/vnd.oci.image.layer.v1.tar+zstd", .zstd, true),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", .gzip, true),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", .gzip, false),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", .zstd, false),
  ])
  func `layer media types are taken apart`(
    mediaType: String,
    compression: LayerCompression,
    isDistributable: Bool,
  ) {
    let format = LayerFormat(mediaType: mediaType)
    #expect(format?.compression == compression)
    #expect(format?.isDistributable == isDistributable)
  }

  @Test func `an unknown layer media type is none`() {
    #expect(LayerFormat(mediaType: "application/vnd.oci.image.layer.v1.tar+lzma") == nil)
  }
}
