@testable import Lifecycle
import Testing

struct MountTableTests {
  static let text = #"""
    80 76 254:0 /var/tmp/b/rootfs / rw,noatime master:1 - ext4 /dev/vda rw,nobarrier
    82 80 0:36 / /proc rw,relatime - proc proc rw
    84 82 0:5 /a\040b /proc/a\040b\134c rw shared:7 - proc proc rw
    85 82 0:5 / /process rw - tmpfs none rw
    no mount

    """#

  @Test("Ids, parents and paths are read, with what is escaped in them")
  func table() {
    let entries = MountEntry.table(Array(Self.text.utf8))
    #expect(
      entries == [
        MountEntry(id: 80, parent: 76, path: "/"),
        MountEntry(id: 82, parent: 80, path: "/proc"),
        MountEntry(id: 84, parent: 82, path: "/proc/a b\\c"),
        MountEntry(id: 85, parent: 82, path: "/process"),
      ]
    )
  }

  @Test("Below a mount is what begins with its path and a slash")
  func below() {
    let entries = MountEntry.table(Array(Self.text.utf8))
    #expect(entries.restsBelow("/proc") == ["/a b\\c"])
    #expect(entries.restsBelow("/") == ["/proc", "/proc/a b\\c", "/process"])
    #expect(entries.restsBelow("/process") == [])
  }
}
