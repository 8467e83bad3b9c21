import Foundation
import JSON
@testable import RuntimeSpec
import Testing

struct ProcessPlanTests {
  @Test("A process without anything optional runs as root with no capability")
  func defaults() throws {
    let plan = try Document().plan()
    let process = plan.process
    #expect(process.args == ["sh"])
    #expect(process.environment == [])
    #expect(process.cwd == "/")
    #expect((process.uid, process.gid) == (0, 0))
    #expect(process.additionalGids == [])
    #expect(process.umask == nil)
    #expect(!process.hasTerminal)
    #expect(process.capabilities == CapabilityNames())
    #expect(!process.noNewPrivileges)
    #expect(process.rlimits == [])
    #expect(process.oomScoreAdj == nil)
    #expect(process.apparmorProfile == nil)
    #expect(process.selinuxLabel == nil)
    #expect(process.scheduler == nil)
    #expect(process.ioPriority == nil)
    #expect(process.personality == nil)
    #expect(plan.seccomp == nil)
    #expect(plan.hooks == HookPlan())
    #expect(plan.cgroup.path == nil)
    #expect(plan.cgroup.resources == Resources())
    #expect(plan.warnings == [])
  }

  @Test("Every property of a process arrives")
  func everything() throws {
    let plan = try Document(
      process: """
        "terminal": true, "consoleSize": {"height": 25, "width": 80}, "cwd": "/tmp/..",
        "user": {"uid": 5, "gid": 6, "umask": 18, "additionalGids": [7, 8]},
        "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 18446744073709551615}],
        "noNewPrivileges": true, "oomScoreAdj": -500, "apparmorProfile": "a", "selinuxLabel": "b",
        "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 3},
        "scheduler": {"policy": "SCHED_DEADLINE", "flags": ["SCHED_FLAG_DL_OVERRUN"],
                      "runtime": 1, "deadline": 2, "period": 18446744073709551615}
        """,
      linux: #""personality": {"domain": "LINUX32"}"#,
    ).plan().process
    #expect(plan.hasTerminal)
    #expect(plan.consoleSize == ConsoleSize(height: 25, width: 80))
    #expect(plan.cwd == "/tmp/..")
    #expect((plan.uid, plan.gid, plan.umask) == (5, 6, 0o22))
    #expect(plan.additionalGids == [7, 8])
    #expect(
      plan.rlimits == [RlimitPlan(resource: 7, name: "RLIMIT_NOFILE", soft: 1024, hard: .max)]
    )
    #expect(plan.noNewPrivileges)
    #expect(plan.oomScoreAdj == -500)
    #expect((plan.apparmorProfile, plan.selinuxLabel) == ("a", "b"))
    #expect(plan.ioPriority == IOPriorityPlan(value: 3 << 13 | 3))
    let scheduler = SchedulerPlan(
      policy: 6,
      flags: 4,
      nice: 0,
      priority: 0,
      runtime: 1,
      deadline: 2,
      period: .max
    )
    #expect(plan.scheduler == scheduler)
    #expect(plan.personality == PersonalityPlan(persona: 8))
  }

  @Test("An empty label and the size of no terminal count as absent, as does null")
  func absent() throws {
    let plan = try Document.process(
      #""apparmorProfile": "", "selinuxLabel": "", "user": null, "rlimits": null, "env": null, "#
        + #""consoleSize": {"height": 1, "width": 1}"#
    ).plan().process
    #expect((plan.apparmorProfile, plan.selinuxLabel) == (nil, nil))
    #expect(plan.consoleSize == nil)
    #expect(plan.rlimits == [])
  }

  @Test("Of a variable that stands twice the last is kept, in its place")
  func environment() throws {
    let plan = try Document.process(#""env": ["A=1", "B=", "A=2=3", "a=4", "é=5", "e\u0301=6"]"#)
      .plan()
    #expect(plan.process.environment == ["B=", "A=2=3", "a=4", "é=5", "e\u{301}=6"])
  }

  @Test("An unknown capability is left out with a warning, the known ones stay in order")
  func capabilities() throws {
    let plan = try Document.process(
      #""capabilities": {"bounding": ["CAP_KILL", "CAP_FLY", "CAP_CHOWN"], "ambient": ["kill"]}"#
    ).plan()
    #expect(plan.process.capabilities.bounding == ["CAP_KILL", "CAP_CHOWN"])
    #expect(plan.process.capabilities.ambient == [])
    #expect(
      plan.warnings.map(\.description) == [
        #"/process/capabilities/bounding/1 is ignored: there is no capability "CAP_FLY""#,
        #"/process/capabilities/ambient/0 is ignored: there is no capability "kill""#,
      ]
    )
  }

  @Test("The known capabilities stand in the order of the kernel's own header")
  func knownCapabilities() throws {
    let header = try String(contentsOfFile: "/usr/include/linux/capability.h", encoding: .utf8)
    var numbers: [Int: String] = [:]
    for line in header.split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 3, words[0] == "#define", words[1].hasPrefix("CAP_"),
        let number = Int(words[2])
      else { continue }
      numbers[number] = String(words[1])
    }
    #expect(numbers.count >= 41)
    let names = numbers.sorted { $0.key < $1.key }.map(\.value)
    #expect(Array(names.prefix(41)) == CapabilityNames.known)
  }
}

