import CImageSystem
import Foundation
import Layers
import RootedFiles
import Testing

@Suite struct EntryTests {
  let world: World

  init() throws {
    world = try World()
  }

  @Test("a file is replaced, not written into: its other names keep the old data")
  func replacesFiles() throws {
    try world.apply(
      layer(.file("a", "old"), .hardLink("b", to: "a")),
      layer(.file("a", "new")),
    )
    #expect(world.contents("a") == "new")
    #expect(world.contents("b") == "old")
    #expect(world.status("b")?.st_nlink == 1)
  }

  @Test("the last of several entries with one name wins, whatever they are")
  func lastWins() throws {
    try world.apply(
      layer(
        .file("a", "1"),
        .file("a", "2"),
        .file("b"),
        .directory("b"),
        .file("b/x"),
        .file("b", "file"),
        .directory("c"),
        .file("c/x"),
        .link("c", to: "a"),
        .link("d", to: "a"),
        .directory("d"),
        .file("d/x"),
      )
    )
    #expect(world.contents("a") == "2")
    #expect(world.contents("b") == "file")
    #expect(world.contents("c") == "2")
    #expect(try world.list("d") == ["x"])
  }

  @Test("a directory keeps its children when an upper layer names it again")
  func directoryAgain() throws {
    try world.apply(
      layer(.directory("d", mode: 0o700), .file("d/x")),
      layer(.directory("d", mode: 0o511)),
    )
    #expect(try world.list("d") == ["x"])
    #expect(world.mode("d") == S_IFDIR | 0o511)
  }

  @Test("missing parents are made, and what stands in their way is replaced")
  func parents() throws {
    try world.apply(
      layer(.file("file"), .link("dangling", to: "to/here"), .file("a/b/c", "1")),
      layer(.file("file/x", "2"), .file("dangling/x", "3")),
    )
    #expect(world.contents("a/b/c") == "1")
    #expect(world.contents("file/x") == "2")
    #expect(world.contents("to/here/x") == "3")
    #expect(world.mode("a/b") == S_IFDIR | 0o755)
    #expect(world.status("a/b")?.st_mtim.tv_sec == 0)
  }

  @Test("directories get their modes and times after the children of all layers")
  func directoryTimes() throws {
    var header = TarBuilder.Header("d")
    header.type = "5"
    header.mode = octal(0o555, 8)
    header.modified = octal(1_000_000, 12)
    try world.apply(layer(.other(header), .file("d/one")), layer(.file("d/two")))
    #expect(try world.list("d") == ["one", "two"])
    #expect(world.mode("d") == S_IFDIR | 0o555)
    #expect(world.status("d")?.st_mtim.tv_sec == 1_000_000)
  }

  @Test("the root has fixed attributes unless a layer says otherwise")
  func rootAttributes() throws {
    try world.apply(layer(.file("a")))
    #expect(world.mode("") == S_IFDIR | 0o755)
    #expect(world.status("")?.st_mtim.tv_sec == 0)
    try world.apply(layer(.directory("./", mode: 0o711)))
    #expect(world.mode("") == S_IFDIR | 0o711)
  }

  @Test("a hard link may come before its target, also through another link")
  func linkBeforeTarget() throws {
    try world.apply(
      layer(.hardLink("c", to: "b"), .hardLink("b", to: "d/a"), .file("d/a", "data"))
    )
    #expect(world.contents("c") == "data")
    #expect(world.status("c")?.st_ino == world.status("d/a")?.st_ino)
  }

  @Test("a hard link reaches a lower layer, replaces a file, and survives itself")
  func linkVariants() throws {
    try world.apply(
      layer(.file("a", "data"), .file("old", "old")),
      layer(.hardLink("b", to: "./a"), .hardLink("old", to: "/a"), .hardLink("a", to: "a")),
    )
    #expect(world.status("a")?.st_nlink == 3)
    #expect(world.contents("old") == "data")
  }

  @Test("many links that wait for each other cost no more than their number")
  func linkChain() throws {
    var tar = TarBuilder()
    // Every second one first, so that neither direction of a simple loop is quick.
    for index in Array(stride(from: 0, to: 3000, by: 2)) + Array(stride(from: 1, to: 3000, by: 2)) {
      var header = TarBuilder.Header("link\(index)")
      header.type = "1"
      header.link = text("link\(index + 1)")
      tar.add(header)
    }
    tar.add(.init("link3000"), data: text("data"))
    tar.end()
    try world.apply(tar.bytes)
    #expect(world.status("link0")?.st_nlink == 3001)
  }

