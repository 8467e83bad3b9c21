import Testing

@testable import BundleConfig

@Suite struct OptionTests {
  @Test(arguments: [
    ("0:100000:65536", true), ("1:1:1", true), ("0:0:0", false), ("0:0", false), ("a:0:1", false),
    ("0:-1:1", false), ("0:4294967295:1", false), ("0:0:4294967296", false), (":0:1", false),
    ("0:0:1:2", false),
  ])
  func `identity ranges are read strictly`(text: String, isRange: Bool) {
    #expect((IdentityRange(parsing: text) != nil) == isRange)
  }

  @Test func `overlapping ranges are known`() throws {
    let range = IdentityRange(container: 0, host: 1000, size: 10)
    #expect(range.overlaps(IdentityRange(container: 9, host: 5000, size: 1)))
    #expect(range.overlaps(IdentityRange(container: 50, host: 1009, size: 1)))
    #expect(!range.overlaps(IdentityRange(container: 10, host: 1010, size: 1)))
  }

  @Test func `a mapping leaves out what is beyond it`() {
    let range = IdentityRange(container: 10, host: 1000, size: 5)
    let mapping = IdentityMapping.mapped(users: [range], groups: [])
    #expect(mapping.hostUser(12) == 1002)
    #expect(mapping.hostUser(9) == nil)
    #expect(mapping.hostUser(15) == nil)
    #expect(mapping.hostGroup(12) == nil)
  }

  @Test(arguments: [
    ("1", 100_000), ("0.5", 50_000), ("1.25", 125_000), ("0.01", 1000), ("2.125", 212_500),
  ])
  func `processors become a quota`(text: String, quota: Int64) {
    #expect(CPUQuota(parsing: text)?.quota == quota)
  }

  @Test(arguments: ["", "0", "0.0", "-1", "1.", ".5", "1.2345", "1e3", "inf", "0.001", "1,5"])
  func `what is no number of processors is refused`(text: String) {
    #expect(CPUQuota(parsing: text) == nil)
  }

  @Test(arguments: [
    ("1024", 1024), ("1k", 1024), ("512M", 536_870_912), ("2g", 2_147_483_648), ("7b", 7),
  ])
  func `sizes take binary suffixes`(text: String, bytes: Int64) {
    #expect(byteCount(parsing: text) == bytes)
  }

  @Test(arguments: ["", "m", "-1", "1.5g", "1kb", "9223372036854775807k", "٣"])
  func `what is no size is refused`(text: String) {
    #expect(byteCount(parsing: text) == nil)
  }

  @Test(arguments: [
    (
      "/a:/b",
      BundleMount(
        type: "bind",
        source: "/a",
        destination: "/b",
        options: ["rbind", "rprivate", "rw"]
      )
    ),
    (
      "/a:/b:ro",
      BundleMount(
        type: "bind",
        source: "/a",
        destination: "/b",
        options: ["rbind", "rprivate", "ro"]
      )
    ),
    (
      "type=bind,source=/a,target=/b,readonly",
      BundleMount(
        type: "bind",
        source: "/a",
        destination: "/b",
        options: ["rbind", "rprivate", "ro"]
      )
    ),
    (
      "src=/a=b,dst=/c,bind-propagation=rslave,nosuid",
      BundleMount(
        type: "bind",
        source: "/a=b",
        destination: "/c",
        options: ["rbind", "rslave", "nosuid"]
      )
    ),
    (
      "type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777",
      BundleMount(
        type: "tmpfs",
        source: "tmpfs",
        destination: "/t",
        options: ["nosuid", "nodev", "size=1048576", "mode=1777"]
      )
    ),
  ])
  func `mounts are read in both forms`(text: String, mount: BundleMount) throws {
    #expect(try BundleMount(parsing: text) == mount)
  }

  @Test(arguments: [
    "", "/a", "/a:b", ":/b", "/a:/b:rx", "/a:/b:ro:x", "type=bind,target=/b", "type=nfs,target=/b",
    "type=tmpfs,source=/x,target=/b", "source=/a", "source=/a,target=b", "source=/a,target=/",
    "source=/a,target=/b,magic", "type=tmpfs,target=/t,tmpfs-size=x", "/a:/", "/a:/\u{0}",
  ])
  func `a malformed mount is refused`(text: String) {
    #expect(throws: BundleConfigError.self) { try BundleMount(parsing: text) }
  }

  @Test func `later variables replace earlier ones in place`() throws {
    var list = EnvironmentList()
    try list.set("A=1")
    try list.set("B=2")
    try list.set("A=3=x")
    list.setIfAbsent("B", "9")
    list.setIfAbsent("C", "9")
    #expect(list.variables == ["A=3=x", "B=2", "C=9"])
    for bad in ["", "=x", "NAME", "A=\u{0}"] {
      #expect(throws: BundleConfigError.self) { try list.set(bad) }
    }
  }
}