struct NamespacePlanTests {
  @Test("New and joined namespaces keep their order; the flags are those of the new ones")
  func sources() throws {
    let namespaces = try Document.linux(
      #""namespaces": [{"type": "network", "path": "/run/netns/x"}, {"type": "mount"}, "#
        + #"{"type": "uts", "path": ""}, {"type": "cgroup"}]"#
    ).plan().namespaces
    #expect(namespaces.entries.map(\.kind) == [.network, .mount, .uts, .cgroup])
    #expect(namespaces.source(of: .network) == .join("/run/netns/x"))
    #expect(namespaces.source(of: .uts) == .new)
    #expect(namespaces.source(of: .pid) == nil)
    #expect(namespaces.cloneFlags == 0x0002_0000 | 0x0400_0000 | 0x0200_0000)
  }

  @Test("The flags of all kinds are those of the kernel")
  func cloneFlags() {
    // CLONE_NEWTIME, NS, CGROUP, UTS, IPC, USER, PID and NET of uapi/linux/sched.h.
    let sum = NamespaceKind.allCases.reduce(0) { $0 | $1.cloneFlag }
    #expect(sum == 0x80 | 0x20000 | 0x7E00_0000)
    #expect(Set(NamespaceKind.allCases.map(\.cloneFlag)).count == 8)
    #expect(NamespaceKind.mount.procName == "mnt")
    #expect(NamespaceKind.network.procName == "net")
    #expect(NamespaceKind.uts.procName == "uts")
  }

  @Test("Mappings that touch without an overlap are kept; a joined user namespace needs none")
  func mappings() throws {
    let map =
      #"[{"containerID": 0, "hostID": 10, "size": 10}, {"containerID": 10, "hostID": 0, "size": 10}]"#
    let plan = try Document(
      linux: #""uidMappings": \#(map), "gidMappings": \#(map)"#,
      namespaces: ["mount", "user"]
    ).plan().namespaces
    #expect(plan.uidMappings == plan.gidMappings)
    #expect(plan.uidMappings.map(\.hostID) == [10, 0])
    let joined = try Document.linux(
      #""namespaces": [{"type": "mount"}, {"type": "user", "path": "/proc/1/ns/user"}]"#
    ).plan().namespaces
    #expect(joined.uidMappings == [])
  }

  @Test("Mappings without a user namespace are ignored with a warning, whatever they map")
  func mappingsOfNobody() throws {
    let map = #"[{"containerID": 5, "hostID": 0, "size": 0}]"#
    let plan = try Document.linux(#""uidMappings": \#(map), "gidMappings": \#(map)"#).plan()
    #expect(plan.namespaces.uidMappings == [] && plan.namespaces.gidMappings == [])
    #expect(
      plan.warnings.map(\.description)
        == ["uid", "gid"].map {
          "/linux/\($0)Mappings is ignored: there is no user namespace in linux.namespaces"
        }
    )
  }

  @Test("A mapping may cover every id that there is")
  func wholeRange() throws {
    let map = #"[{"containerID": 0, "hostID": 0, "size": 4294967295}]"#
    let plan = try Document(
      linux: #""uidMappings": \#(map), "gidMappings": \#(map)"#,
      namespaces: ["mount", "user"],
    ).plan().namespaces
    #expect(plan.uidMappings.map(\.size) == [.max])
  }

  @Test("Names need a uts namespace, which may be joined")
  func names() throws {
    let plan = try Document(
      linux: #""namespaces": [{"type": "mount"}, {"type": "uts", "path": "/x"}]"#,
      rest: #""hostname": "web", "domainname": """#,
    ).plan()
    #expect(plan.hostname == "web")
    #expect(plan.domainname == nil)
  }
}

