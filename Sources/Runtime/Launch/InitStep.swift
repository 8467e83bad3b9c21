/// What init does, in the order of the cases: reading this enum is reading the path from clone to
/// execve.
///
/// Each case says what it needs from before, and what it has to precede. LaunchTests pins the pairs
/// that must not be swapped.
package enum InitStep: UInt8, CaseIterable, Sendable {
  /// Shows up as `swrun:init` in ps. First, so that a hang names who hangs.
  case nameProcess = 1

  /// Waits for the id mappings of a new user namespace and becomes its root: before anything that
  /// makes a file or needs a right in the namespace.
  case takeIdentity

  /// Joins the namespaces that the plan names by path. After `takeIdentity`, as joining needs
  /// rights in the owner's user namespace; before mounts, which a joined namespace shows.
  case joinNamespaces

  /// Makes the time namespace, with its offsets, and enters it. Not by the clone: a namespace takes no
  /// offsets any more once there is a process in it. After `takeIdentity`, which gives the right.
  case makeTimeNamespace

  /// Makes the IPC namespace of a container with users of its own: its message queues belong to who
  /// makes it, so it is not the clone that does. After `takeIdentity`, before mounts, which show it.
  case makeIPCNamespace

  /// Makes the cgroup namespace. It can't be made by the clone: its root would be the creator's
  /// cgroup, and not the one that init is born in.
  case leaveCgroupNamespace

  /// Leaves the caller's session, so that the container has no way to its terminal. Before
  /// `openTerminal`, which wants a session without a terminal.
  case startSession

  /// Gives the container a session keyring of its own. After `takeIdentity`: keyrings belong to a
  /// user namespace.
  case joinKeyring

  /// Sets the loopback link of a new network namespace up.
  case setUpLoopback

  /// Cuts the mount namespace off from the host's and makes the rootfs a mount. Before any mount.
  case prepareRootfs

  /// Mounts the list of the plan, in its order. After `leaveCgroupNamespace`: a cgroup2 mount shows
  /// the namespace that it was made in.
  case mountFileSystems

  /// Makes devices and the links in /dev. After `mountFileSystems`, which brings /dev.
  case makeDevices

  /// Makes a missing working directory. Before `sealRootfs`, while it can still be written.
  case makeWorkingDirectory

  /// Opens a terminal in the container's own devpts and gives its master away. After
  /// `mountFileSystems` (devpts) and `makeDevices` (/dev/console lies over the node).
  case openTerminal

  /// Lets the creator run prestart and createRuntime hooks. The specification wants mounts done and
  /// the root not yet changed.
  case awaitRuntimeHooks

  /// Runs createContainer hooks: in the container's namespaces, with the host's root still there.
  case runCreateContainerHooks

  /// Writes kernel parameters through the host's procfs. After `setUpLoopback` and the namespaces
  /// they belong to; before `makePathsReadOnly`, which as a rule covers /proc/sys.
  case setSysctls

  /// Covers paths with read-only copies of themselves. After everything that writes below them.
  case makePathsReadOnly

  /// Hides paths. After `makePathsReadOnly`: a masked path below a read-only one stays masked.
  case maskPaths

  /// Makes the root read-only. After the last file that is made in it.
  case sealRootfs

  /// Makes the rootfs the root. From here on the host's files are out of reach by any path.
  case enterRootfs

  /// Sets host and domain name.
  case setNames

  /// Sets rlimits, scheduling and the personality. Before `changeUser`, as raising
  /// some needs privilege; personality before any filter, which may forbid it.
  case setLimits

  /// Sets the LSM label that execve will take on. Before `changeUser`; and in a procfs of the
  /// host's, as the container's may be covered.
  case setLabels

  /// Goes to the working directory. Before `changeUser`: only root may be able to search the way.
  case enterWorkingDirectory

  /// Opens the paths that a Landlock ruleset allows. After `enterWorkingDirectory`, which closes what
  /// isn't needed; before `changeUser`: only root may be able to search the way.
  case prepareLandlock

  /// Turns no_new_privs on. Before `confine`, where a filter without privileges needs it.
  case setNoNewPrivileges

  /// Drops what is not in the bounding set. Before `changeUser`, which takes CAP_SETPCAP away.
  case dropBoundingSet

  /// Changes groups and user, keeping permitted capabilities for `confine`.
  case changeUser

  /// Finds the program, as the container's user: what it may not execute must fail create and not
  /// start. After `enterRootfs` and `changeUser`.
  case findProgram

  /// Puts the Landlock ruleset in force. After `setNoNewPrivileges`, without which it takes privilege,
  /// and `findProgram`, which reads files that the program may not.
  case restrictReach

  /// Sets the final capabilities; loads the filter first if no_new_privs is off, as that takes
  /// privilege. After everything that needs a right or a system call.
  case confine

  /// Tells the creator that all is ready. Callers learn of every failure up to here from create.
  case report

  /// Waits for start, where startContainer hooks come before the program; execute waits otherwise.
  case awaitStart

  /// Runs startContainer hooks: confined, as the container's user, with its root.
  case runStartContainerHooks

  /// Loads the filter if no_new_privs is on, last of all, and becomes the program.
  case execute

  /// What messages call the step.
  var subject: String {
    switch self {
    case .nameProcess: "init"
    case .takeIdentity: "user namespace"
    case .joinNamespaces: "namespaces"
    case .makeTimeNamespace: "time namespace"
    case .makeIPCNamespace: "ipc namespace"
    case .leaveCgroupNamespace: "cgroup namespace"
    case .startSession: "session"
    case .joinKeyring: "session keyring"
    case .setUpLoopback: "loopback link"
    case .prepareRootfs, .sealRootfs, .enterRootfs: "rootfs"
    case .mountFileSystems: "mounts"
    case .makeDevices: "devices"
    case .makeWorkingDirectory, .enterWorkingDirectory: "process.cwd"
    case .openTerminal: "terminal"
    case .awaitRuntimeHooks, .runCreateContainerHooks, .runStartContainerHooks: "hooks"
    case .setSysctls: "sysctl"
    case .makePathsReadOnly: "read-only paths"
    case .maskPaths: "masked paths"
    case .setNames: "hostname"
    case .setLimits: "limits"
    case .setLabels: "label"
    case .prepareLandlock, .restrictReach: "Landlock"
    case .setNoNewPrivileges: "no_new_privs"
    case .dropBoundingSet, .confine: "capabilities and filter"
    case .changeUser: "user"
    case .findProgram, .execute: "exec"
    case .report, .awaitStart: "creator"
    }
  }
}
