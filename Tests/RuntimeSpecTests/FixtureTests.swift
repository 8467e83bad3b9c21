import Foundation
import JSON
@testable import RuntimeSpec
import Testing

/// The fixtures of the specification itself.
struct FixtureTests {
  private static func bytes(_ folder: String, _ name: String) throws -> [UInt8] {
    let url = try #require(
      Bundle.module.url(
        forResource: name,
        withExtension: "json",
        subdirectory: "Fixtures/config/\(folder)"
      )
    )
    return Array(try Data(contentsOf: url))
  }

  private static func names(_ folder: String) throws -> [String] {
    let url = try #require(
      Bundle.module.url(forResource: folder, withExtension: nil, subdirectory: "Fixtures/config")
    )
    return try FileManager.default.contentsOfDirectory(atPath: url.path)
      .map { String($0.dropLast(".json".count)) }.sorted()
  }

  @Test("Every good configuration for Linux is decoded, and those for others are refused as such")
  func good() throws {
    let names = try Self.names("good")
    #expect(names.count == 9)
    for name in names {
      let text = try Self.bytes("good", name)
      let platform = ["freebsd", "zos"].first { name.hasPrefix($0) }
      if let platform {
        #expect("\(name)") {
          _ = try Configuration(parsing: text)
        } throws: { error in
          (error as? ConfigurationError)?.pointer == "/\(platform)"
        }
      } else {
        #expect(throws: Never.self, "\(name)") { try Configuration(parsing: text) }
      }
    }
  }

  @Test("Every bad configuration is refused with the pointer of what is bad")
  func bad() throws {
    let pointers = [
      "freebsd-vnet-disable": "/freebsd", "invalid-json": "",
      "linux-hugepage": "/linux/resources/hugepageLimits/0/pageSize",
      "linux-netdevice": "/linux/netDevices/eth0/name",
      "linux-rdma": "/linux/resources/rdma/mlx5_1/hcaHandles",
    ]
    #expect(try Self.names("bad") == pointers.keys.sorted())
    for (name, pointer) in pointers {
      let text = try Self.bytes("bad", name)
      #expect("\(name)") {
        _ = try Configuration(parsing: text)
      } throws: { error in
        (error as? ConfigurationError)?.pointer == pointer
      }
    }
  }

  @Test("The specification's example is decoded to the last section")
  func example() throws {
    let configuration = try Configuration(parsing: Self.bytes("good", "spec-example"))
    #expect(configuration.hostname == "slartibartfast")
    #expect(configuration.process?.capabilities?.ambient == ["CAP_NET_BIND_SERVICE"])
    #expect(configuration.mounts?.count == 7)
    #expect(configuration.hooks?.poststart?.first?.timeout == 5)
    let linux = try #require(configuration.linux)
    #expect(linux.namespaces?.count == 8)
    #expect(linux.timeOffsets?.map(\.secs) == [172_800, 604_800])
    #expect(linux.resources?.hugepageLimits?.first?.limit == 9_223_372_036_854_772_000)
    #expect(linux.resources?.network?.priorities?.last?.priority == 1000)
    #expect(linux.resources?.blockIO?.weightDevice?.first?.leafWeight == 300)
    #expect(linux.seccomp?.syscalls.first?.names == ["getcwd", "chmod"])
    #expect(linux.mountLabel == "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811")
    #expect(configuration.annotations?.map(\.value) == ["value1", "value2"])
  }
}

struct DefaultConfigurationTests {
  @Test("The default configuration makes a plan without a warning")
  func defaults() throws {
    let text = defaultConfiguration(rootless: nil).text(.indented(4))
    let plan = try ContainerPlan(try Configuration(parsing: text), bundle: "/b")
    #expect(plan.warnings == [])
    #expect(plan.ociVersion == "1.3.0")
    #expect(plan.process.args == ["sh"])
    #expect(plan.process.hasTerminal)
    #expect(plan.process.noNewPrivileges)
    #expect(
      plan.process.capabilities.bounding
        == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    )
    #expect(plan.hostname == "swrun")
    #expect(plan.rootfs == (try ContainerPlan(Configuration(parsing: text), bundle: "/b")).rootfs)
    #expect(plan.namespaces.cloneFlags == 0x6E02_0000)
    #expect(plan.mounts.map(\.destination).last == "/sys/fs/cgroup")
    #expect(plan.cgroup.resources.devices?.map(\.isAllowed) == [false])
    #expect(plan.maskedPaths.contains("/proc/kcore"))
    #expect(plan.readonlyPaths.contains("/proc/sys"))
  }

  @Test("The rootless one maps root alone, shares the network and binds its sysfs")
  func rootless() throws {
    let text = defaultConfiguration(rootless: (uid: 1000, gid: 100)).text(.indented(4))
    let plan = try ContainerPlan(try Configuration(parsing: text), bundle: "/b")
    #expect(plan.warnings == [])
    #expect(plan.namespaces.source(of: .network) == nil)
    #expect(plan.namespaces.uidMappings == [IDMapping(containerID: 0, hostID: 1000, size: 1)])
    #expect(plan.namespaces.gidMappings == [IDMapping(containerID: 0, hostID: 100, size: 1)])
    #expect(plan.mounts.contains { $0.kind == .bind(source: "/sys", isRecursive: true) })
    #expect(plan.cgroup.resources == Resources())
    #expect(!String(decoding: text, as: UTF8.self).contains("gid=5"))
  }
}
