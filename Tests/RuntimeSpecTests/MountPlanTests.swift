@testable import RuntimeSpec
import Testing

struct MountPlanTests {
  /// Options, and the bits that they come to.
  struct Row: CustomTestStringConvertible, Sendable {
    var options: [String]
    var set: UInt64 = 0
    var clear: UInt64 = 0
    var recursiveSet: UInt64 = 0
    var recursiveClear: UInt64 = 0
    var superblock: [String] = []

    var testDescription: String { options.joined(separator: ",") }
  }

  private static let times: UInt64 = 0x70

  // The numbers are those of uapi/linux/mount.h, written out: the table must not judge itself.
  static let rows = [
    Row(options: []),
    Row(options: ["defaults", "silent", "loud", "iversion", "noiversion"]),
    Row(options: ["ro"], set: 1, superblock: ["ro"]),
    Row(options: ["rw"], clear: 1, superblock: ["rw"]),
    Row(options: ["ro", "rw"], clear: 1, superblock: ["ro", "rw"]),
    Row(options: ["rw", "ro"], set: 1, superblock: ["rw", "ro"]),
    Row(options: ["nosuid", "nodev", "noexec"], set: 2 | 4 | 8),
    Row(options: ["suid", "dev", "exec"], clear: 2 | 4 | 8),
    Row(options: ["nosymfollow"], set: 0x20_0000),
    Row(options: ["symfollow"], clear: 0x20_0000),
    Row(options: ["noatime"], set: 0x10, clear: times),
    Row(options: ["relatime"], clear: times),
    Row(options: ["strictatime"], set: 0x20, clear: times),
    Row(options: ["atime"], clear: times),
    Row(options: ["norelatime"], clear: times),
    Row(options: ["nostrictatime"], clear: times),
    Row(options: ["noatime", "strictatime"], set: 0x20, clear: times),
    Row(options: ["strictatime", "relatime"], clear: times),
    Row(options: ["nodiratime", "noatime"], set: 0x90, clear: times),
    Row(options: ["diratime"], clear: 0x80),
    Row(options: ["rro"], recursiveSet: 1),
    Row(options: ["rrw"], recursiveClear: 1),
    Row(options: ["rnosuid", "rnodev", "rnoexec", "rnosymfollow"], recursiveSet: 0x20_000E),
    Row(options: ["rsuid", "rdev", "rexec", "rsymfollow"], recursiveClear: 0x20_000E),
    Row(options: ["rnoatime"], recursiveSet: 0x10, recursiveClear: times),
    Row(options: ["rstrictatime"], recursiveSet: 0x20, recursiveClear: times),
    Row(options: ["rrelatime"], recursiveClear: times),
    Row(options: ["ratime", "rnorelatime", "rnostrictatime"], recursiveClear: times),
    Row(options: ["rnodiratime"], recursiveSet: 0x80),
    Row(options: ["rdiratime"], recursiveClear: 0x80),
    Row(options: ["sync", "dirsync", "lazytime"], superblock: ["sync", "dirsync", "lazytime"]),
    Row(
      options: ["async", "nolazytime", "mand", "nomand", "acl", "noacl"],
      superblock: ["async", "nolazytime", "mand", "nomand", "acl", "noacl"]
    ),
  ]

