extension Resources {
  /// The properties that are set to something and have no counterpart in cgroup v2.
  package var propertiesWithoutController: [String] {
    let leafWeights = (blockIO?.weightDevice ?? []).enumerated().map { index, device in
      (isSet: device.leafWeight ?? 0 != 0, name: "blockIO/weightDevice/\(index)/leafWeight")
    }
    let settings: [(isSet: Bool, name: String)] = [
      (memory?.kernel ?? -1 > 0, "memory/kernel"),
      (memory?.kernelTCP ?? -1 > 0, "memory/kernelTCP"),
      (memory?.useHierarchy == false, "memory/useHierarchy"),
      (memory?.swappiness != nil, "memory/swappiness"),
      (memory?.disableOOMKiller ?? false, "memory/disableOOMKiller"),
      (cpu?.realtimeRuntime ?? 0 != 0, "cpu/realtimeRuntime"),
      (cpu?.realtimePeriod ?? 0 != 0, "cpu/realtimePeriod"),
      (blockIO?.leafWeight ?? 0 != 0, "blockIO/leafWeight"),
      (network?.classID ?? 0 != 0, "network/classID"),
      (network?.priorities?.isEmpty == false, "network/priorities"),
    ]
    return (settings + leafWeights).filter(\.isSet).map(\.name)
  }
}
