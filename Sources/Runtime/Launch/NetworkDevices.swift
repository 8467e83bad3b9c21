import Kernel
import RuntimeSpec

/// Moves network devices of the host into the container's network namespace, and sets them up.
///
/// Permanent global addresses come along. The devices never come back by our doing: the kernel returns
/// what is hardware when the namespace ends.
///
/// Spec: config-linux.md, "Network Devices".
///
/// - Throws: EEXIST where a name is taken in the container, before anything of that device is changed.
func moveNetworkDevices(
  of plan: ContainerPlan,
  intoNamespaceOf pid: Int32,
  _ processes: borrowing ProcessFiles,
) throws(LaunchError) {
  let namespace = try about("network namespace") { () throws(KernelError) in
    guard case .join(let path) = plan.namespaces.source(of: .network) else {
      return try processes.openTarget(of: "\(pid)/ns/net", [.readOnly])
    }
    return try open(path, [.readOnly, .nonblocking])
  }
  let here = try about("network devices") { () throws(KernelError) in try RouteSocket() }
  let there = try about("network namespace") { () throws(KernelError) in
    let own = try processes.openTarget(of: "self/ns/net", [.readOnly])
    return try routeSocket(in: namespace, from: own)
  }
  // All of them before the first is moved: what is not hardware would end with the namespace.
  for device in plan.networkDevices {
    try about("linux.netDevices \(device.hostName)") { () throws(KernelError) in
      _ = try link(of: device, from: here, to: there)
    }
  }
  for device in plan.networkDevices {
    let subject = "linux.netDevices \(device.hostName)"
    try about(subject) { () throws(KernelError) in
      try move(device, from: here, to: there, namespace)
    }
  }
}

/// A socket that belongs to another network namespace than this process.
private func routeSocket(
  in namespace: borrowing OwnedDescriptor,
  from own: borrowing OwnedDescriptor,
) throws(KernelError) -> RouteSocket {
  try enter(namespace: namespace, .network, subject: "network namespace")
  let made: RouteSocket
  do throws(KernelError) {
    made = try RouteSocket()
  } catch {
    try enter(namespace: own, .network, subject: "network namespace of the host")
    throw error
  }
  try enter(namespace: own, .network, subject: "network namespace of the host")
  return made
}

/// The device on the host, once it is sure that its name is free in the container.
private func link(
  of device: NetworkDevicePlan,
  from here: borrowing RouteSocket,
  to there: borrowing RouteSocket,
) throws(KernelError) -> NetworkLink {
  guard let link = try here.links().first(where: { $0.name == device.hostName }) else {
    throw KernelError(call: "RTM_GETLINK", code: .noDevice, subject: device.hostName)
  }
  // The kernel would move the device and refuse the name only then.
  guard try !there.links().contains(where: { $0.name == device.name }) else {
    throw KernelError(call: "RTM_NEWLINK", code: .exists, subject: device.name)
  }
  return link
}

private func move(
  _ device: NetworkDevicePlan,
  from here: borrowing RouteSocket,
  to there: borrowing RouteSocket,
  _ namespace: borrowing OwnedDescriptor,
) throws(KernelError) {
  let link = try link(of: device, from: here, to: there)
  let before = try there.links()
  let addresses = try here.addresses(of: link)
  try here.move(link, to: namespace, as: device.name)
  let moved = try there.links().first { link in
    device.isTemplate ? !before.contains { $0.index == link.index } : link.name == device.name
  }
  guard let moved else {
    throw KernelError(call: "RTM_GETLINK", code: .noDevice, subject: device.name)
  }
  for address in addresses { try there.add(address, to: moved) }
  try there.setUp(moved)
}