  @Test("a hard link without target is an error that names it")
  func missingTarget() throws {
    let broken = layer(.hardLink("a", to: "nowhere"))
    #expect(try world.problem(broken) == .missingLinkTarget(text("nowhere")))
  }

  @Test("a waiting link gives way to a later entry of its name")
  func linkGivesWay() throws {
    try world.apply(layer(.hardLink("a", to: "never"), .file("a", "data")))
    #expect(world.contents("a") == "data")
  }

  @Test("a sparse file has its size and its hole")
  func sparse() throws {
    var tar = TarBuilder()
    tar.addPax([("GNU.sparse.size", "10485760"), ("GNU.sparse.map", "1048576,4")])
    tar.add(.init("sparse"), data: text("data"))
    tar.end()
    try world.apply(tar.bytes)
    #expect(world.status("sparse")?.st_size == 10 << 20)
    #expect((world.status("sparse")?.st_blocks ?? 0) < 2048)
    #expect(
      world.contents("sparse")?.utf8.dropFirst(1 << 20).prefix(4).elementsEqual("data".utf8) == true
    )
  }

  @Test("names may be any bytes and paths longer than PATH_MAX")
  func names() throws {
    var header = TarBuilder.Header("")
    header.name = [0xFF, 0xFE, 0x0A, 0x1B]
    let long = String(repeating: "directory/", count: 500) + "f"
    try world.apply(layer(.other(header), .pax([("path", long)]), .file("short", "deep")))
    let names = try FileManager.default.contentsOfDirectory(atPath: world.root)
    #expect(names.count == 2)
  }

  @Test("a name of 256 bytes is an error")
  func longName() throws {
    let long = String(repeating: "n", count: 256)
    let hostile = layer(.pax([("path", long)]), .file("short"))
    #expect(try world.problem(hostile) == .file(.invalidName(text(long))))
  }

  @Test("modes keep their set-id bits, and fifos are made")
  func modes() throws {
    var fifo = TarBuilder.Header("fifo")
    fifo.type = "6"
    fifo.mode = octal(0o622, 8)
    try world.apply(layer(.file("s", "x", mode: 0o4755), .other(fifo)))
    #expect(world.mode("s") == S_IFREG | 0o4755)
    #expect(world.mode("fifo") == S_IFIFO | 0o622)
  }

  @Test("attributes are set, replaced with their directory, and labels of SELinux are left out")
  func attributes() throws {
    let lower = layer(
      .pax([("SCHILY.xattr.user.old", "1"), ("SCHILY.xattr.security.selinux", "label")]),
      .directory("d"),
      .pax([("SCHILY.xattr.user.file", "kept"), ("mtime", "1.5")]),
      .file("f", "", mode: 0o444),
    )
    let omissions = try world.apply(
      lower,
      layer(.pax([("SCHILY.xattr.user.new", "2")]), .directory("d"))
    )
    #expect(omissions.attributes == 0 && omissions.devices == 0)
    let directory = try Directory(atPath: world.root + "/d")
    #expect(try directory.descriptor.attributeNames() == [text("user.new")])
    let file = try Directory(atPath: world.root).openFile(FileName("f"))
    #expect(try file.attributeNames() == [text("user.file")])
    #expect(try file.status().modified == FileTime(seconds: 1, nanoseconds: 500_000_000))
  }

  @Test("without privileges, devices are left out and counted", .enabled(if: !isRoot))
  func omittedDevices() throws {
    var device = TarBuilder.Header("null")
    device.type = "3"
    let omissions = try world.apply(layer(.other(device), .file("f")))
    #expect(omissions.devices == 1)
    #expect(try world.list() == ["f"])
  }

  @Test("without privileges, other attributes are left out and counted")
  func omissions() throws {
    let omissions = try world.apply(
      layer(.pax([("SCHILY.xattr.security.capability", "x")]), .file("f"))
    )
    #expect(omissions.attributes == 1)
  }
}