  @Test("Options come to the bits and flags of the kernel", arguments: rows)
  func options(_ row: Row) throws {
    let plan = try mount(#""type": "tmpfs""#, row.options)
    #expect((plan.attributes.set, plan.attributes.clear) == (row.set, row.clear))
    #expect(plan.recursiveAttributes.set == row.recursiveSet)
    #expect(plan.recursiveAttributes.clear == row.recursiveClear)
    #expect(plan.superblockFlags == row.superblock)
    #expect(plan.parameters == [])
    #expect(plan.propagation == [])
  }

  @Test("Every name of the table is understood, and none of them as the file system's own")
  func table() throws {
    #expect(MountOptionTable.supportedNames.count == Set(MountOptionTable.supportedNames).count)
    let forBinds = ["idmap", "ridmap", "copy-symlink", "src-nofollow"]
    for name in MountOptionTable.supportedNames where !forBinds.contains(name) {
      let plan = try mount(#""type": "tmpfs", "source": "/x""#, [name])
      #expect(plan.parameters == [], "\(name)")
    }
    for name in ["rro", "ro", "tmpcopyup", "rbind", "rslave", "nosymfollow", "lazytime"] {
      #expect(MountOptionTable.supportedNames.contains(name), "\(name)")
    }
    for name in forBinds { #expect(MountOptionTable.supportedNames.contains(name), "\(name)") }
  }

  @Test("Propagation is kept in order, with its depth")
  func propagation() throws {
    let plan = try mount(
      #""source": "/x""#,
      ["rbind", "private", "rshared", "slave", "runbindable"]
    )
    #expect(
      plan.propagation == [
        Propagation(kind: .private, isRecursive: false),
        Propagation(kind: .shared, isRecursive: true),
        Propagation(kind: .slave, isRecursive: false),
        Propagation(kind: .unbindable, isRecursive: true),
      ]
    )
    // MS_SHARED, MS_SLAVE, MS_PRIVATE and MS_UNBINDABLE of uapi/linux/mount.h.
    #expect(
      Propagation.Kind.allCases.map(\.mountFlag) == [0x10_0000, 0x8_0000, 0x4_0000, 0x2_0000]
    )
  }

  @Test("Whatever else stands there is the file system's, in order, split at the first =")
  func parameters() throws {
    let plan = try mount(
      #""type": "tmpfs", "source": "shm""#,
      ["mode=755", "nosuid", "size=1=2", "nr_inodes=", "huge", "x=\u{301}y", ""]
    )
    #expect(plan.kind == .filesystem(type: "tmpfs", source: "shm"))
    #expect(
      plan.parameters == [
        .init(key: "mode", value: "755"), .init(key: "size", value: "1=2"),
        .init(key: "nr_inodes", value: ""), .init(key: "huge", value: nil),
        .init(key: "x", value: "\u{301}y"),
      ]
    )
  }

  @Test("What is mounted follows from options and type")
  func kinds() throws {
    let rows: [(members: String, options: [String], kind: MountPlan.Kind)] = [
      (#""type": "proc""#, [], .filesystem(type: "proc", source: "proc")),
      (#""type": "none", "source": "/sys""#, ["rbind"], .bind(source: "/sys", isRecursive: true)),
      (#""source": "a/b""#, ["bind"], .bind(source: "/bundle/a/b", isRecursive: false)),
      (#""type": "bind", "source": "/x""#, ["ro"], .bind(source: "/x", isRecursive: false)),
      (#""type": "bind", "source": "/x""#, ["rbind"], .bind(source: "/x", isRecursive: true)),
      (#""type": "cgroup", "source": "cgroup""#, ["ro"], .cgroup),
      (#""type": "cgroup2""#, ["nosuid"], .cgroup),
    ]
    for row in rows {
      let plan = try mount(row.members, row.options)
      #expect(plan.kind == row.kind, "\(row.members)")
      if row.kind != .filesystem(type: "proc", source: "proc") {
        #expect(plan.superblockFlags == [], "\(row.members)")
      }
    }
  }

  @Test("A destination is absolute and clean, and an entry knows its pointer")
  func destinations() throws {
    for (text, clean) in [("proc", "/proc"), ("/a//./b/../c/", "/a/c"), ("/../..", "/")] {
      let plan = try mount(#""type": "tmpfs", "destination": "\#(text)""#, [])
      #expect(plan.destination == clean)
      #expect(plan.pointer == "/mounts/1")
    }
  }

  @Test("tmpcopyup and remount are carried")
  func flags() throws {
    #expect(try mount(#""type": "tmpfs""#, ["tmpcopyup"]).copiesUp)
    #expect(try mount(#""type": "none""#, ["remount", "ro"]).isRemount)
    #expect(try !mount(#""type": "tmpfs""#, []).isRemount)
  }

  private func mount(_ members: String, _ options: [String]) throws -> MountPlan {
    let list = options.map { #""\#($0)""# }.joined(separator: ", ")
    let document = Document.mount(#""destination": "/x", \#(members), "options": [\#(list)]"#)
    return try #require(try document.plan().mounts.last)
  }
}
