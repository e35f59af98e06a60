internal import Foundation
public import Replication

/// What a site replicates, where that is stored, and where the site keeps its state: a site before it is opened.
///
///     var plan = SitePlan(name: "berlin", state: "/var/lib/catalogue")
///     plan.replicate(GizmoReplicator.self, root: "/srv/copies/gizmos")
///     try await plan.withSecondary(of: primary) { berlin in
///       try await berlin.consumeEvents()
///       try await berlin.work()
///     }
public struct SitePlan: Sendable {
  /// The site's name.
  public let name: String
  /// The directory of the site's state; made when missing. One process owns it at a time.
  public let state: String
  /// The clock and the random source.
  public var environment: SiteEnvironment
  /// The kinds, in the order in which they are opened.
  package var kinds: [KindPlan] = []
  /// The bounds and the identity of its transfers.
  package var settings = SiteSettings()
  /// Wraps every strategy, outermost; the test kit puts its hooks here.
  package var outermostStrategy: @Sendable (any Strategy) -> any Strategy = { $0 }

  /// A plan without kinds.
  public init(name: String, state: String, environment: SiteEnvironment = .system) {
    self.name = name
    self.state = state
    self.environment = environment
  }

  /// Replicates a kind that is declared in Swift.
  ///
  /// - Parameters:
  ///   - root: on a primary the directory that holds the replicables, on a secondary the one for the copies. Absolute;
  ///     must exist.
  ///   - selection: which of them.
  ///   - address: from where a secondary fetches; without one, from the primary's own directory, which must be on this
  ///     machine.
  public mutating func replicate<R: Replicator>(
    _ type: R.Type, root: String, selection: SelectiveSync = .everything, address: AddressTemplate? = nil
  ) {
    kinds.append(KindPlan(type, root: root, selection: selection, address: address))
  }

  /// Replicates a kind that only a configuration names.
  public mutating func replicate(_ configuration: KindConfiguration) { kinds.append(KindPlan(configuration)) }

  // MARK: Opening

  /// Opens the site as a primary for as long as `body` runs.
  ///
  /// - Parameter secondaries: the names of those that follow it; without any, nothing is published.
  /// - Throws: what opening the state throws (another process owns it, a file is damaged), and what `body` throws.
  public func withPrimary<Answer: Sendable>(
    secondaries: [String], _ body: (Primary) async throws -> Answer
  ) async throws -> Answer {
    try await SiteResources.with(self) { resources in
      let site = try await resources.openPrimary(secondaries: secondaries) { member, _ in
        member.strategy = outermostStrategy(member.strategy)
      }
      let answer: Answer
      do {
        answer = try await body(site.primary)
      } catch {
        // The first error is thrown; published events are durable.
        try? await site.close()
        throw error
      }
      try await site.close()
      return answer
    }
  }

  /// Opens the site as a secondary of a primary for as long as `body` runs.
  ///
  /// - Parameter primary: the primary itself in one process, or a client of it.
  /// - Throws: what opening the state throws (another process owns it, a file is damaged), and what `body` throws.
  public func withSecondary<Answer: Sendable>(
    of primary: any PrimaryAccess, _ body: (Secondary) async throws -> Answer
  ) async throws -> Answer {
    try await SiteResources.with(self) { resources in
      let site = try await resources.openSecondary(of: primary) { member, _ in
        member.strategy = outermostStrategy(member.strategy)
      }
      do {
        let answer = try await body(site.secondary)
        await site.close()
        return answer
      } catch {
        await site.close()
        throw error
      }
    }
  }
}

/// One kind with its place on a site. A kind that is declared in Swift and one that is configured give the same value,
/// so nothing behind a plan distinguishes them.
package struct KindPlan: Sendable {
  /// The kind, with the steps that a replicator replaces.
  package var kind: Kind
  /// The directory that holds the replicables, or the copies. Absolute.
  package var root: String
  /// Which directories or files below the root belong to the kind.
  package var selection: SelectiveSync
  /// From where a secondary fetches; `nil` is the primary.
  package var address: AddressTemplate?
  /// Directories outside of the root to which links below it may lead.
  package var allowedRoots: [String] = []

  /// A kind that is declared in Swift.
  package init<R: Replicator>(
    _ type: R.Type, root: String, selection: SelectiveSync = .everything, address: AddressTemplate? = nil
  ) {
    kind = Kind(type)
    self.root = root
    self.selection = selection
    self.address = address
  }

  /// A kind that only a configuration names.
  package init(_ configuration: KindConfiguration) {
    kind = configuration.kind
    root = configuration.root
    selection = configuration.selection
    address = configuration.address
  }

  /// The kind's name.
  package var name: ReplicableName { kind.name }
  /// How it is stored.
  package var dataType: DataType { kind.dataType }

  /// Returns from where a secondary in this process fetches a replicable: its address, or where it lies below the root.
  func source(of id: ReplicableID) -> SourceAddress {
    if let address { return SourceAddress(location: address.url(of: id)) }
    return SourceAddress(location: "\(root)/\(id)\(dataType == .repository ? ".git" : "")")
  }
}

extension SiteEnvironment {
  /// The system's clock and random source.
  public static var system: SiteEnvironment {
    SiteEnvironment(
      now: { Timestamp(secondsSince1970: Date().timeIntervalSince1970) },
      random: { UInt64.random(in: .min ... .max) })
  }
}
