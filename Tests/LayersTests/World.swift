import Foundation
import Hashing
import ImageSpec
import Layers
import RootedFiles
import Testing

/// A root to apply layers to, and beside it a directory that no layer may ever touch.
final class World {
  let folder: String
  var root: String { folder + "/root" }
  var outside: String { folder + "/outside" }
  private let before: [String]

  init() throws {
    folder = FileManager.default.temporaryDirectory.path + "/layers-" + UUID().uuidString
    for directory in ["root", "outside/directory", "blobs"] {
      try FileManager.default.createDirectory(
        atPath: folder + "/" + directory,
        withIntermediateDirectories: true,
      )
    }
    try "canary".write(toFile: folder + "/outside/file", atomically: false, encoding: .utf8)
    before = try World.snapshot(folder + "/outside")
  }

  deinit {
    // Directories that layers made read-only would keep an ordinary user from removing them.
    _ = unsafe system("chmod -R u+rwx '\(folder)'; rm -rf '\(folder)'")
  }

  var isOutsideUntouched: Bool {
    do {
      return try World.snapshot(outside) == before
    } catch {
      return false
    }
  }

  /// Applies plain archives as the layers of an image.
  @discardableResult
  func apply(
    _ layers: [UInt8]...,
    ownership: Ownership = .rootless,
    limits: LayerLimits = .image,
  ) throws -> Omissions {
    var applier = try LayerApplier(
      root: RootDirectory(atPath: root),
      ownership: ownership,
      limits: limits,
    )
    for layer in layers { try applier.apply(source(layer)) { _ in true } }
    return try applier.finish()
  }

  /// What applying the archives breaks on.
  func problem(
    _ layers: [UInt8]...,
    ownership: Ownership = .rootless,
    limits: LayerLimits = .image,
  ) throws -> LayerError.Problem? {
    do {
      var applier = try LayerApplier(
        root: RootDirectory(atPath: root),
        ownership: ownership,
        limits: limits,
      )
      for layer in layers { try applier.apply(source(layer)) { _ in true } }
      _ = try applier.finish()
      return nil
    } catch let error as LayerError {
      return error.problem
    }
  }

  func source(
    _ blob: [UInt8],
    size: Int64? = nil,
    digest: String? = nil,
    diffID: String? = nil,
    compression: LayerCompression? = LayerCompression.none,
  ) throws -> LayerSource {
    let found = IncrementalHash.hexadecimal(of: blob, algorithm: .sha256)
    try Data(blob).write(to: URL(filePath: folder + "/blobs/" + found))
    return LayerSource(
      blob: try Directory(atPath: folder + "/blobs").openFile(FileName(found)),
      digest: try Digest(parsing: digest ?? "sha256:\(found)"),
      size: size ?? Int64(blob.count),
      diffID: try Digest(parsing: diffID ?? "sha256:\(found)"),
      compression: compression,
    )
  }

  /// A file of the root as lstat(2) sees it; nil when it isn't there.
  func status(_ path: String) -> stat? {
    var status = stat()
    return unsafe lstat(root + "/" + path, &status) == 0 ? status : nil
  }

  func contents(_ path: String) -> String? {
    FileManager.default.contents(atPath: root + "/" + path).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  func mode(_ path: String) -> UInt32? { status(path).map { $0.st_mode } }

  func isDirectory(_ path: String) -> Bool { mode(path).map { $0 & S_IFMT == S_IFDIR } ?? false }

  /// All paths below a directory of the root.
  func list(_ path: String = "") throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root + "/" + path).sorted()
  }

  private static func snapshot(_ folder: String) throws -> [String] {
    try ([""] + FileManager.default.subpathsOfDirectory(atPath: folder)).sorted().map { name in
      var status = stat()
      unsafe lstat(folder + "/" + name, &status)
      let data = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
      return """
        \(name) \(status.st_mode) \(status.st_uid) \(status.st_nlink) \(status.st_mtim.tv_sec) \
        \(status.st_mtim.tv_nsec) \(status.st_ctim.tv_sec) \(status.st_ctim.tv_nsec) \(data.count)
        """
    }
  }
}

let isRoot = geteuid() == 0

func text(_ string: String) -> [UInt8] { Array(string.utf8) }

/// An archive of short descriptions: what an entry is, its name, and where it leads.
enum Item {
  case file(String, String = "", mode: Int = 0o644)
  case directory(String, mode: Int = 0o755)
  case link(String, to: String)
  case hardLink(String, to: String)
  case other(TarBuilder.Header)
  case pax([(String, String)])
}

func layer(_ items: Item...) -> [UInt8] {
  var tar = TarBuilder()
  for item in items {
    switch item {
    case .file(let name, let data, let mode):
      var header = TarBuilder.Header(name)
      header.mode = octal(mode, 8)
      tar.add(header, data: text(data))
    case .directory(let name, let mode):
      var header = TarBuilder.Header(name)
      header.type = "5"
      header.mode = octal(mode, 8)
      tar.add(header)
    case .link(let name, let target), .hardLink(let name, let target):
      if target.utf8.count > 100 { tar.addPax([("linkpath", target)]) }
      var header = TarBuilder.Header(name)
      if case .link = item { header.type = "2" } else { header.type = "1" }
      header.link = Array(text(target).prefix(100))
      tar.add(header)
    case .other(let header):
      tar.add(header)
    case .pax(let records):
      tar.addPax(records)
    }
  }
  tar.end()
  return tar.bytes
}