@Suite(.enabled(if: isRoot, "needs root")) struct PrivilegedEntryTests {
  let world: World

  init() throws {
    world = try World()
  }

  func owned(_ uid: [UInt8], _ gid: [UInt8]) -> Item {
    var header = TarBuilder.Header("f")
    header.uid = uid
    header.gid = gid
    return .other(header)
  }

  @Test("owners are the image's, on links too, and capabilities survive the change of owner")
  func owners() throws {
    var link = TarBuilder.Header("l")
    link.type = "2"
    link.link = text("f")
    link.uid = octal(7, 8)
    // Version 2, effective, CAP_NET_RAW: the bytes that setcap writes.
    let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20] + Array(repeating: 0, count: 14)
    var tar = TarBuilder()
    tar.addPax([("SCHILY.xattr.security.capability", capability)])
    var file = TarBuilder.Header("f")
    file.uid = octal(1000, 8)
    file.gid = octal(1001, 8)
    file.mode = octal(0o6755, 8)
    tar.add(file)
    tar.add(link)
    tar.end()
    try world.apply(tar.bytes, ownership: .asInImage)
    #expect(world.status("f")?.st_uid == 1000)
    #expect(world.status("f")?.st_gid == 1001)
    #expect(world.mode("f") == S_IFREG | 0o6755)
    #expect(world.status("l")?.st_uid == 7)
    let attributes = try Directory(atPath: world.root).openFile(FileName("f")).attributeNames()
    #expect(attributes == [text("security.capability")])
  }

  @Test("devices are made with their numbers and modes")
  func devices() throws {
    var device = TarBuilder.Header("null")
    device.type = "3"
    device.major = octal(1, 8)
    device.minor = octal(3, 8)
    device.mode = octal(0o666, 8)
    try world.apply(layer(.other(device)), ownership: .asInImage)
    #expect(world.mode("null") == S_IFCHR | 0o666)
    #expect(world.status("null")?.st_rdev == 0x103)
  }

  @Test("ids beyond the range are refused, not wrapped around")
  func idRange() throws {
    let large: [(UInt64, [UInt8])] = [
      (4_294_967_295, [0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
      (4_294_967_296, [0x80, 0, 0, 1, 0, 0, 0, 0]),
    ]
    for (id, field) in large {
      let zero = octal(0, 8)
      #expect(
        try world.problem(layer(owned(field, zero)), ownership: .asInImage) == .invalidID("uid", id)
      )
      #expect(
        try world.problem(layer(owned(zero, field)), ownership: .asInImage) == .invalidID("gid", id)
      )
    }
  }

  @Test("ids are moved to the ranges of a map, and those outside are refused")
  func maps() throws {
    let uids = IDMap([.init(container: 0, host: 100_000, count: 10)])
    let gids = IDMap([
      .init(container: 0, host: 200_000, count: 1), .init(container: 5, host: 300_000, count: 5),
    ])
    let ownership = Ownership.mapped(uids: uids, gids: gids)
    try world.apply(
      layer(owned(octal(9, 8), octal(5, 8)), .file("implicit/f")),
      ownership: ownership
    )
    #expect(world.status("f")?.st_uid == 100_009)
    #expect(world.status("f")?.st_gid == 300_000)
    #expect(world.status("implicit")?.st_uid == 100_000)
    #expect(world.status("")?.st_gid == 200_000)
    #expect(
      try world.problem(layer(owned(octal(10, 8), octal(0, 8))), ownership: ownership)
        == .unmappedID("uid", 10)
    )
    #expect(
      try world.problem(layer(owned(octal(0, 8), octal(1, 8))), ownership: ownership)
        == .unmappedID("gid", 1)
    )
  }

  @Test("attributes of links and fifos are set without following or opening them")
  func specialAttributes() throws {
    var fifo = TarBuilder.Header("p")
    fifo.type = "6"
    let attribute = Item.pax([("SCHILY.xattr.trusted.mine", "1")])
    try world.apply(
      layer(attribute, .link("l", to: world.outside + "/file"), attribute, .other(fifo)),
      ownership: .asInImage,
    )
    #expect(world.isOutsideUntouched)
    #expect(unsafe lgetxattr(world.root + "/l", "trusted.mine", nil, 0) == 1)
    #expect(unsafe lgetxattr(world.root + "/p", "trusted.mine", nil, 0) == 1)
  }
}
