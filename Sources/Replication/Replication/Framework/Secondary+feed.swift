internal import Synchronization

/// Determines which kinds follow the event feed. Each registry records its own cursor, and a batch is read from the
/// smallest of the kinds that follow now. A kind that is switched off, has no cursor yet, is unknown to the primary or
/// has to be reconciled does not follow and does not delay others; it joins after a pass over its own catalog.
extension Secondary {
  /// A kind that follows the feed, at the time of a batch's request.
  struct Follower: Sendable {
    let member: Member
    let cursor: Cursor
    let departures: Int

    func follows(_ event: Event) -> Bool { event.replicableName == member.kind.name && event.id > cursor.id }
  }

  /// Events further than this behind the newest cursor are not read again: the catalog is shorter.
  private static let longestBacklog: UInt64 = 10_000
  /// How long a kind that the primary lacks is not requested again.
  static let unknownPause = Duration.seconds(60)

  /// The kinds that follow now. Kinds whose cursors are of different logs cannot follow one feed: only those of the
  /// most frequent log do.
  func followers() async throws -> [Follower] {
    var groups: [LogID: [Follower]] = [:]
    for member in table.all where try await isEnabled(member.kind) {
      let feed = member.feed.current
      guard !feed.mustReconcile, feed.unknownSince == nil, let cursor = try await member.registry.cursor() else {
        continue
      }
      groups[cursor.log, default: []].append(
        Follower(member: member, cursor: cursor, departures: feed.departures))
    }
    guard let group = groups.values.max(by: { ($0.count, $0.newest) < ($1.count, $1.newest) }) else { return [] }
    let newest = group.newest
    let late = group.filter { $0.cursor.id.addingReportingOverflow(Self.longestBacklog).partialValue < newest }
    for follower in late { follower.member.feed.leave(isOtherLog: false) }
    return group.filter { follower in !late.contains { $0.member.kind.name == follower.member.kind.name } }
  }

  /// The smallest cursor of the kinds that follow the feed; `nil` when none does.
  public func followedCursor() async throws -> Cursor? { try await followers().smallest?.cursor }

  /// Returns kinds that are enabled and do not follow the feed yet, except those that the primary lacked a short time
  /// ago.
  func joiners() async throws -> [Member] {
    let now = environment.now()
    let following = Set(try await followers().map(\.member.kind.name))
    var found: [Member] = []
    for member in table.all where !following.contains(member.kind.name) {
      guard try await isEnabled(member.kind) else { continue }
      if let since = member.feed.current.unknownSince, now >= since, now - since < Self.unknownPause { continue }
      found.append(member)
    }
    return found
  }

  /// Returns the names of the kinds that must be reconciled before they follow the feed; see `join(_:)`.
  public func kindsToJoin() async throws -> [ReplicableName] { try await joiners().map(\.kind.name) }

  /// Compares a kind with the primary's catalog, so that it follows the feed from the catalog's position on. Does
  /// nothing for one that follows already or is disabled.
  /// - Throws: `PrimaryAccessError`, the stores' errors; the kind then still does not follow.
  public func join(_ name: ReplicableName) async throws {
    let member = try table.member(name)
    try await member.passes.run { try await self.joinNow(member) }
  }

  private func joinNow(_ member: Member) async throws {
    guard try await isEnabled(member.kind), try await mustJoin(member) else { return }
    _ = try await pass(member, movesCursor: true)
  }

  /// Whether only a pass over the catalog makes the kind follow.
  func mustJoin(_ member: Member) async throws -> Bool {
    try await !followers().contains { $0.member.kind.name == member.kind.name }
  }

  /// Makes each kind that does not follow the log yet follow it. A kind that fails does not delay the others.
  /// - Returns: whether any joined, and the last failure.
  func joinAll() async throws -> (hasJoined: Bool, failure: (any Error)?) {
    var (hasJoined, failure) = (false, (any Error)?.none)
    for member in try await joiners() {
      do {
        try await join(member.kind.name)
        hasJoined = true
      } catch PrimaryAccessError.unknownKind {
        // Shown by `feedState`; requested again later.
        continue
      } catch {
        failure = error
      }
    }
    return (hasJoined, failure)
  }

  /// Returns a kind's state with regard to the primary's catalog and events, for reports.
  public func feedState(of name: ReplicableName) throws(ReplicationError) -> FeedState {
    let feed = try table.member(name).feed.current
    return FeedState(
      isUnknownToPrimary: feed.unknownSince != nil, isOffOnPrimary: feed.isOffOnPrimary,
      isReconciling: feed.mustReconcile, leftOut: feed.leftOut, postponed: feed.postponed,
      lastComparison: feed.comparison, lastComplete: feed.lastComplete)
  }

  /// Saves the batch's cursor for the kinds that followed it, after all of its changes are durable in every registry. A
  /// kind that left meanwhile, or was compared with the catalog since, keeps its cursor.
  func advance(_ followers: [Follower], to cursor: Cursor) async throws {
    for follower in followers where follower.cursor.id < cursor.id {
      guard follower.member.feed.current.departures == follower.departures,
        try await follower.member.registry.cursor() == follower.cursor
      else { continue }
      try await follower.member.registry.advance(to: cursor)
    }
  }
}

/// A kind's part in the event feed.
public struct FeedState: Hashable, Sendable {
  /// The primary does not have the kind.
  public var isUnknownToPrimary: Bool
  /// The kind's feature is off on the primary: nothing of it is published.
  public var isOffOnPrimary: Bool
  /// The log could not be followed; the catalog is compared first.
  public var isReconciling: Bool
  /// The directories that the primary's last listing left out.
  public var leftOut: LeftOut
  /// Changes that the last comparison postponed.
  public var postponed: PostponedChanges
  /// The last comparison with the catalog since this process started.
  public var lastComparison: CatalogComparison?
  /// The last one whose catalog was complete.
  public var lastComplete: CatalogComparison?
}

extension [Secondary.Follower] {
  var smallest: Secondary.Follower? { self.min { $0.cursor.id < $1.cursor.id } }
  fileprivate var newest: UInt64 { self.map(\.cursor.id).max() ?? 0 }
}
