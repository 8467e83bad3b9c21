import Testing

@testable import Cgroups

@Suite struct LocationTests {
  @Test(
    "an absolute path starts at the root",
    arguments: [
      ("/a/b", "/a/b"), ("//a/./b/", "/a/b"),
      ("/system.slice:docker:abc", "/system.slice:docker:abc"),
    ]
  )
  func absolute(path: String, expected: String) throws {
    #expect(try CgroupLocation(path: path).path == expected)
  }

  @Test(
    "what leads elsewhere, or nowhere, is refused",
    arguments: [
      "/", "", "/./", "/..", "/a/../b", "/a/..", "/a\nb", "/\(String(repeating: "x", count: 256))",
    ]
  )
  func refused(path: String) {
    #expect(throws: CgroupError.self) { try CgroupLocation(path: path) }
  }

  @Test(
    "a relative path starts beside this process's own cgroup",
    arguments: [
      ("/", "/x/y"), ("/user.slice/session.scope", "/user.slice/x/y"), ("/one", "/x/y"),
    ]
  )
  func relative(own: String, expected: String) throws {
    #expect(try CgroupLocation(relative: "x/y", own: own).path == expected)
  }

  @Test("a process that is outside of its cgroup namespace has no place to offer")
  func outside() {
    #expect(throws: CgroupError.self) { try CgroupLocation(relative: "x", own: "/../other") }
  }

  @Test("the mount table is read with its escapes and its optional fields")
  func mountTable() {
    let text = """
      31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
      35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:5 - cgroup cgroup rw,memory
      41 31 0:38 / /mnt/a\\040b rw shared:1 master:2 - cgroup2 cgroup2 rw,nsdelegate
      """
    #expect(
      mountLines(in: text) == [
        MountLine(path: "/sys/fs/cgroup/memory", type: "cgroup", options: ["rw", "memory"]),
        MountLine(path: "/mnt/a b", type: "cgroup2", options: ["rw", "nsdelegate"]),
      ]
    )
  }

  @Test(
    "a missing controller has its reason",
    arguments: [
      ("pids", "it is not delegated to the cgroup /a: enable it in cgroup.subtree_control above"),
      (
        "memory",
        "it is bound to the cgroup v1 hierarchy at /sys/fs/cgroup/memory: "
          + "boot with cgroup_no_v1=memory"
      ),
      ("io", "it is bound to the cgroup v1 hierarchy: boot with cgroup_no_v1=blkio"),
      ("cpu", "it was disabled at boot (cgroup_disable=)"),
      ("hugetlb", "this cgroup2 hierarchy does not offer it"),
      ("rdma", "this kernel is built without it"),
    ]
  )
  func reasons(controller: String, reason: String) {
    let table = """
      #subsys_name\thierarchy\tnum_cgroups\tenabled
      cpu\t0\t1\t0
      memory\t4\t10\t1
      blkio\t7\t1\t1
      hugetlb\t0\t5\t1
      pids\t0\t1\t1
      """
    let diagnosis = ControllerDiagnosis(
      offered: ["pids"],
      kernelTable: table,
      mounts: [MountLine(path: "/sys/fs/cgroup/memory", type: "cgroup", options: ["rw", "memory"])]
    )
    #expect(diagnosis.reason(for: controller, at: "/a") == reason)
  }

  @Test("events are read by their key")
  func events() {
    let text = Array("populated 1\nfrozen 0\n".utf8)
    #expect(eventValue(of: "populated", in: text))
    #expect(!eventValue(of: "frozen", in: text))
    #expect(!eventValue(of: "absent", in: text))
  }
}
