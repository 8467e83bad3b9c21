import ImageSpec
import Testing

@testable import BundleConfig

private func image(_ config: String, architecture: String = "amd64") throws -> ImageConfiguration {
  try ImageConfiguration(
    parsing: Array(
      #"""
      {"os":"linux","architecture":"\#(architecture)","created":"2026-01-01T00:00:00Z",
       "author":"us","config":\#(config),"rootfs":{"type":"layers","diff_ids":[]}}
      """#.utf8
    )
  )
}

private let root = ProcessUser(uid: 0, gid: 0, additionalGroups: [], home: "/root")

private func document(
  _ config: String = #"{"Cmd":["sh"]}"#,
  options: BundleOptions = BundleOptions(),
  user: ProcessUser = root,
) throws -> JSONValue {
  try RuntimeConfiguration(
    image: try image(config),
    options: options,
    user: user,
    volumes: [],
    defaultHostname: "app",
  ).document()
}

extension JSONValue {
  fileprivate func at(_ path: String) -> JSONValue? {
    path.split(separator: "/").reduce(self) { value, key in
      switch value {
      case .object(let object): object[String(key)]
      case .array(let elements): Int(key).flatMap { $0 < elements.count ? elements[$0] : nil }
      default: nil
      }
    }
  }
}

@Suite struct ConfigurationTests {
  @Test(
    arguments: [
      (#"{"Cmd":["a","b"]}"#, nil, nil, ["a", "b"]),
      (#"{"Entrypoint":["e"],"Cmd":["c"]}"#, nil, nil, ["e", "c"]),
      (#"{"Entrypoint":["e"],"Cmd":["c"]}"#, ["x"], nil, ["e", "x"]),
      (#"{"Entrypoint":["e"],"Cmd":["c"]}"#, ["x"], [], ["x"]),
      (#"{"Entrypoint":["e"],"Cmd":["c"]}"#, nil, ["f"], ["f"]),
    ] as [(String, [String]?, [String]?, [String])]
  )
  func `the command is entrypoint and arguments`(
    config: String,
    arguments: [String]?,
    entrypoint: [String]?,
    expected: [String],
  ) throws {
    var options = BundleOptions()
    options.arguments = arguments
    options.entrypoint = entrypoint
    #expect(try document(config, options: options).at("process/args") == .strings(expected))
  }

  @Test func `an image without a command needs one`() {
    #expect(throws: BundleConfigError.self) { try document("{}") }
    #expect(throws: BundleConfigError.self) { try document(#"{"Cmd":[""]}"#) }
  }

  @Test func `HOME, PATH and TERM are set only where absent`() throws {
    var options = BundleOptions()
    options.hasTerminal = true
    let bare = try document(options: options).at("process/env")
    #expect(
      bare == .strings(["PATH=\(ContainerDefaults.searchPath)", "HOME=/root", "TERM=xterm"])
    )
    let config = #"{"Cmd":["a"],"Env":["PATH=/p","HOME=/h","TERM=t"]}"#
    let full = try document(config, options: options).at("process/env")
    #expect(full == ["PATH=/p", "HOME=/h", "TERM=t"])
  }

  @Test func `labels win over derived annotations`() throws {
    let config = #"""
      {"Cmd":["a"],"StopSignal":"SIGINT","ExposedPorts":{"80/tcp":{},"53/udp":{}},
       "Labels":{"org.opencontainers.image.author":"they","k":"v"}}
      """#
    let annotations = try document(config).at("annotations")
    #expect(annotations?.at("k") == "v")
    guard case .object(let object) = annotations else {
      Issue.record("no annotations")
      return
    }
    #expect(object["org.opencontainers.image.author"] == "they")
    #expect(object["org.opencontainers.image.stopSignal"] == "SIGINT")
    #expect(object["org.opencontainers.image.exposedPorts"] == "53/udp,80/tcp")
    #expect(object["org.opencontainers.image.os"] == "linux")
  }

  @Test func `only root starts with capabilities`() throws {
    let user = ProcessUser(uid: 7, gid: 7, additionalGroups: [8], home: nil)
    let process = try document(user: user).at("process")
    #expect(process?.at("capabilities/effective") == nil)
    #expect(process?.at("capabilities/bounding") != nil)
    #expect(process?.at("user/additionalGids") == [8])
    #expect(try document().at("process/capabilities/effective") != nil)
    #expect(try document().at("process/capabilities/inheritable") == nil)
  }

  @Test func `a user outside the mapping is refused`() {
    var options = BundleOptions()
    let one = [IdentityRange(container: 0, host: 1000, size: 1)]
    options.identity = .mapped(users: one, groups: one)
    let user = ProcessUser(uid: 7, gid: 0, additionalGroups: [], home: nil)
    #expect(throws: BundleConfigError.self) { try document(options: options, user: user) }
    let grouped = ProcessUser(uid: 0, gid: 0, additionalGroups: [5], home: nil)
    #expect(throws: BundleConfigError.self) { try document(options: options, user: grouped) }
  }

  @Test func `a user's mount takes the place of a default one`() throws {
    var options = BundleOptions()
    options.mounts = [try BundleMount(parsing: "type=tmpfs,target=/dev/shm/")]
    guard case .array(let mounts)? = try document(options: options).at("mounts") else {
      Issue.record("no mounts")
      return
    }
    let shm = mounts.filter {
      $0.at("destination") == "/dev/shm" || $0.at("destination") == "/dev/shm/"
    }
    #expect(shm.count == 1)
  }

  @Test(arguments: ["relative", "a/b"])
  func `a relative working directory is refused`(path: String) {
    #expect(throws: BundleConfigError.self) {
      try document(#"{"Cmd":["a"],"WorkingDir":"\#(path)"}"#)
    }
  }

  @Test func `volumes are cleaned, and deeper ones come first`() throws {
    let config = #"{"Volumes":{"/a":{},"/a//b/":{},"/c":{},"/a/b":{}}}"#
    #expect(try VolumePaths.list(for: try image(config)) == ["/a/b", "/a", "/c"])
  }

  @Test(arguments: ["/", "a", "/proc", "/proc/sys", "/sys", "/dev/shm", "/a/../proc", "//"])
  func `a volume over the root or the kernel's places is refused`(path: String) {
    #expect(throws: BundleConfigError.self) {
      try VolumePaths.list(for: try image(#"{"Volumes":{"\#(path)":{}}}"#))
    }
  }
}

@Suite struct SeccompTests {
  private func names(_ capabilities: [String] = ContainerDefaults.capabilities) -> Set<String> {
    let profile = SeccompProfile.document(architecture: "amd64", capabilities: capabilities)
    guard case .array(let names)? = profile?.at("syscalls/0/names") else { return [] }
    return Set(
      names.compactMap {
        guard case .string(let name) = $0 else { return nil }
        return name
      }
    )
  }

  @Test(arguments: [
    "mount", "umount2", "unshare", "setns", "bpf", "clone", "clone3", "keyctl", "add_key",
    "request_key", "kexec_load", "init_module", "open_by_handle_at", "perf_event_open", "reboot",
    "swapon", "userfaultfd", "io_uring_setup", "io_uring_enter", "personality", "socket",
    "settimeofday", "syslog", "acct", "iopl", "pivot_root", "open_tree", "move_mount", "fsopen",
    "mbind", "quotactl", "vhangup", "pidfd_getfd",
  ])
  func `dangerous calls are not allowed outright`(name: String) {
    #expect(!names().contains(name))
  }

  @Test func `a capability brings its calls`() {
    #expect(names().contains("chroot"))
    let all = names(ContainerDefaults.capabilities + ["CAP_SYS_ADMIN"])
    #expect(all.isSuperset(of: ["mount", "clone", "clone3", "unshare"]))
  }

  @Test func `no call stands twice in the table`() {
    #expect(Set(SeccompTable.allowed).count == SeccompTable.allowed.count)
  }

  @Test func `an unknown processor has no profile`() {
    #expect(SeccompProfile.document(architecture: "riscv64", capabilities: []) == nil)
  }
}
