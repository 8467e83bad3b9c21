import RuntimeSpec
import Testing

/// What must be refused, each with the place that the error names.
struct RefusalTests {
  struct Row: CustomTestStringConvertible, Sendable {
    var label: String
    var text: String
    var pointer: String
    /// Part of the message.
    var rule: String

    var testDescription: String { label }

    init(_ label: String, _ document: Document, _ pointer: String, _ rule: String) {
      self.label = label
      self.text = document.text
      self.pointer = pointer
      self.rule = rule
    }
  }

  static let types = [
    Row(
      "args not a list",
      .process(#""args": "sh""#),
      "/process/args",
      "must be an array, is a string"
    ),
    Row(
      "arg a number",
      .process(#""args": ["sh", 1]"#),
      "/process/args/1",
      "must be a string, is an integer"
    ),
    Row("arg null", .process(#""args": [null]"#), "/process/args/0", "must be a string, is null"),
    Row(
      "NUL in an arg",
      .process(#""args": ["a\u0000b"]"#),
      "/process/args/0",
      "must not hold a NUL"
    ),
    Row(
      "terminal a number",
      .process(#""terminal": 1"#),
      "/process/terminal",
      "must be true or false"
    ),
    Row("user a list", .process(#""user": []"#), "/process/user", "must be an object, is an array"),
    Row(
      "uid negative",
      .process(#""user": {"uid": -1}"#),
      "/process/user/uid",
      "from 0 to 4294967294"
    ),
    Row(
      "uid nobody",
      .process(#""user": {"uid": 4294967295}"#),
      "/process/user/uid",
      "is 4294967295"
    ),
    Row(
      "gid with fraction",
      .process(#""user": {"gid": 1.0}"#),
      "/process/user/gid",
      "must be an integer"
    ),
    Row(
      "extra gid a name",
      .process(#""user": {"additionalGids": [1, "x"]}"#),
      "/process/user/additionalGids/1",
      "must be an integer, is a string"
    ),
    Row("umask", .process(#""user": {"umask": 512}"#), "/process/user/umask", "from 0 to 511"),
    Row(
      "oom score",
      .process(#""oomScoreAdj": 1001"#),
      "/process/oomScoreAdj",
      "from -1000 to 1000"
    ),
    Row(
      "console size",
      .process(#""consoleSize": {"height": 1}"#),
      "/process/consoleSize/width",
      "is required"
    ),
    Row(
      "console too wide",
      .process(#""consoleSize": {"height": 1, "width": 65536}"#),
      "/process/consoleSize/width",
      "from 0 to 65535"
    ),
    Row(
      "rlimit without hard",
      .process(#""rlimits": [{"type": "RLIMIT_CPU", "soft": 1}]"#),
      "/process/rlimits/0/hard",
      "is required"
    ),
    Row(
      "rlimit too large",
      .process(#""rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 18446744073709551616}]"#),
      "/process/rlimits/0/hard",
      "is 18446744073709551616"
    ),
    Row(
      "capabilities a list",
      .process(#""capabilities": []"#),
      "/process/capabilities",
      "must be an object"
    ),
    Row("root a string", Document(root: #""rootfs""#), "/root", "must be an object, is a string"),
    Row("root without path", Document(root: "{}"), "/root/path", "is required"),
    Row("mounts an object", .rest(#""mounts": {}"#), "/mounts", "must be an array"),
    Row(
      "mount without destination",
      .mount(#""type": "tmpfs""#),
      "/mounts/1/destination",
      "is required"
    ),
    Row(
      "hook without path",
      .rest(#""hooks": {"poststop": [{}]}"#),
      "/hooks/poststop/0/path",
      "is required"
    ),
    Row(
      "hook timeout",
      .rest(#""hooks": {"prestart": [{"path": "/x", "timeout": 0}]}"#),
      "/hooks/prestart/0/timeout",
      "must be from 1 to"
    ),
    Row("annotation", .rest(#""annotations": {"a": 1}"#), "/annotations/a", "must be a string"),
    Row("empty annotation key", .rest(#""annotations": {"": "x"}"#), "/annotations/", "empty key"),
    Row("version", Document(ociVersion: "1.3"), "/ociVersion", "must be a SemVer"),
    Row("version with zeros", Document(ociVersion: "1.03.0"), "/ociVersion", "must be a SemVer"),
    Row(
      "device without path",
      .linux(#""devices": [{"type": "c"}]"#),
      "/linux/devices/0/path",
      "is required"
    ),
    Row(
      "mapping without size",
      .linux(#""uidMappings": [{"containerID": 0, "hostID": 0}]"#),
      "/linux/uidMappings/0/size",
      "is required"
    ),
    Row(
      "mapping beyond 32 bits",
      .linux(#""uidMappings": [{"containerID": 4294967296, "hostID": 0, "size": 1}]"#),
      "/linux/uidMappings/0/containerID",
      "from 0 to 4294967295"
    ),
    Row(
      "sysctl a number",
      .linux(#""sysctl": {"net.a/b": 1}"#),
      "/linux/sysctl/net.a~1b",
      "must be a string"
    ),
    Row(
      "time offset",
      .linux(#""timeOffsets": {"boottime": {"secs": "1"}}"#),
      "/linux/timeOffsets/boottime/secs",
      "must be an integer"
    ),
    Row(
      "net device",
      .linux(#""netDevices": {"eth0": {"name": 1}}"#),
      "/linux/netDevices/eth0/name",
      "must be a string"
    ),
    Row(
      "device rule without allow",
      .resources(#""devices": [{}]"#),
      "/linux/resources/devices/0/allow",
      "is required"
    ),
    Row(
      "device rule type",
      .resources(#""devices": [{"allow": true, "type": "x"}]"#),
      "/linux/resources/devices/0/type",
      "must be one of a, c, b"
    ),
    Row(
      "device rule access",
      .resources(#""devices": [{"allow": true, "access": "rx"}]"#),
      "/linux/resources/devices/0/access",
      "letters r, w and m, is \"rx\""
    ),
    Row(
      "device rule major",
      .resources(#""devices": [{"allow": true, "major": -2}]"#),
      "/linux/resources/devices/0/major",
      "must be from -1"
    ),
    Row(
      "memory limit",
      .resources(#""memory": {"limit": -2}"#),
      "/linux/resources/memory/limit",
      "must be from -1"
    ),
    Row(
      "memory a number",
      .resources(#""memory": 1"#),
      "/linux/resources/memory",
      "must be an object"
    ),
    Row(
      "swappiness",
      .resources(#""memory": {"swappiness": 101}"#),
      "/linux/resources/memory/swappiness",
      "from 0 to 100"
    ),
    Row(
      "cpu shares",
      .resources(#""cpu": {"shares": -1}"#),
      "/linux/resources/cpu/shares",
      "must be from 0"
    ),
    Row(
      "pids",
      .resources(#""pids": {"limit": "max"}"#),
      "/linux/resources/pids/limit",
      "must be an integer"
    ),
    Row(
      "weight",
      .resources(#""blockIO": {"weight": 65536}"#),
      "/linux/resources/blockIO/weight",
      "to 65535"
    ),
    Row(
      "throttle without rate",
      .resources(#""blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0}]}"#),
      "/linux/resources/blockIO/throttleReadBpsDevice/0/rate",
      "is required"
    ),
    Row(
      "page size",
      .resources(#""hugepageLimits": [{"pageSize": "02MB", "limit": 1}]"#),
      "/linux/resources/hugepageLimits/0/pageSize",
      "must be a number and KB, MB or GB"
    ),
    Row(
      "rdma empty",
      .resources(#""rdma": {"mlx": {}}"#),
      "/linux/resources/rdma/mlx",
      "hcaHandles, hcaObjects or both"
    ),
    Row(
      "unified key",
      .resources(#""unified": {"../x": "1"}"#),
      "/linux/resources/unified/..~1x",
      "without a slash"
    ),
    Row(
      "unified value",
      .resources(#""unified": {"memory.high": 1}"#),
      "/linux/resources/unified/memory.high",
      "must be a string"
    ),
    Row(
      "seccomp without default",
      .linux(#""seccomp": {}"#),
      "/linux/seccomp/defaultAction",
      "is required"
    ),
    Row(
      "seccomp action",
      .linux(#""seccomp": {"defaultAction": "ALLOW"}"#),
      "/linux/seccomp/defaultAction",
      "must be one of SCMP_ACT_KILL, "
    ),
    Row(
      "seccomp flag",
      .linux(#""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["X"]}"#),
      "/linux/seccomp/flags/0",
      "must be one of SECCOMP_FILTER_FLAG_TSYNC, "
    ),
    Row(
      "seccomp index",
      seccompRule(#""args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]"#),
      "/linux/seccomp/syscalls/0/args/0/index",
      "from 0 to 5"
    ),
    Row(
      "seccomp operator",
      seccompRule(#""args": [{"index": 0, "value": 0, "op": "=="}]"#),
      "/linux/seccomp/syscalls/0/args/0/op",
      "must be one of SCMP_CMP_NE"
    ),
  ]

  static let combinations = [
    Row("major version", Document(ociVersion: "2.0.0"), "/ociVersion", "must be a version 1.x"),
    Row(
      "command line of Windows alone",
      Document(processText: #"{"cwd": "/", "commandLine": "cmd"}"#),
      "/process/commandLine",
      "is for Windows: give the program in args"
    ),
    Row(
      "name of a Windows user alone",
      .process(#""user": {"username": "x"}"#),
      "/process/user/username",
      "is for Windows: give a number in uid"
    ),
    Row("no args", .process(#""args": []"#), "/process/args", "must name a program"),
    Row("empty program", .process(#""args": [""]"#), "/process/args/0", "must not be empty"),
    Row(
      "relative cwd",
      .process(#""cwd": "tmp""#),
      "/process/cwd",
      "must be an absolute path, is \"tmp\""
    ),
    Row(
      "variable without =",
      .process(#""env": ["A=1", "B"]"#),
      "/process/env/1",
      "must be NAME=value, is \"B\""
    ),
    Row(
      "variable without name",
      .process(#""env": ["=1"]"#),
      "/process/env/0",
      "must be NAME=value"
    ),
    Row(
      "rlimit name",
      .process(#""rlimits": [{"type": "RLIMIT_X", "soft": 1, "hard": 1}]"#),
      "/process/rlimits/0/type",
      "must be one of RLIMIT_CPU, "
    ),
    Row(
      "rlimit twice",
      .process(
        #""rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 1}, {"type": "RLIMIT_CPU", "soft": 1, "hard": 1}]"#
      ),
      "/process/rlimits/1/type",
      "must stand once"
    ),
    Row(
      "rlimit soft above hard",
      .process(#""rlimits": [{"type": "RLIMIT_CPU", "soft": 2, "hard": 1}]"#),
      "/process/rlimits/0/soft",
      "must not be above hard, 2 > 1"
    ),
    Row(
      "io class",
      .process(#""ioPriority": {"class": "X"}"#),
      "/process/ioPriority/class",
      "must be one of IOPRIO"
    ),
    Row(
      "io level",
      .process(#""ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 8}"#),
      "/process/ioPriority/priority",
      "from 0 to 7"
    ),
    Row(
      "policy",
      .process(#""scheduler": {"policy": "SCHED_ISO"}"#),
      "/process/scheduler/policy",
      "must be one of SCHED_OTHER"
    ),
    Row(
      "policy's flag",
      .process(#""scheduler": {"policy": "SCHED_OTHER", "flags": ["X"]}"#),
      "/process/scheduler/flags/0",
      "must be one of SCHED_FLAG_RESET_ON_FORK"
    ),
    Row(
      "priority without real time",
      .process(#""scheduler": {"policy": "SCHED_OTHER", "priority": 1}"#),
      "/process/scheduler/priority",
      "must be 0 without"
    ),
    Row(
      "priority missing",
      .process(#""scheduler": {"policy": "SCHED_FIFO"}"#),
      "/process/scheduler/priority",
      "from 1 to 99"
    ),
    Row(
      "nice",
      .process(#""scheduler": {"policy": "SCHED_OTHER", "nice": 20}"#),
      "/process/scheduler/nice",
      "from -20 to 19"
    ),
    Row(
      "deadline elsewhere",
      .process(#""scheduler": {"policy": "SCHED_OTHER", "period": 1}"#),
      "/process/scheduler/policy",
      "must be SCHED_DEADLINE"
    ),
    Row(
      "personality",
      .linux(#""personality": {"domain": "BSD"}"#),
      "/linux/personality/domain",
      "must be LINUX or LINUX32"
    ),
    Row(
      "personality's flags",
      .linux(#""personality": {"domain": "LINUX", "flags": ["X"]}"#),
      "/linux/personality/flags",
      "must be empty"
    ),
    Row("empty root", Document(root: #"{"path": ""}"#), "/root/path", "must not be empty"),
    Row(
      "propagation",
      .linux(#""rootfsPropagation": "up""#),
      "/linux/rootfsPropagation",
      "must be one of shared, slave"
    ),
    Row(
      "masked paths without a mount namespace",
      .linux(#""namespaces": [{"type": "pid"}], "maskedPaths": ["/proc/kcore"]"#),
      "/linux/maskedPaths",
      "needs a mount namespace"
    ),
    Row(
      "unknown namespace",
      Document(namespaces: ["mount", "disk"]),
      "/linux/namespaces/1/type",
      "must be one of user, mount, pid, network, ipc, uts, cgroup, time, is \"disk\""
    ),
    Row(
      "namespace twice",
      Document(namespaces: ["mount", "mount"]),
      "/linux/namespaces/1/type",
      "must stand once"
    ),
    Row(
      "relative namespace path",
      .linux(#""namespaces": [{"type": "mount", "path": "ns"}]"#),
      "/linux/namespaces/0/path",
      "must be an absolute path"
    ),
    Row("hostname of the host", .rest(#""hostname": "x""#), "/hostname", "needs a uts namespace"),
    Row(
      "domainname of the host",
      .rest(#""domainname": "x""#),
      "/domainname",
      "needs a uts namespace"
    ),
    Row(
      "long hostname",
      Document(
        namespaces: ["mount", "uts"],
        rest: #""hostname": "\#(String(repeating: "x", count: 65))""#
      ),
      "/hostname",
      "must be 64 bytes at most, is 65"
    ),
    Row(
      "user namespace without mappings",
      Document(namespaces: ["mount", "user"]),
      "/linux/uidMappings",
      "must map an id"
    ),
    Row(
      "mapping of size 0",
      userNamespace(uid: [(0, 0, 0)]),
      "/linux/uidMappings/0",
      "must have a size above 0"
    ),
    Row(
      "mapping of the id that is none",
      userNamespace(uid: [(0, 1, 4_294_967_295)]),
      "/linux/uidMappings/0",
      "must end below"
    ),
    Row(
      "more mappings than the kernel takes",
      userNamespace(uid: (0...340).map { ($0, $0, 1) }),
      "/linux/uidMappings",
      "must have at most 340 entries"
    ),
    Row(
      "mapping beyond the last id",
      userNamespace(uid: [(0, 4_294_967_290, 10)]),
      "/linux/uidMappings/0",
      "must end below"
    ),
    Row(
      "overlap in the container",
      userNamespace(uid: [(0, 0, 10), (9, 100, 1)]),
      "/linux/uidMappings/1",
      "must not overlap"
    ),
    Row(
      "overlap on the host",
      userNamespace(uid: [(10, 5, 10), (0, 0, 6)]),
      "/linux/uidMappings/1",
      "must not overlap"
    ),
    Row(
      "unmapped user",
      userNamespace(uid: [(0, 0, 10)], process: #""user": {"uid": 10}"#),
      "/process/user/uid",
      "must be a uid that linux.uidMappings maps, is 10"
    ),
    Row(
      "unmapped extra group",
      userNamespace(uid: [(0, 0, 10)], process: #""user": {"additionalGids": [0, 5]}"#),
      "/process/user/additionalGids/1",
      "must be a gid"
    ),
    Row(
      "sysctl of the host",
      .linux(#""sysctl": {"vm.swappiness": "1"}"#),
      "/linux/sysctl/vm.swappiness",
      "this one is the host's"
    ),
    Row(
      "net sysctl without namespace",
      .linux(#""sysctl": {"net.ipv4.ip_forward": "1"}"#),
      "/linux/sysctl/net.ipv4.ip_forward",
      "type network to linux.namespaces"
    ),
    Row(
      "ipc sysctl without namespace",
      .linux(#""sysctl": {"kernel.shmmax": "1"}"#),
      "/linux/sysctl/kernel.shmmax",
      "type ipc to linux.namespaces"
    ),
    Row(
      "sysctl that climbs",
      Document(
        linux: #""sysctl": {"net/../kernel/panic": "1"}"#,
        namespaces: ["mount", "network"]
      ),
      "/linux/sysctl/net~1..~1kernel~1panic",
      "must be keyed by the name"
    ),
    Row(
      "relative masked path",
      .linux(#""maskedPaths": ["/a", "b"]"#),
      "/linux/maskedPaths/1",
      "must be an absolute path"
    ),
    Row(
      "relative read-only path",
      .linux(#""readonlyPaths": ["b"]"#),
      "/linux/readonlyPaths/0",
      "must be an absolute path"
    ),
    Row(
      "relative hook",
      .rest(#""hooks": {"createContainer": [{"path": "/a"}, {"path": "b"}]}"#),
      "/hooks/createContainer/1/path",
      "must be an absolute path"
    ),
    Row(
      "device type",
      device(#""type": "x""#),
      "/linux/devices/0/type",
      "must be one of c, b, u and p"
    ),
    Row(
      "device number missing",
      device(#""type": "c", "major": 1"#),
      "/linux/devices/0/minor",
      "is required"
    ),
    Row(
      "device number",
      device(#""type": "c", "major": 4096, "minor": 0"#),
      "/linux/devices/0/major",
      "from 0 to 4095"
    ),
    Row(
      "device mode",
      device(#""type": "p", "fileMode": 65536"#),
      "/linux/devices/0/fileMode",
      "must be a file mode"
    ),
    Row(
      "mount without type",
      .mount(#""destination": "/x", "source": "y""#),
      "/mounts/1/type",
      "must name a file system"
    ),
    Row(
      "bind without source",
      .mount(#""destination": "/x", "options": ["bind"]"#),
      "/mounts/1/source",
      "is required"
    ),
    Row(
      "data for a bind",
      .mount(#""destination": "/x", "source": "/y", "options": ["bind", "size=1"]"#),
      "/mounts/1/options",
      "must not have options of a file system for a bind mount, has \"size\""
    ),
    Row(
      "tmpcopyup elsewhere",
      .mount(#""destination": "/x", "type": "proc", "options": ["tmpcopyup"]"#),
      "/mounts/1/options",
      "must not have tmpcopyup"
    ),
    Row(
      "option without name",
      .mount(#""destination": "/x", "type": "tmpfs", "options": ["=1"]"#),
      "/mounts/1/options/0",
      "must be a name or NAME=value"
    ),
    Row(
      "empty destination",
      .mount(#""destination": "", "type": "tmpfs""#),
      "/mounts/1/destination",
      "must not be empty"
    ),
    Row(
      "seccomp architecture",
      .linux(#""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["x86"]}"#),
      "/linux/seccomp/architectures/0",
      "must be an architecture"
    ),
    Row(
      "seccomp without names",
      .linux(
        #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ALLOW"}]}"#
      ),
      "/linux/seccomp/syscalls/0/names",
      "must name a system call"
    ),
    Row(
      "errno without ERRNO",
      seccompRule(#""errnoRet": 1"#),
      "/linux/seccomp/syscalls/0/errnoRet",
      "must be absent"
    ),
    Row(
      "large errno",
      .linux(#""seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 65536}"#),
      "/linux/seccomp/defaultErrnoRet",
      "from 0 to 65535"
    ),
  ]

  /// Sections of which every part has to make sense together, by what is wrong.
  static let contradictions: [(String, Document)] = [
    ("/linux/timeOffsets", .linux(#""timeOffsets": {"boottime": {"secs": 1}}"#)),
    (
      "/linux/timeOffsets/realtime",
      Document(
        linux: #""timeOffsets": {"realtime": {"secs": 1}}"#,
        namespaces: ["mount", "time"],
      )
    ),
    ("/linux/netDevices", .linux(#""netDevices": {"eth0": {}}"#)),
    (
      "/linux/netDevices/eth0/name",
      Document(
        linux: #""netDevices": {"eth0": {"name": "a%b"}}"#,
        namespaces: ["mount", "network"],
      )
    ),
    ("/linux/intelRdt/closID", .linux(#""intelRdt": {"closID": "../x"}"#)),
    ("/linux/memoryPolicy/nodes", .linux(#""memoryPolicy": {"mode": "MPOL_BIND"}"#)),
    ("/linux/memoryPolicy/mode", .linux(#""memoryPolicy": {"mode": "MPOL_X"}"#)),
    (
      "/linux/seccomp/listenerMetadata",
      .linux(#""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"}"#)
    ),
    ("/linux/seccomp/defaultAction", .linux(#""seccomp": {"defaultAction": "SCMP_ACT_NOTIFY"}"#)),
    ("/process/execCPUAffinity/initial", .process(#""execCPUAffinity": {"initial": "3-0"}"#)),
    (
      "/mounts/1/options",
      .mount(#""destination": "/x", "source": "/", "options": ["idmap", "bind"]"#)
    ),
    (
      "/mounts/1/options",
      .mount(#""destination": "/x", "type": "tmpfs", "options": ["src-nofollow"]"#)
    ),
    (
      "/mounts/1/uidMappings",
      .mount(
        #""destination": "/x", "type": "tmpfs", "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]"#
      )
    ),
    (
      "/mounts/1/gidMappings",
      .mount(
        #""destination": "/x", "source": "/", "options": ["bind"], "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]"#
      )
    ),
  ]

  @Test("A wrong type or range is refused while decoding, with its pointer", arguments: types)
  func wrongType(_ row: Row) {
    #expect {
      _ = try Configuration(parsing: Array(row.text.utf8))
    } throws: { error in
      matches(error, row)
    }
  }

  @Test("An impossible setting is refused by the plan, with its pointer", arguments: combinations)
  func impossible(_ row: Row) throws {
    let configuration = try Configuration(parsing: Array(row.text.utf8))
    #expect {
      _ = try ContainerPlan(configuration, bundle: "/bundle")
    } throws: { error in
      matches(error, row)
    }
  }

  @Test("What contradicts itself is refused, never ignored", arguments: contradictions.indices)
  func contradictory(_ index: Int) throws {
    let (pointer, document) = Self.contradictions[index]
    let configuration = try document.configuration()
    #expect {
      _ = try ContainerPlan(configuration, bundle: "/bundle")
    } throws: { error in
      guard let error = error as? ConfigurationError else { return false }
      return error.pointer == pointer && error.line != nil
    }
  }

  @Test("Lists of numbers are the kernel's, and bounded")
  func numberLists() {
    #expect(NumberList("0-3,7")?.mask == [0b1000_1111])
    #expect(NumberList("64")?.mask == [0, 1])
    #expect(NumberList("8191")?.mask.count == 128)
    for text in ["", ",", "1,", "-", "1-", "-1", "3-1", "8192", "a", "0x1", " 1", "1 ", "+1"] {
      #expect(NumberList(text) == nil, "\(text)")
    }
  }

  private func matches(_ error: any Error, _ row: Row) -> Bool {
    guard let error = error as? ConfigurationError else { return false }
    return error.pointer == row.pointer && error.rule.contains(row.rule) && error.line != nil
      && !error.description.contains("\n") && error.clause.contains(".md")
  }

  private static func mappings(_ kind: String, _ ranges: (Int, Int, Int)...) -> String {
    mappings(kind, ranges)
  }

  private static func mappings(_ kind: String, _ ranges: [(Int, Int, Int)]) -> String {
    let entries = ranges.map { #"{"containerID": \#($0.0), "hostID": \#($0.1), "size": \#($0.2)}"# }
    return #""\#(kind)Mappings": [\#(entries.joined(separator: ", "))]"#
  }

  private static func userNamespace(uid: [(Int, Int, Int)], process: String = "") -> Document {
    Document(
      process: process,
      linux: mappings("uid", uid) + ", " + mappings("gid", (0, 1000, 1)),
      namespaces: ["mount", "user"],
    )
  }

  private static func device(_ members: String) -> Document {
    .linux(#""devices": [{"path": "/dev/x", \#(members)}]"#)
  }

  private static func seccompRule(_ members: String) -> Document {
    .linux(
      #""seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "#
        + #""syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", \#(members)}]}"#
    )
  }
}
