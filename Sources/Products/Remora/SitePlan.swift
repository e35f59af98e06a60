internal import DurableFiles
public import Replication

/// What a site replicates, where that lies, and where the site keeps its state: a site before it is opened.
///
///     var plan = SitePlan(name: "berlin", state: "/var/lib/catalogue")
///     plan.replicate(GizmoReplicator.self, root: "/srv/copies/gizmos")
///     try await plan.withSecondary(of: primary) { berlin in
///       try await berlin.consumeEvents()
///       try await berlin.work()
///     }
public struct SitePlan: Sendable {
  /// One kind with its place.
  struct Share: Sendable {
    let kind: Kind
    let root: String
    let selection: SelectiveSync
    let address: AddressTemplate?
  }

  /// The site's name.
  public let name: String
  /// The directory of the site's state; made when missing. One process owns it at a time.
  public let state: String
  /// The clock and the random source.
  public var environment: SiteEnvironment
  /// Put round every strategy, outermost; the kit steps in here.
  package var outermostStrategy: @Sendable (any Strategy) -> any Strategy = { $0 }
  private(set) var shares: [Share] = []

  /// A plan without kinds.
  public init(name: String, state: String, environment: SiteEnvironment = .system) {
    self.name = name
    self.state = state
    self.environment = environment
  }

  /// Replicates a kind.
  ///
  /// - Parameters:
  ///   - root: on a primary the directory that holds the replicables, on a secondary the one for the copies. Absolute; must exist.
  ///   - selection: which of them.
  ///   - address: from where a secondary fetches; without one, from the primary's own directory, which must be on this machine.
  public mutating func replicate<R: Replicator>(
    _ type: R.Type, root: String, selection: SelectiveSync = .everything, address: AddressTemplate? = nil
  ) {
    shares.append(Share(kind: Kind(type), root: root, selection: selection, address: address))
  }

  /// Replicates a kind that only a configuration names.
  public mutating func replicate(_ configuration: KindConfiguration) {
    shares.append(
      Share(
        kind: configuration.kind, root: configuration.root, selection: configuration.selection,
        address: configuration.address))
  }
}