struct SysctlPlanTests {
  static let rows: [(key: String, path: [String])] = [
    ("net.ipv4.ip_forward", ["net", "ipv4", "ip_forward"]),
    ("net/ipv4/conf/eth0.100/rp_filter", ["net", "ipv4", "conf", "eth0.100", "rp_filter"]),
    ("net.ipv4.conf.eth0/100.rp_filter", ["net", "ipv4", "conf", "eth0.100", "rp_filter"]),
    ("kernel.shm_rmid_forced", ["kernel", "shm_rmid_forced"]),
    ("fs.mqueue.msg_max", ["fs", "mqueue", "msg_max"]),
    ("kernel.domainname", ["kernel", "domainname"]),
  ]

  @Test("A key becomes the steps below /proc/sys", arguments: rows)
  func steps(_ key: String, _ path: [String]) throws {
    let plan = try Document(
      linux: #""sysctl": {"\#(key)": "1"}"#,
      namespaces: ["mount", "network", "ipc", "uts"]
    ).plan()
    #expect(plan.sysctls == [SysctlPlan(key: key, path: path, value: "1")])
  }
}

struct DevicePlanTests {
  @Test("The default devices come first and are there once")
  func defaults() throws {
    let plan = try Document.linux(
      """
      "devices": [{"path": "/dev/fuse", "type": "u", "major": 10, "minor": 229, "fileMode": 8624,
                   "uid": 1, "gid": 2},
                  {"path": "/dev//./null", "type": "c", "major": 1, "minor": 3, "fileMode": 384},
                  {"path": "/dev/fifo", "type": "p"}, {"path": "/dev/fifo", "type": "p"},
                  {"path": "/dev/sda", "type": "b", "major": 4095, "minor": 1048575}]
      """
    ).plan()
    #expect(
      plan.devices.map(\.path) == [
        "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/fuse",
        "/dev/null", "/dev/fifo", "/dev/sda",
      ]
    )
    #expect(plan.devices[4] == device("/dev/tty", .character, 5, 0, 0o666, 0, 0))
    #expect(plan.devices[5] == device("/dev/fuse", .character, 10, 229, 0o660, 1, 2))
    #expect(plan.devices[6] == device("/dev/null", .character, 1, 3, 0o600, 0, 0))
    #expect(plan.devices[7] == device("/dev/fifo", .fifo, 0, 0, 0o666, 0, 0))
    #expect(plan.devices[8] == device("/dev/sda", .block, 4095, 1_048_575, 0o666, 0, 0))
    #expect(plan.links.map(\.path).contains("/dev/ptmx"))
  }

  @Test("Of several devices with one path the first is made; another device is a warning")
  func twice() throws {
    let plan = try Document.linux(
      """
      "devices": [{"path": "/dev/x", "type": "c", "major": 1, "minor": 5},
                  {"path": "//dev/./x", "type": "c", "major": 1, "minor": 5, "fileMode": 384},
                  {"path": "/dev/y", "type": "p"},
                  {"path": "/dev/x", "type": "c", "major": 1, "minor": 3},
                  {"path": "/dev/y", "type": "b", "major": 1, "minor": 3}]
      """
    ).plan()
    let listed = plan.devices.filter { ["/dev/x", "/dev/y"].contains($0.path) }
    #expect(
      listed == [
        device("/dev/x", .character, 1, 5, 0o666, 0, 0), device("/dev/y", .fifo, 0, 0, 0o666, 0, 0),
      ]
    )
    #expect(
      plan.warnings.map(\.description) == [
        #"/linux/devices/3 is ignored: /linux/devices/0 is another device at "/dev/x""#,
        #"/linux/devices/4 is ignored: /linux/devices/2 is another device at "/dev/y""#,
      ]
    )
  }

  private func device(
    _ path: String,
    _ kind: DevicePlan.Kind,
    _ major: UInt32,
    _ minor: UInt32,
    _ mode: UInt32,
    _ uid: UInt32,
    _ gid: UInt32
  ) -> DevicePlan {
    DevicePlan(
      path: path,
      kind: kind,
      major: major,
      minor: minor,
      fileMode: mode,
      uid: uid,
      gid: gid
    )
  }
}

struct RestOfPlanTests {
  @Test("Paths are cleaned by their text, and never climb above the root")
  func paths() throws {
    let plan = try Document(
      root: #"{"path": "rootfs/../r", "readonly": true}"#,
      linux:
        #""maskedPaths": ["/a//b/./c/", "/../../x/..", "/a/../b"], "rootfsPropagation": "rslave""#,
    ).plan()
    #expect(plan.maskedPaths == ["/a/b/c", "/", "/b"])
    #expect(plan.rootfs.path == "/bundle/rootfs/../r")
    #expect(plan.rootfs.isReadonly)
    #expect(plan.rootfs.propagation == Propagation(kind: .slave, isRecursive: true))
    #expect(try Document(root: #"{"path": "/r"}"#).plan().rootfs.path == "/r")
    #expect(try Document().plan().rootfs.propagation == nil)
  }

