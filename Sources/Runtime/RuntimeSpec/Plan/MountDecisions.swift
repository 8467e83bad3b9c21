extension MountPlan {
  private static let clause = "config.md, \"Mounts\""

  static func list(
    _ mounts: [Configuration.Mount],
    bundle: String,
  ) throws(ConfigurationError) -> [MountPlan] {
    var plans: [MountPlan] = []
    for (index, mount) in mounts.enumerated() {
      plans.append(try MountPlan(mount, at: index, bundle: bundle))
    }
    return plans
  }

  private init(
    _ mount: Configuration.Mount,
    at index: Int,
    bundle: String,
  ) throws(ConfigurationError) {
    self.index = index
    // Deprecated, not forbidden: a relative destination is one below the root.
    destination = mount.destination.cleanAbsolutePath
    kind = .cgroup
    attributes = Attributes()
    recursiveAttributes = Attributes()
    propagation = []
    superblockFlags = []
    parameters = []
    copiesUp = false
    isRemount = false
    identities = nil
    followsSource = true
    followsDestination = true
    copiesLink = false
    guard !mount.destination.isEmpty else { throw failure("destination", "must not be empty") }
    var isRecursiveBind: Bool?
    var mapping: (isRecursive: Bool, position: Int)?
    for (position, words) in (mount.options ?? []).enumerated() {
      for word in Self.words(of: words) {
        try apply(word, at: position, &isRecursiveBind)
        if case .mapIdentities(let isRecursive) = MountOptionTable.option(named: word) {
          mapping = (isRecursive, position)
        }
      }
    }
    if mount.type == "bind", isRecursiveBind == nil { isRecursiveBind = false }
    try decideKind(mount, isRecursiveBind: isRecursiveBind, bundle: bundle)
    try checkCombination()
    identities = try Self.identities(
      mount,
      pointer: pointer,
      word: mapping,
      isBind: isRecursiveBind != nil && !isRemount,
    )
  }

  /// The options in one text: mount(2) takes a list of them, with commas between.
  ///
  /// One after a backslash is none, as in an overlay's paths, nor is one in a context of SELinux.
  static func words(of text: String) -> [String] {
    let (comma, backslash) = (UInt8(ascii: ","), UInt8(ascii: "\\"))
    guard text.utf8.contains(comma), !Parameter.isContext(text) else { return [text] }
    var words: [[UInt8]] = [[]]
    var isEscaped = false
    for byte in text.utf8 {
      if byte == comma, !isEscaped { words.append([]) } else { words[words.count - 1].append(byte) }
      isEscaped = byte == backslash && !isEscaped
    }
    return words.map { String(decoding: $0, as: UTF8.self) }
  }

  private mutating func apply(
    _ word: String,
    at position: Int,
    _ isRecursiveBind: inout Bool?,
  ) throws(ConfigurationError) {
    switch MountOptionTable.option(named: word) {
    case .set(let bits, let clearing): attributes.add(bits, clearing: clearing)
    case .clear(let bits): attributes.remove(bits)
    case .setBelow(let bits, let clearing): recursiveAttributes.add(bits, clearing: clearing)
    case .clearBelow(let bits): recursiveAttributes.remove(bits)
    case .superblock: superblockFlags.append(word)
    case .bind(let isRecursive): isRecursiveBind = isRecursive
    case .propagate(let kind): propagation.append(kind)
    case .remount: isRemount = true
    case .copyUp: copiesUp = true
    case .copyLink: copiesLink = true
    case .sourceNoFollow: followsSource = false
    case .destinationNoFollow: followsDestination = false
    case .mapIdentities, .nothing: break
    case nil:
      guard !word.isEmpty else { break }
      guard let parameter = Parameter(word) else {
        throw failure("options/\(position)", "must be a name or NAME=value, is \(quoted(word))")
      }
      parameters.append(parameter)
    }
    // As mount(2) does: a new file system that is read-only is so in its superblock too.
    if word == "ro" || word == "rw" { superblockFlags.append(word) }
  }

  private mutating func decideKind(
    _ mount: Configuration.Mount,
    isRecursiveBind: Bool?,
    bundle: String,
  ) throws(ConfigurationError) {
    let source = mount.source ?? ""
    if let isRecursiveBind {
      guard !source.isEmpty else { throw failure("source", "is required to bind and missing") }
      let path = source.isAbsolutePath ? source : "\(bundle)/\(source)"
      kind = .bind(source: path, isRecursive: isRecursiveBind)
      return
    }
    switch mount.type ?? "" {
    case "cgroup", "cgroup2":
      kind = .cgroup
    case "", "none":
      guard isRemount else {
        let rule = "must name a file system, or options must have bind or rbind"
        throw failure("type", rule)
      }
      kind = .filesystem(type: "", source: source)
    case let type:
      kind = .filesystem(type: type, source: source.isEmpty ? type : source)
    }
  }

  private mutating func checkCombination() throws(ConfigurationError) {
    switch kind {
    case .bind:
      // What is mounted has its superblock already: mount(2) heeds none of its flags either.
      superblockFlags = []
      guard let parameter = parameters.first else { break }
      let rule = "must not have options of a file system for a bind mount, has "
      throw failure("options", rule + quoted(parameter.key))
    case .cgroup:
      // The superblock is the host's.
      superblockFlags = []
    case .filesystem:
      break
    }
    if case .bind = kind {
    } else if copiesLink || !followsSource {
      let word = copiesLink ? "copy-symlink" : "src-nofollow"
      throw failure("options", "must not have \(word): it is for a bind mount alone")
    }
    guard copiesUp else { return }
    guard case .filesystem("tmpfs", _) = kind else {
      throw failure("options", "must not have tmpcopyup: it is for a tmpfs alone")
    }
  }

  private func failure(_ property: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(pointer: "\(pointer)/\(property)", rule: rule, clause: Self.clause)
  }
}

extension MountPlan.Attributes {
  /// Sets bits after others are cleared; a later option wins over an earlier one.
  fileprivate mutating func add(_ bits: UInt64, clearing mask: UInt64) {
    self.set = self.set & ~mask | bits
    self.clear = self.clear & ~bits | mask
  }

  /// Clears bits; a later option wins over an earlier one.
  fileprivate mutating func remove(_ bits: UInt64) {
    self.set &= ~bits
    self.clear |= bits
  }
}

extension MountPlan.Parameter {
  /// Whether an option of this text, or key, is for SELinux.
  ///
  /// See: mount(8), "context=".
  package static func isContext(_ text: String) -> Bool {
    let name = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    let names = ["context", "fscontext", "defcontext", "rootcontext"]
    return names.contains { $0.utf8.elementsEqual(name) }
  }

  /// Splits a word at its first equals sign; nil where there is no key before it.
  fileprivate init?(_ word: String) {
    let equals = UInt8(ascii: "=")
    let name = word.utf8.prefix { $0 != equals }
    guard !name.isEmpty else { return nil }
    key = String(decoding: name, as: UTF8.self)
    let rest = word.utf8.dropFirst(name.count)
    value = rest.isEmpty ? nil : String(decoding: rest.dropFirst(), as: UTF8.self)
  }
}
