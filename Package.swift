// swift-tools-version: 6.2
//
// Two wings, one specification: every target under Sources/Runtime belongs to swrun, every target
// under Sources/Image to swimg, and none to both. Within a wing a target depends on lower floors
// only. conformance/laws checks both against what the package manager itself reports.

import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// Exposes setns, unshare, O_PATH, CLONE_* and their like to the Swift importer.
let gnu: [CSetting] = [.define("_GNU_SOURCE")]

func runtime(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name,
    dependencies: dependencies,
    path: "Sources/Runtime/\(name)",
    cSettings: gnu,
    swiftSettings: settings,
  )
}

func image(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name,
    dependencies: dependencies,
    path: "Sources/Image/\(name)",
    cSettings: gnu,
    swiftSettings: settings,
  )
}

func library(_ name: String, wing: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name,
    path: "Sources/\(wing)/\(name)",
    pkgConfig: pkgConfig,
    providers: [.apt([apt])],
  )
}

func tests(_ target: Target.Dependency, _ name: String, resources: [Resource] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [target],
    path: "Tests/\(name)Tests",
    resources: resources,
    swiftSettings: settings,
  )
}

let swrun: [Target] = [
  // Floor 0
  .target(name: "CKernel", path: "Sources/Runtime/CKernel", cSettings: gnu),
  library("CSeccomp", wing: "Runtime", pkgConfig: "libseccomp", apt: "libseccomp-dev"),
  library("CCap", wing: "Runtime", pkgConfig: "libcap", apt: "libcap-dev"),
  // Floor 1
  runtime("Kernel", ["CKernel"]),
  runtime("JSON"),
  // Floor 2
  runtime("RuntimeSpec", ["JSON"]),
  runtime("Capabilities", ["CCap", "Kernel"]),
  runtime("SyscallFilter", ["CSeccomp", "Kernel"]),
  runtime("DBus", ["Kernel"]),
  // Floor 3
  runtime("State", ["JSON", "Kernel", "RuntimeSpec"]),
  runtime("Cgroups", ["Kernel", "RuntimeSpec"]),
  runtime("Systemd", ["DBus", "Kernel", "RuntimeSpec"]),
  runtime("Rootfs", ["Kernel", "RuntimeSpec"]),
  runtime("Confinement", ["Capabilities", "Kernel", "RuntimeSpec", "SyscallFilter"]),
  runtime("Terminal", ["Kernel"]),
  runtime("Hooks", ["Kernel", "RuntimeSpec"]),
  runtime("Criu", ["Kernel"]),
  // Floor 4
  runtime(
    "Launch",
    [
      "Capabilities", "Confinement", "Hooks", "JSON", "Kernel", "Rootfs", "RuntimeSpec", "State",
      "SyscallFilter", "Terminal",
    ],
  ),
  // Floor 5
  runtime(
    "Lifecycle",
    [
      "Capabilities", "Cgroups", "Confinement", "Criu", "DBus", "Hooks", "JSON", "Kernel", "Launch",
      "Rootfs", "RuntimeSpec", "State", "SyscallFilter", "Systemd", "Terminal",
    ],
  ),
  // Floor 6
  runtime("SwrunCLI", ["Criu", "JSON", "Kernel", "Lifecycle", "RuntimeSpec", "State"]),
  // Floor 7
  .executableTarget(
    name: "swrun",
    dependencies: ["SwrunCLI"],
    path: "Sources/Runtime/swrun",
    swiftSettings: settings,
    linkerSettings: [
      .unsafeFlags(
        // CKernel/entry.c, which wants a program that needs no relocation before its first instruction.
        ["-static-executable", "-Xlinker", "--entry=ckernel_entry"],
        .when(configuration: .release),
      )
    ],
  ),
]

