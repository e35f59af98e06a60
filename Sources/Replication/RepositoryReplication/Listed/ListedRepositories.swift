package import GitTransport
internal import GitValues
internal import Mirroring
internal import RefStore
package import Replication
internal import Synchronization
internal import TextBytes
package import WorkerPool

/// The primary's part of the repository strategy for repositories on other hosts: a roster lists them, and each is read
/// by listing its refs at its host.
///
/// Everything that blocks runs on `workers`.
package final class ListedRepositories: Strategy {
  private struct State {
    var roster: RepositoryList?
    /// Why the last look at the roster failed; then it is the one before, and nothing may be called gone.
    var failure: String?
    var hasDropped = false
  }

  /// Takes the end of each listing: the id, its location, and the failure if it failed; returns the failure with a
  /// disposition that takes the host's state into account.
  package typealias Attribution = @Sendable (ReplicableID, String, StrategyError?) -> StrategyError?

  private let name: String
  private let remote: HostListing
  private let attribute: Attribution
  private let state = Mutex(State())

  /// - Parameters:
  ///   - name: of the roster, for errors.
  ///   - run: how long one listing may take.
  ///   - attribute: decides whose failure a failed listing is.
  package init(
    _ name: String, transports: Transports, run: Duration, workers: WorkerPool,
    attribute: @escaping Attribution = { _, _, error in error }
  ) {
    self.name = name
    remote = HostListing(transports: transports, run: run, workers: workers)
    self.attribute = attribute
  }

  package var dataType: DataType { .repository }
  package var needsUpkeep: Bool { false }

  /// The roster was read.
  /// - Returns: those that it had before with another fingerprint.
  @discardableResult package func take(_ roster: RepositoryList) -> [ReplicableID] {
    state.withLock { state in
      let old = state.roster?.entries ?? [:]
      state.roster = roster
      state.failure = nil
      return roster.entries.compactMap { id, entry in
        guard let known = old[id], !entry.isLeftOut,
          known.fingerprint != entry.fingerprint || known.location != entry.location
        else {
          return nil
        }
        return id
      }.sorted()
    }
  }

  /// The host of one that the roster has left out says that it is gone.
  package func drop(_ id: ReplicableID) {
    state.withLock { state in
      state.roster?.drop(id)
      state.hasDropped = true
    }
  }

  /// Whether something was dropped since this was asked last.
  package func takeDropped() -> Bool {
    state.withLock { state in
      defer { state.hasDropped = false }
      return state.hasDropped
    }
  }

  /// The roster can be read again, and is as it was.
  package func recovered() { state.withLock { $0.failure = nil } }

  /// The roster could not be read.
  package func failed(_ why: String) { state.withLock { $0.failure = why } }

  /// Why the last look at the roster failed; `nil` when it did not.
  package var failure: String? { state.withLock { $0.failure } }

  /// The roster as it was read last; `nil` before.
  package var roster: RepositoryList? { state.withLock { $0.roster } }

  /// From where one is fetched; `nil` for one that is not listed.
  package func location(of id: ReplicableID) -> String? { state.withLock { $0.roster?.entries[id]?.location } }

  package func catalog() async throws(StrategyError) -> DirectoryCatalog {
    let (roster, failure) = state.withLock { ($0.roster, $0.failure) }
    guard let roster else { throw unread(failure) }
    let rows = roster.entries.keys.sorted().map { id in
      DirectoryCatalog.Row(id: id, identity: Self.identity(of: id), stamp: 0)
    }
    // One line that cannot be read may be of a repository that is there. An empty list is rather one that went wrong.
    let isComplete = failure == nil && roster.skipped.isEmpty && !rows.isEmpty
    return DirectoryCatalog(rows: rows, isComplete: isComplete, skipped: roster.skipped)
  }

  package func presence(of id: ReplicableID) async throws(StrategyError) -> Presence {
    let (roster, failure) = state.withLock { ($0.roster, $0.failure) }
    guard let roster else { throw unread(failure) }
    if roster.entries[id] != nil { return .present(Self.identity(of: id)) }
    guard failure == nil, roster.skipped.isEmpty, !roster.entries.isEmpty else {
      throw StrategyError(
        .fileSystem, "look for '\(id)': '\(name)' cannot be read in full: \(failure ?? "see what was skipped")",
        disposition: .host)
    }
    return .absent
  }

  package func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    guard let location = location(of: id) else {
      throw StrategyError(.missing, "list '\(id)': '\(name)' does not name it")
    }
    do {
      let listing = try await remote.read(location, of: id)
      _ = attribute(id, location, nil)
      return listing
    } catch {
      throw attribute(id, location, error) ?? error
    }
  }

  package func borrows(_ id: ReplicableID) async throws(StrategyError) -> Bool { false }

  private func unread(_ failure: String?) -> StrategyError {
    StrategyError(.fileSystem, "read '\(name)': \(failure ?? "not read yet")", disposition: .host)
  }

  /// Only the id is available: a repository that was deleted and created again on the host is the same one here.
  private static func identity(of id: ReplicableID) -> FileIdentity {
    // A chosen collision is of no use: ids come from the list alone.
    FileIdentity(device: 0, inode: FNV1a.hash(id.text.utf8))
  }

  // MARK: On a secondary: these are sources, and no copies

  private static func noCopy(_ operation: String) -> StrategyError {
    StrategyError(StrategyError.Code(rawValue: "unsupported"), "\(operation): it is the host's")
  }

  package func sync(_ request: SyncRequest) async throws(StrategyError) -> SyncReport { throw Self.noCopy("sync") }

  package func rename(_ id: ReplicableID, to newID: ReplicableID) async throws(StrategyError) {
    throw Self.noCopy("rename")
  }

  package func discard(
    _ id: ReplicableID, entry: RegistryEntry?, at now: Timestamp
  ) async throws(StrategyError) -> TrashTicket? { throw Self.noCopy("discard") }

  package func trash() async throws(StrategyError) -> [TrashTicket] { [] }

  package func restore(_ ticket: TrashTicket) async throws(StrategyError) { throw Self.noCopy("restore") }

  package func emptyTrash(
    before moment: Timestamp, displacedBefore displacedMoment: Timestamp
  ) async throws(StrategyError) -> Int { 0 }

  package func housekeep(_ id: ReplicableID, isThorough: Bool) async throws(StrategyError) -> HousekeepingReport {
    throw Self.noCopy("housekeep")
  }

  package func check(_ id: ReplicableID) async throws(StrategyError) -> CheckReport { throw Self.noCopy("check") }
}

/// Reads what a host lists for one repository: one connection, nothing written.
package struct HostListing: Sendable {
  private let transports: Transports
  private let run: Duration
  private let workers: WorkerPool

  /// - Parameters:
  ///   - run: how long one listing may take.
  ///   - workers: threads for all that blocks.
  package init(transports: Transports, run: Duration, workers: WorkerPool) {
    self.transports = transports
    self.run = run
    self.workers = workers
  }

  /// HEAD and every ref that the host shows.
  package func read(_ location: String, of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    do {
      return try await workers.run { [transports, run] flag in
        let view = try SourceListing.read(
          SourceURL(location), transports: transports, cancellation: flag, deadline: .after(run))
        return try ContentListing(of: view, "'\(id)'")
      }
    } catch {
      throw StrategyError(error, "list", id.text)
    }
  }
}
