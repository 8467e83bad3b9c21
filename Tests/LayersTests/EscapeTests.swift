import Foundation
import Layers
import RootedFiles
import Testing

/// Attacks on unpackers: whatever a layer says, nothing outside the root may change.
@Suite struct EscapeTests {
  let world: World

  init() throws {
    world = try World()
  }

  @Test("the root entry must be a directory")
  func rootAsLink() throws {
    for name in [".", "./", "/", "a/..", "../.."] {
      let hostile = layer(.link(name, to: world.outside), .file("pwned", "x"))
      #expect(try world.problem(hostile) == .rootIsNoDirectory, "named \(name)")
    }
    #expect(world.isOutsideUntouched)
  }

  @Test("names with dots, absolute names and both stay inside")
  func dots() throws {
    try world.apply(
      layer(
        .file("../../../outside/up", "1"),
        .file(world.outside + "/absolute", "2"),
        .file("x/../../../outside/middle", "3"),
        .file("./plain", "4"),
      )
    )
    #expect(world.isOutsideUntouched)
    #expect(world.contents("outside/up") == "1")
    #expect(world.contents(world.outside + "/absolute") == "2")
    #expect(world.contents("outside/middle") == "3")
    #expect(world.contents("plain") == "4")
  }

  @Test("a write through a link lands inside", arguments: [true, false])
  func writeThroughLink(isAbsolute: Bool) throws {
    let target = isAbsolute ? world.outside : "../outside"
    try world.apply(layer(.link("a", to: target), .file("a/pwned", "x"), .file("a/b/pwned", "y")))
    #expect(world.isOutsideUntouched)
    let inside = isAbsolute ? world.outside : "outside"
    #expect(world.contents(inside + "/pwned") == "x")
    #expect(world.contents(inside + "/b/pwned") == "y")
  }

  @Test("a whiteout through a link removes nothing outside")
  func hideThroughLink() throws {
    try world.apply(
      layer(.link("a", to: world.outside), .link("b", to: "../outside")),
      layer(.file("a/.wh.file"), .file("b/.wh.file"), .file("a/.wh.directory")),
      layer(.file("a/.wh..wh..opq"), .file("b/.wh..wh..opq")),
    )
    #expect(world.isOutsideUntouched)
    #expect(try world.list() == ["a", "b"])
  }

  @Test("a hard link finds no target outside")
  func hardLinkOutside() throws {
    for target in ["../outside/file", "../../outside/file", world.outside + "/file", "a/file"] {
      let hostile = layer(.link("a", to: world.outside), .hardLink("stolen", to: target))
      guard case .missingLinkTarget = try world.problem(hostile) else {
        Issue.record("linked to \(target)")
        continue
      }
    }
    #expect(world.isOutsideUntouched)
  }

  @Test("a hard link to a link is the link, and replacing it follows neither")
  func hardLinkToLink() throws {
    try world.apply(
      layer(
        .link("link", to: world.outside + "/file"),
        .hardLink("hard", to: "link"),
        .file("hard", "mine", mode: 0o777),
        .hardLink("again", to: "link"),
        .directory("again", mode: 0o777),
      )
    )
    #expect(world.isOutsideUntouched)
    #expect(world.contents("hard") == "mine")
    #expect(world.isDirectory("again"))
  }

  @Test("attributes for a link's name go to what replaces the link")
  func attributesThroughLink() throws {
    try world.apply(
      layer(.link("d", to: world.outside), .link("f", to: world.outside + "/file")),
      layer(.directory("d", mode: 0o777), .file("f", "", mode: 0o777)),
    )
    #expect(world.isOutsideUntouched)
    #expect(world.isDirectory("d"))
    #expect(world.status("f")?.st_size == 0)
  }

  @Test("an existing link is replaced by a file, not written through")
  func replaceLink() throws {
    try world.apply(
      layer(.link("f", to: world.outside + "/file")),
      layer(.file("f", "mine")),
    )
    #expect(world.isOutsideUntouched)
    #expect(world.contents("f") == "mine")
  }

  @Test("a directory that is swapped for a link after use does not lead outside")
  func swapDirectory() throws {
    try world.apply(
      layer(
        .file("d/one", "1"),
        .link("d", to: world.outside),
        .file("d/pwned", "2"),
        .file("d/two/pwned", "3"),
      )
    )
    #expect(world.isOutsideUntouched)
    #expect(world.contents(world.outside + "/pwned") == "2")
  }

  @Test("links that lead in a circle are an error")
  func circle() throws {
    let hostile = layer(.link("a", to: "b"), .link("b", to: "a"), .file("a/x", ""))
    guard case .file(let error) = try world.problem(hostile) else {
      Issue.record("was accepted")
      return
    }
    #expect(error.code?.symbol == "ELOOP")
  }

  @Test("links of procfs on the way are not followed")
  func magicLinks() throws {
    try world.apply(layer(.link("a", to: "/proc/self/root\(world.outside)"), .file("a/pwned", "x")))
    #expect(world.isOutsideUntouched)
  }

  @Test(
    "a whiteout of the directory itself or its parent is an error",
    arguments: [".wh.", ".wh..", ".wh...", "d/.wh..", "d/.wh...", "d/.wh."],
  )
  func badWhiteouts(name: String) throws {
    let lower = layer(.directory("d"), .file("d/f"))
    #expect(try world.problem(lower, layer(.file(name))) == .badWhiteout)
    #expect(world.isOutsideUntouched)
    #expect(try world.list() == ["d", "d/f"])
  }

  @Test("a whiteout cannot be a directory with children")
  func whiteoutAsDirectory() throws {
    #expect(try world.problem(layer(.file("d/.wh.x/child"))) == .badWhiteout)
  }
}
