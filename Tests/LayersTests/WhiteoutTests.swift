import Layers
import Testing

/// Spec: image-spec layer.md, "Whiteouts" and "Opaque Whiteout".
@Suite struct WhiteoutTests {
  let world: World

  init() throws {
    world = try World()
  }

  let lower = layer(
    .directory("d"),
    .file("d/old", "old"),
    .directory("d/sub"),
    .file("d/sub/old", "old"),
    .file("f", "old"),
    .link("l", to: "d"),
  )

  @Test("a whiteout removes files, trees and links of lower layers, and misses nothing")
  func removes() throws {
    try world.apply(lower, layer(.file(".wh.f"), .file(".wh.d"), .file(".wh.l"), .file(".wh.no")))
    #expect(try world.list() == [])
  }

  @Test("a whiteout of any type counts")
  func anyType() throws {
    try world.apply(lower, layer(.directory("d/.wh.sub"), .link(".wh.f", to: "x")))
    #expect(try world.list() == ["d", "d/old", "l"])
  }

  @Test("a whiteout spares its own layer, before and after it")
  func sparesOwnLayer() throws {
    try world.apply(
      lower,
      layer(.file("f", "new"), .file(".wh.f"), .file(".wh.d"), .file("d/new", "new")),
    )
    #expect(world.contents("f") == "new")
    #expect(try world.list() == ["d", "d/new", "f", "l"])
  }

  @Test("a whiteout after its layer's own children keeps only those")
  func keepsOwnChildren() throws {
    try world.apply(lower, layer(.file("d/sub/new", "new"), .file(".wh.d")))
    #expect(try world.list("d") == ["sub", "sub/new"])
  }

  @Test("an opaque marker hides all lower children, before or after its layer's own")
  func opaque() throws {
    try world.apply(lower, layer(.file("d/one", "1"), .file("d/.wh..wh..opq"), .file("d/two", "2")))
    #expect(try world.list("d") == ["one", "two"])
  }

  @Test("an opaque marker hides the descendants of a directory that its layer keeps")
  func opaqueDeep() throws {
    try world.apply(lower, layer(.file("d/sub/new"), .file("d/.wh..wh..opq")))
    #expect(try world.list("d") == ["sub", "sub/new"])
  }

  @Test("an opaque marker in the root and one through a link work too")
  func opaqueRoot() throws {
    try world.apply(lower, layer(.file("l/.wh..wh..opq")))
    #expect(try world.list() == ["d", "f", "l"])
    try world.apply(layer(.file(".wh..wh..opq"), .file("only")))
    #expect(try world.list() == ["only"])
  }

  @Test("a whiteout hides nothing of its own layer when there is no lower one")
  func firstLayer() throws {
    try world.apply(layer(.file("a", "1"), .file(".wh.a"), .file(".wh..wh..opq")))
    #expect(try world.list() == ["a"])
  }

  @Test("what one layer hid, the next one can bring back")
  func comesBack() throws {
    try world.apply(lower, layer(.file(".wh.f")), layer(.file("f", "newest")))
    #expect(world.contents("f") == "newest")
  }

  @Test("leftovers of AUFS are skipped")
  func aufs() throws {
    try world.apply(
      layer(
        .directory(".wh..wh.plnk"),
        .file(".wh..wh.plnk/1.2"),
        .file(".wh..wh.aufs"),
        .file("a"),
      )
    )
    #expect(try world.list() == ["a"])
  }

  @Test("a whiteout makes no directories")
  func missingParent() throws {
    try world.apply(lower, layer(.file("no/such/.wh.x"), .file("no/.wh..wh..opq")))
    #expect(try world.list("") == ["d", "d/old", "d/sub", "d/sub/old", "f", "l"])
  }

  @Test("a tree deeper than any path is removed")
  func deep() throws {
    let name = String(repeating: "deep/", count: 900) + "f"
    try world.apply(
      layer(.pax([("path", name)]), .file("short", "x"), .file("other")),
      layer(.file(".wh.deep")),
    )
    #expect(try world.list() == ["other"])
  }
}
