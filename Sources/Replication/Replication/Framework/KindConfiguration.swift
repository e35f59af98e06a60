/// A kind without Swift code: a few lines of a configuration.
///
///     release_asset: { strategy: blob, root: /srv/assets, include: ["**"], exclude: ["tmp/**"] }
public struct KindConfiguration: Hashable, Sendable {
  /// The kind's name.
  public var name: ReplicableName
  /// How it is stored.
  public var dataType: DataType
  /// The directory that holds the replicables, or the copies.
  public var root: String
  /// From where a secondary fetches, in place of the primary; `nil` is the primary.
  public var address: AddressTemplate?
  /// Which directories or files below the root belong to the kind: the globs match their names, a repository's with its
  /// `.git`.
  public var selection: SelectiveSync
  /// Whether files may change under one id. Repositories always do.
  public var isMutable: Bool
  /// The default of the feature flag.
  public var replicationEnabledByDefault: Bool

  /// A configured kind.
  /// - Throws: `ReplicationError.invalidConfiguration` for a strategy that is none of `repository` and `blob` and a
  ///   root that is not absolute; and the errors of the name, the address and the globs.
  public init(
    name: String, strategy: String, root: String, address: String? = nil, include: [String] = ["**"],
    exclude: [String] = [], isMutable: Bool = false, replicationEnabledByDefault: Bool = true
  ) throws(ReplicationError) {
    self.name = try ReplicableName(name)
    dataType = DataType(rawValue: strategy)
    guard [.repository, .blob].contains(dataType) else {
      throw .invalidConfiguration("strategy of '\(name)': '\(strategy)' is none of repository, blob")
    }
    guard root.hasPrefix("/") else { throw .invalidConfiguration("root of '\(name)': not an absolute path") }
    self.root = root
    if let address { self.address = try AddressTemplate(address) }
    selection = try SelectiveSync(
      include: include, exclude: exclude, suffix: dataType == .repository ? ".git" : "")
    self.isMutable = isMutable
    self.replicationEnabledByDefault = replicationEnabledByDefault
  }

  /// The kind, the same as one written in Swift.
  public var kind: Kind {
    Kind(
      configured: name, dataType: dataType, isMutable: isMutable, enabledByDefault: replicationEnabledByDefault)
  }
}
