import Testing

@testable import Launch

/// Pairs of steps that must not be swapped, and what would happen if they were.
@Suite struct InitOrderTests {
  static let pairs: [(first: InitStep, second: InitStep, otherwise: String)] = [
    (.takeIdentity, .joinNamespaces, "joining lacks the rights of the user namespace"),
    (.takeIdentity, .mountFileSystems, "mounts are made by a user that is mapped to nobody"),
    (.takeIdentity, .makeTimeNamespace, "the right to make it, and its offsets, is missing"),
    (.takeIdentity, .makeIPCNamespace, "message queues belong to a user that is mapped to nobody"),
    (.makeIPCNamespace, .mountFileSystems, "the mqueue mount shows the host's queues"),
    (.makeIPCNamespace, .setSysctls, "the host's parameters are written"),
    (.leaveCgroupNamespace, .mountFileSystems, "the cgroup mount shows the creator's cgroup"),
    (.joinNamespaces, .prepareRootfs, "the rootfs is mounted in the wrong mount namespace"),
    (.startSession, .openTerminal, "the terminal can't become the controlling one"),
    (.prepareRootfs, .mountFileSystems, "mounts reach the host"),
    (.mountFileSystems, .makeDevices, "devices are covered by the mount of /dev"),
    (.mountFileSystems, .openTerminal, "there is no devpts to open a terminal in"),
    (.makeWorkingDirectory, .sealRootfs, "the working directory can't be made"),
    (.awaitRuntimeHooks, .runCreateContainerHooks, "hooks run out of order"),
    (.awaitRuntimeHooks, .enterRootfs, "createRuntime hooks see a root that has changed"),
    (.runCreateContainerHooks, .enterRootfs, "hooks of the host are out of reach"),
    (.setUpLoopback, .setSysctls, "net.ipv4.conf.lo is not up"),
    (.setSysctls, .makePathsReadOnly, "/proc/sys is read-only"),
    (.makePathsReadOnly, .maskPaths, "a mask is covered by the path above it"),
    (.maskPaths, .enterRootfs, "the host's /dev/null is out of reach"),
    (.makeDevices, .sealRootfs, "devices can't be made"),
    (.sealRootfs, .enterRootfs, "the mount's descriptor is gone"),
    (.setLimits, .changeUser, "limits can't be raised"),
    (.setLimits, .confine, "the filter may forbid personality(2)"),
    (.setLabels, .confine, "the filter may forbid the write"),
    (.enterWorkingDirectory, .changeUser, "a directory for root alone can't be entered"),
    (.enterRootfs, .enterWorkingDirectory, "the container starts in the host's directory"),
    (.setNoNewPrivileges, .execute, "the filter can't be loaded without privilege"),
    (.dropBoundingSet, .changeUser, "CAP_SETPCAP is gone"),
    (.changeUser, .confine, "the final capabilities are lost by the change of user"),
    (.changeUser, .findProgram, "a program is found that the user may not execute"),
    (.findProgram, .report, "create succeeds for a program that isn't there"),
    (.confine, .report, "create succeeds for rights that can't be had"),
    (.report, .awaitStart, "the creator waits for ever"),
    (.awaitStart, .runStartContainerHooks, "hooks run before start"),
    (.runStartContainerHooks, .execute, "hooks run too late"),
  ]

  @Test(arguments: pairs.indices)
  func precedes(_ index: Int) {
    let (first, second, otherwise) = Self.pairs[index]
    #expect(first.rawValue < second.rawValue, "\(otherwise)")
  }

  @Test func ordersByRawValueAsByCases() {
    let values = InitStep.allCases.map(\.rawValue)
    #expect(values == values.sorted())
    #expect(InitStep.allCases.last == .execute)
  }
}
