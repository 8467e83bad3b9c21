package import Capabilities
package import RuntimeSpec

/// Decides on the five capability sets of the container's process.
///
/// With `hasNewUserNamespace` init starts in a user namespace that it is made or moved into, where
/// it is permitted everything; it is bound by the creator's own sets otherwise.
///
/// Spec: config.md, "Linux Process", capabilities.
package func capabilityGrant(
  for names: CapabilityNames,
  hasNewUserNamespace: Bool,
) throws(ConfinementError) -> CapabilityGrant {
  var request = CapabilityRequest()
  request.effective = names.effective
  request.permitted = names.permitted
  request.inheritable = names.inheritable
  request.bounding = names.bounding
  request.ambient = names.ambient
  do throws(CapabilityError) {
    let available =
      hasNewUserNamespace
      ? KnownCapabilities.all : try KnownCapabilities.permittedToThisProcess()
    return CapabilityGrant(request, available: available)
  } catch {
    throw .capabilities(error)
  }
}