let swimg: [Target] = [
  // Floor 0
  .target(name: "CImageSystem", path: "Sources/Image/CImageSystem", cSettings: gnu),
  library("CISAL", wing: "Image", pkgConfig: "libisal", apt: "libisal-dev"),
  library("CZstd", wing: "Image", pkgConfig: "libzstd", apt: "libzstd-dev"),
  library("CCrypto", wing: "Image", pkgConfig: "libcrypto", apt: "libssl-dev"),
  library("CCurl", wing: "Image", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
  // Floor 1
  image("ImageSpec"),
  image("Archive"),
  image("RootedFiles", ["CImageSystem"]),
  image("Hashing", ["CCrypto"]),
  image("Codecs", ["CISAL", "CZstd"]),
  image("HostProcess"),
  image("HTTP", ["CCurl"]),
  // Floor 2
  image("ContentStore", ["Hashing", "HostProcess", "ImageSpec", "RootedFiles"]),
  image("Layers", ["Archive", "Codecs", "Hashing", "ImageSpec", "RootedFiles"]),
  image("BundleConfig", ["ImageSpec", "RootedFiles"]),
  image("Registry", ["HTTP", "Hashing", "HostProcess", "ImageSpec", "RootedFiles"]),
  image("Signatures", ["Hashing", "HostProcess", "ImageSpec", "RootedFiles"]),
  // Floor 3
  image(
    "Unpack",
    ["BundleConfig", "ContentStore", "HostProcess", "ImageSpec", "Layers", "RootedFiles"],
  ),
  image(
    "Transfer",
    [
      "Archive", "Codecs", "ContentStore", "Hashing", "HostProcess", "ImageSpec", "Registry",
      "RootedFiles", "Signatures",
    ],
  ),
  image(
    "Upkeep",
    [
      "Archive", "Codecs", "ContentStore", "Hashing", "HostProcess", "ImageSpec", "Layers",
      "RootedFiles",
    ],
  ),
  image(
    "Contents",
    ["Archive", "ContentStore", "Hashing", "HostProcess", "ImageSpec", "Layers", "RootedFiles"],
  ),
  // Floor 5
  image(
    "SwimgCLI",
    [
      "Archive", "BundleConfig", "ContentStore", "Contents", "HostProcess", "ImageSpec", "Layers",
      "Hashing", "Registry", "RootedFiles", "Signatures", "Transfer", "Unpack", "Upkeep",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ],
  ),
  // Floor 6
  .executableTarget(
    name: "swimg",
    dependencies: ["SwimgCLI"],
    path: "Sources/Image/swimg",
    swiftSettings: settings,
  ),
]

let package = Package(
  name: "swrun-and-swimg",
  products: [
    .executable(name: "swrun", targets: ["swrun"]),
    .executable(name: "swimg", targets: ["swimg"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
  ],
  targets: swrun + swimg + [
    tests("JSON", "JSON", resources: [.copy("Fixtures")]),
    tests("RuntimeSpec", "RuntimeSpec", resources: [.copy("Fixtures")]),
    tests("Cgroups", "Cgroups"),
    tests("DBus", "DBus"),
    tests("Systemd", "Systemd"),
    tests("SyscallFilter", "SyscallFilter"),
    tests("Capabilities", "Capabilities"),
    tests("Confinement", "Confinement"),
    tests("Criu", "Criu"),
    tests("Launch", "Launch"),
    tests("Lifecycle", "Lifecycle"),
    tests("SwrunCLI", "SwrunCLI"),
    tests("ImageSpec", "ImageSpec"),
    tests("Archive", "Archive", resources: [.copy("Fixtures")]),
    tests("Codecs", "Codecs", resources: [.copy("Fixtures")]),
    tests("RootedFiles", "RootedFiles"),
    tests("Layers", "Layers"),
    tests("BundleConfig", "BundleConfig"),
    tests("HTTP", "HTTP"),
    tests("Registry", "Registry"),
    tests("Signatures", "Signatures"),
    tests("ContentStore", "ContentStore"),
  ],
)
