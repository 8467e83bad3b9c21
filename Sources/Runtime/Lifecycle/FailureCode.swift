import Cgroups
import Confinement
import Criu
import Hooks
import Kernel
import Launch
import Rootfs
import RuntimeSpec
import State
import Systemd

/// What kind of failure a command has ended with: a word that stays the same whatever the message
/// says, for who reads the JSON log.
///
/// See: swrun(8), "DIAGNOSTICS".
package enum FailureCode: String, CaseIterable, Sendable {
  case usage
  case configuration
  case noContainer = "no-container"
  case containerExists = "container-exists"
  case notRunning = "not-running"
  case wrongStatus = "wrong-status"
  case busy
  case damagedState = "damaged-state"
  case programNotFound = "program-not-found"
  case programNotExecutable = "program-not-executable"
  case namespace
  case mount
  case cgroup
  case systemd
  case seccomp
  case capabilities
  case hook
  case hookTimeout = "hook-timeout"
  case initFailed = "init-failed"
  case criu
  case permission
  case interrupted
  case kernel
  case refused

  /// What it means, for swrun(8).
  package var meaning: String {
    switch self {
    case .usage: "the command line"
    case .configuration: "config.json, or a process file"
    case .noContainer: "there is no such container"
    case .containerExists: "there is such a container already"
    case .notRunning: "the container has no process any more"
    case .wrongStatus: "the container is not in a status for that"
    case .busy: "another swrun works on the container"
    case .damagedState: "what is recorded of the container can't be read"
    case .programNotFound: "the program is not in the container"
    case .programNotExecutable: "the program may not, or can't, be executed"
    case .namespace: "a namespace could not be made or joined"
    case .mount: "the root file system, a mount or a device could not be made"
    case .cgroup: "a control group or a limit could not be had"
    case .systemd: "systemd refused, or did not answer"
    case .seccomp: "the filter could not be made or loaded"
    case .capabilities: "capabilities could not be set"
    case .hook: "a hook failed"
    case .hookTimeout: "a hook took longer than it may"
    case .initFailed: "another step of the container's first process failed"
    case .criu: "CRIU failed"
    case .permission: "the caller may not do that"
    case .interrupted: "a signal asked for an end"
    case .kernel: "a system call failed"
    case .refused: "anything else"
    }
  }
}

extension RuntimeError {
  package var code: FailureCode {
    switch self {
    case .configuration: .configuration
    case .state(let error): error.failureCode
    case .launch(let error): error.failureCode
    case .cgroup: .cgroup
    case .systemd: .systemd
    case .confinement(.capabilities): .capabilities
    case .confinement: .seccomp
    case .hook(let error): error.failureCode
    case .rootfs: .mount
    case .criu: .criu
    case .kernel(let error, _): error.failureCode
    case .usage: .usage
    case .notRunning: .notRunning
    case .wrongStatus: .wrongStatus
    case .refused: .refused
    }
  }
}

extension StateError {
  fileprivate var failureCode: FailureCode {
    switch self {
    case .invalidID: .usage
    case .exists: .containerExists
    case .doesNotExist: .noContainer
    case .busy: .busy
    case .damaged, .unsafeRoot: .damagedState
    case .kernel(let error): error.failureCode
    }
  }
}

extension LaunchError {
  fileprivate var failureCode: FailureCode {
    switch self {
    case .kernel(let error, _): error.failureCode
    case .initFailed(let failure): failure.failureCode
    case .handshake: .initFailed
    case .hook(let error): error.failureCode
    case .state(let error): error.failureCode
    case .cgroup: .cgroup
    case .unmapped, .hostMounts: .namespace
    }
  }
}

extension InitFailure {
  fileprivate var failureCode: FailureCode {
    switch step {
    case .takeIdentity, .joinNamespaces, .makeTimeNamespace, .makeIPCNamespace,
      .leaveCgroupNamespace, .setNames, .setUpLoopback, .setSysctls:
      .namespace
    case .prepareRootfs, .mountFileSystems, .makeDevices, .makeWorkingDirectory, .makePathsReadOnly,
      .maskPaths, .sealRootfs, .enterRootfs:
      .mount
    case .awaitRuntimeHooks, .runCreateContainerHooks, .runStartContainerHooks: .hook
    case .findProgram, .execute:
      // The words that callers look for tell the two apart.
      subject.hasSuffix("not found in $PATH") || [.noEntry, .notDirectory].contains(code)
        || subject.hasSuffix("no such file or directory")
        ? .programNotFound : .programNotExecutable
    case .confine where call == "seccomp" || call == "sendmsg": .seccomp
    case .dropBoundingSet, .confine: .capabilities
    case .nameProcess, .startSession, .joinKeyring, .openTerminal, .setLimits, .setLabels,
      .enterWorkingDirectory, .setNoNewPrivileges, .changeUser, .prepareLandlock, .restrictReach,
      .report, .awaitStart:
      .initFailed
    }
  }
}

extension HookError {
  fileprivate var failureCode: FailureCode {
    if case .timedOut = self { return .hookTimeout }
    return .hook
  }
}

extension KernelError {
  fileprivate var failureCode: FailureCode {
    switch code {
    case .permission, .accessDenied: .permission
    case .interrupted: .interrupted
    default: .kernel
    }
  }
}