  @Test("Resources arrive as written, with every absent number absent")
  func resources() throws {
    let document = Document.resources(
      """
      "devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": -1,
                   "access": "mr"}, {"allow": true, "type": "", "access": ""}],
      "memory": {"limit": 0, "swap": -1, "checkBeforeUpdate": true},
      "cpu": {"shares": 18446744073709551615, "quota": -1, "idle": 1, "cpus": "0-3"},
      "pids": {"limit": 0},
      "blockIO": {"weight": 10, "throttleWriteIOPSDevice": [{"major": 8, "minor": 16, "rate": 300}]},
      "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854775808}],
      "rdma": {"mlx5": {"hcaHandles": 3}},
      "unified": {"memory.high": "1G", "cpu.weight": "1", "memory.high": "2G"}
      """
    )
    let resources = try document.plan().cgroup.resources
    #expect(
      resources.devices == [
        DeviceRule(isAllowed: false, kind: .all, major: nil, minor: nil, access: .all),
        DeviceRule(
          isAllowed: true,
          kind: .character,
          major: 1,
          minor: nil,
          access: [.read, .mknod]
        ),
        DeviceRule(isAllowed: true, kind: .all, major: nil, minor: nil, access: .all),
      ]
    )
    #expect(resources.memory?.limit == 0)
    #expect(resources.memory?.swap == -1)
    #expect(resources.memory?.reservation == nil)
    #expect(resources.memory?.checkBeforeUpdate == true)
    #expect(resources.cpu?.shares == .max)
    #expect(resources.cpu?.period == nil)
    #expect(resources.cpu?.idle == 1)
    #expect(resources.pids == PidsLimit(limit: 0))
    #expect(resources.blockIO?.weight == 10)
    #expect(
      resources.blockIO?.throttleWriteIOPSDevice
        == [BlockIOThrottle(major: 8, minor: 16, rate: 300)]
    )
    #expect(
      resources.hugepageLimits == [HugepageLimit(pageSize: "2MB", limit: 9_223_372_036_854_775_808)]
    )
    #expect(resources.rdma == [RDMALimit(device: "mlx5", hcaHandles: 3, hcaObjects: nil)])
    #expect(
      resources.unified == [
        UnifiedSetting(file: "cpu.weight", value: "1"),
        UnifiedSetting(file: "memory.high", value: "2G"),
      ]
    )
  }

  @Test("What cgroup v2 has no file for is ignored with a warning each")
  func warnings() throws {
    let plan = try Document.resources(
      """
      "memory": {"kernel": 1, "kernelTCP": -1, "swappiness": 0, "disableOOMKiller": false},
      "cpu": {"realtimeRuntime": 5, "realtimePeriod": 0}, "network": {"classID": 1},
      "blockIO": {"weightDevice": [{"major": 8, "minor": 0, "leafWeight": 10}]}
      """
    ).plan()
    let ignored = [
      "memory/kernel", "memory/swappiness", "cpu/realtimeRuntime",
      "network/classID", "blockIO/weightDevice/0/leafWeight",
    ]
    #expect(
      plan.warnings.map(\.description)
        == ignored.map {
          "/linux/resources/\($0) is ignored: cgroup v2 has nothing like it"
        }
    )
  }

  @Test("What is for other platforms is ignored with a warning, beside what is for Linux")
  func otherPlatforms() throws {
    let plan = try Document(
      process: #""commandLine": "cmd", "user": {"uid": 0, "username": "ContainerUser"}"#,
      rest: #""zos": {}, "windows": 5, "solaris": null, "vm": {}"#,
    ).plan()
    #expect(
      plan.warnings.map(\.description)
        == ["vm", "windows", "zos", "process/commandLine", "process/user/username"].map {
          "/\($0) is ignored: it is for another platform"
        }
    )
    #expect(
      try Document.process(#""commandLine": "", "user": {"username": ""}"#).plan().warnings == []
    )
  }

  @Test("Docker's unsigned -1 for swappiness is no swappiness")
  func swappiness() throws {
    let plan = try Document.resources(#""memory": {"swappiness": 18446744073709551615}"#).plan()
    #expect(plan.cgroup.resources.memory?.swappiness == nil)
    #expect(plan.warnings == [])
  }

  @Test("A seccomp profile arrives with its exact text")
  func seccomp() throws {
    let text = """
      {"defaultAction": "SCMP_ACT_ERRNO",  "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
       "flags": ["SECCOMP_FILTER_FLAG_LOG"],
       "syscalls": [{"names": ["clone", "x"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 1, "value": 18446744073709551615, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]},
        {"names": ["y"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}
      """
    let profile = try #require(try Document.linux(#""seccomp": \#(text)"#).plan().seccomp)
    #expect(profile.sourceText == Array(text.utf8))
    #expect(profile.defaultAction == .returnError)
    #expect(profile.defaultErrnoRet == 38)
    #expect(profile.architectures == ["SCMP_ARCH_X86_64"])
    #expect(profile.flags == [.log])
    #expect(profile.syscalls.map(\.names) == [["clone", "x"], ["y"]])
    #expect(profile.syscalls.map(\.action) == [.allow, .returnError])
    #expect(profile.syscalls.map(\.errnoRet) == [nil, 1])
    #expect(profile.syscalls[0].args.map(\.value) == [.max])
    #expect(profile.syscalls[0].args.map(\.valueTwo) == [2])
    #expect(profile.syscalls[0].args.map(\.op) == [.maskedEqual])
  }

  @Test("Hooks, annotations and the cgroup's path arrive in order")
  func rest() throws {
    let plan = try Document(
      linux: #""cgroupsPath": "/a/b""#,
      rest: """
        "hooks": {"prestart": [{"path": "/1"}], "createRuntime": [{"path": "/2", "args": ["x", "y"],
          "env": ["A=1"], "timeout": 5}], "createContainer": [{"path": "/3"}],
          "startContainer": [{"path": "/4"}], "poststart": [{"path": "/5"}],
          "poststop": [{"path": "/6"}, {"path": "/7"}]},
        "annotations": {"b": "1", "a": "", "b": "2"}, "unknown": {"x": [1, 2]}
        """,
    ).plan()
    let hooks = plan.hooks
    let lists = [
      hooks.prestart, hooks.createRuntime, hooks.createContainer, hooks.startContainer,
      hooks.poststart, hooks.poststop,
    ]
    #expect(
      lists.map { $0.map(\.path) } == [["/1"], ["/2"], ["/3"], ["/4"], ["/5"], ["/6", "/7"]]
    )
    #expect(hooks.createRuntime == [Hook(path: "/2", args: ["x", "y"], env: ["A=1"], timeout: 5)])
    #expect(
      plan.annotations == [Annotation(key: "a", value: ""), Annotation(key: "b", value: "2")]
    )
    #expect(plan.cgroup.path == "/a/b")
    #expect(try Document.linux(#""cgroupsPath": """#).plan().cgroup.path == nil)
  }

  @Test(
    "A version from 1.0 on is understood",
    arguments: ["1.0.0", "1.0.2-dev", "1.3.0+x", "1.9.9"]
  )
  func version(_ version: String) throws {
    #expect(try Document(ociVersion: version).plan().ociVersion == version)
  }

  @Test("An error names the line of the value, or of what should hold it")
  func lines() throws {
    let text =
      "{\n\"ociVersion\": \"1.0.0\",\n\"root\": {\"path\": \"r\"},\n\"linux\": {\n"
      + "\"namespaces\": [\n{\"type\": \"mount\"},\n{\"type\": \"moon\"}]},\n\"process\": {"
    let rest: [(rest: String, line: Int, pointer: String)] = [
      ("\n\"args\": [1], \"cwd\": \"/\"}}", 9, "/process/args/0"),
      ("\n\"args\": [\"a\"]}}", 8, "/process/cwd"),
      ("\n\"args\": [\"a\"], \"cwd\": \"/\"}}", 7, "/linux/namespaces/1/type"),
      ("\n\"args\": [\"a\"], \"cwd\": \"/\"}} ]", 9, ""),
    ]
    for row in rest {
      #expect("\(row.pointer)") {
        _ = try ContainerPlan(
          try Configuration(parsing: Array((text + row.rest).utf8)),
          bundle: "/b"
        )
      } throws: { error in
        let error = error as? ConfigurationError
        return error?.line == row.line && error?.pointer == row.pointer
      }
    }
  }

  @Test(
    "A pids limit of 0 is a real one since 1.3, and none in older documents (podman 4)",
    arguments: [("1.0.2-dev", nil), ("1.2.1", nil), ("1.3.0", 0), ("1.4.0", 0)]
      as [(String, Int64?)]
  )
  func zeroPids(_ version: String, _ limit: Int64?) throws {
    var document = Document.resources(#""pids": {"limit": 0}"#)
    document.ociVersion = version
    #expect(try document.plan().cgroup.resources.pids?.limit == limit)
  }
}
