internal import Synchronization

/// Determines the incarnation of each directory or file (product contract § 3).
///
/// An incarnation is a random value, kept in the state under the path and under the identity (device, inode, birth):
///
/// | At the path | Incarnation |
/// |---|---|
/// | the known identity | the known one |
/// | an identity that another path had, and no longer has | that path's: a rename, also in chains and cycles |
/// | another identity, and the known one is nowhere | the known one if the content proves it, else a new one |
/// | another identity, and the known one is at another path | a new one |
/// | nothing known | a new one |
///
/// The content proves it when its checksum is the last known one, or when it holds every mark of that
/// (`Strategy.marks`): so an incarnation outlives a copy of the disk, a restore from a backup and a new device number.
/// Only a complete listing shows which identities are nowhere; a case that a path alone cannot decide waits for one.
extension Primary {
  /// The incarnations of a listing's rows.
  struct Identified: Sendable {
    /// Rows of another incarnation than the path had before.
    var appeared: [PrimaryState] = []
    /// Rows that could not be decided: their states stay as they were.
    var undecided = 0
  }

  /// Returns the state of the directory at the id's path, which is created when it is seen for the first time. `nil`
  /// when it is another directory than before and only a listing can decide which. When the path is empty, the recorded
  /// state.
  func identify(_ id: ReplicableID, _ member: Member) async throws -> PrimaryState? {
    guard case .present(let identity) = try await member.strategy.presence(of: id) else {
      return try await member.states.state(of: id)
    }
    return try await identify(id, as: identity, member)
  }

  func identify(_ id: ReplicableID, as identity: FileIdentity, _ member: Member) async throws -> PrimaryState? {
    if let known = try await known(id, as: identity, member) { return known }
    return try await member.turns.run {
      // Another caller decided it while this one waited.
      if let known = try await known(id, as: identity, member) { return known }
      if try await member.states.state(of: id) == nil, try await member.states.state(of: identity) == nil {
        let incarnation = Incarnation(environment.random())
        return try await member.states.change(id) { state in
          let made = state ?? PrimaryState(replicableID: id, incarnation: incarnation, identity: identity)
          state = made
          return made
        }
      }
      _ = try await list(member)
      return try await known(id, as: identity, member)
    }
  }

  private func known(_ id: ReplicableID, as identity: FileIdentity, _ member: Member) async throws -> PrimaryState? {
    guard let known = try await member.states.state(of: id) else { return nil }
    // A state without an identity gets it from the next listing.
    guard member.tellsByIdentity, let before = known.identity else { return known }
    return before.matches(identity) ? known : nil
  }

  /// Determines and records the incarnation of each row of a listing. The caller holds the kind's turn for listings.
  ///
  /// - Parameters:
  ///   - directory: the rows that are replicated.
  ///   - everything: all rows that were found: an identity of one of them is not gone.
  func identify(
    _ directory: DirectoryCatalog, among everything: [DirectoryCatalog.Row], _ member: Member
  ) async throws -> Identified {
    var open: [DirectoryCatalog.Row] = []
    for row in directory.rows {
      let known = try await member.states.state(of: row.id)
      if known?.identity != row.identity { open.append(row) }
    }
    guard !open.isEmpty else { return Identified() }
    var places: [FileIdentity.Number: DirectoryCatalog.Row] = [:]
    for row in everything { places[row.identity.number] = row }
    var (plan, identified) = (StatePlan(), Identified())
    let deadline = ContinuousClock.now + Self.longestProof
    for row in open {
      let known = try await member.states.state(of: row.id)
      if let known, known.identity.map({ $0.matches(row.identity) }) ?? true {
        plan.keep(row)
      } else if let source = try await origin(of: row, known, places, everything, member) {
        plan.move(source, to: row)
      } else if known != nil, !member.tellsByIdentity {
        plan.keep(row)
      } else if let known, let identity = known.identity, places[identity.number]?.identity.matches(identity) != true {
        switch await isProven(row.id, known, until: deadline, member) {
        case true: plan.keep(row)
        case false where directory.isComplete: plan.begin(row, Incarnation(environment.random()))
        // Its directory may be in an unreadable part of the listing, or its content could not be read.
        case false, nil: identified.undecided += 1
        }
      } else {
        plan.begin(row, Incarnation(environment.random()))
      }
    }
    identified.appeared = try await carryOut(plan, member)
    return identified
  }

  /// The time limit for comparing contents within one listing; the next one continues.
  private static var longestProof: Duration { .seconds(60) }

  /// Returns the state of the path that had this row's identity before, unless it still has it: then both names are the
  /// same directory.
  private func origin(
    of row: DirectoryCatalog.Row, _ known: PrimaryState?, _ places: [FileIdentity.Number: DirectoryCatalog.Row],
    _ everything: [DirectoryCatalog.Row], _ member: Member
  ) async throws -> PrimaryState? {
    guard let source = try await member.states.state(of: row.identity), source.replicableID != row.id else {
      return nil
    }
    if case .present(let there) = try await member.strategy.presence(of: source.replicableID) {
      // A mutable file is identified by its path as long as a file is there.
      if !member.tellsByIdentity || there.matches(row.identity) { return nil }
    }
    return known != nil && !member.tellsByIdentity ? nil : source
  }

  /// - Returns: whether the content at the id's path is the known one; `nil` when it cannot be read, or the time is
  ///   exceeded.
  private func isProven(
    _ id: ReplicableID, _ known: PrimaryState, until deadline: ContinuousClock.Instant, _ member: Member
  ) async -> Bool? {
    // Never read before: nothing can be compared.
    guard let checksum = known.knownChecksum else { return false }
    guard .now < deadline else { return nil }
    do throws(StrategyError) {
      if try await member.strategy.listing(of: id).checksum == checksum { return true }
      guard let marks = known.knownContent?.marks else { return false }
      return try await member.strategy.holds(marks, id)
    } catch {
      return nil
    }
  }

  /// - Returns: the states that are new under their ids.
  private func carryOut(_ plan: StatePlan, _ member: Member) async throws -> [PrimaryState] {
    let appeared = Collected<PrimaryState>()
    let taken = Mutex<[ReplicableID: PrimaryState]>([:])
    // All moving states are removed before any is set, so that cycles work.
    let moving = plan.moves.mapValues(\.replicableID)
    let (sources, targets) = (Set(moving.values), plan.rows)
    var start = 0
    let ids = targets.keys.sorted()
    // All moves are one step; the other changes are grouped by a thousand.
    let first = ids.filter { moving[$0] != nil || sources.contains($0) }
    let rest = ids.filter { moving[$0] == nil && !sources.contains($0) }
    if !sources.isEmpty || !first.isEmpty {
      let takes = sources.sorted()
      let isTaking = Mutex(takes.count)
      try await member.states.changeAll(takes + first) { id, state in
        if isTaking.withLock({ left in
          left -= 1
          return left >= 0
        }) {
          taken.withLock { $0[id] = state }
          state = nil
          return
        }
        guard let row = targets[id] else { return }
        let source = moving[id].flatMap { source in taken.withLock { $0[source] } }
        appeared[id] = plan.apply(row, source, &state)
      }
    }
    while start < rest.count {
      let part = Array(rest[start..<min(rest.count, start + Self.window)])
      try await member.states.changeAll(part) { id, state in
        if let row = targets[id] { appeared[id] = plan.apply(row, nil, &state) }
      }
      start += part.count
    }
    return appeared.all.values.sorted { $0.replicableID < $1.replicableID }
  }
}

/// The result of a listing: the incarnations of its rows.
private struct StatePlan: Sendable {
  private(set) var rows: [ReplicableID: DirectoryCatalog.Row] = [:]
  /// By their new ids.
  private(set) var moves: [ReplicableID: PrimaryState] = [:]
  private var new: [ReplicableID: Incarnation] = [:]

  /// Keeps the known incarnation, under this identity.
  mutating func keep(_ row: DirectoryCatalog.Row) { rows[row.id] = row }

  /// A new one.
  mutating func begin(_ row: DirectoryCatalog.Row, _ incarnation: Incarnation) {
    rows[row.id] = row
    new[row.id] = incarnation
  }

  /// The one that was under another id.
  mutating func move(_ source: PrimaryState, to row: DirectoryCatalog.Row) {
    rows[row.id] = row
    moves[row.id] = source
  }

  /// - Returns: the state, where the incarnation is new under the id.
  func apply(
    _ row: DirectoryCatalog.Row, _ source: PrimaryState?, _ state: inout PrimaryState?
  ) -> PrimaryState? {
    if moves[row.id] != nil, let source {
      state = source.renamed(to: row.id)
      state?.identity = row.identity
      return state
    }
    if let incarnation = new[row.id] {
      state = PrimaryState(replicableID: row.id, incarnation: incarnation, identity: row.identity)
      return state
    }
    state?.identity = row.identity
    return nil
  }
}

extension Primary.Member {
  /// A file that is replaced by rename(2) has a new inode and is the same replicable, if the kind is mutable.
  var tellsByIdentity: Bool { kind.dataType == .repository || !kind.isMutable }
}

extension FileIdentity {
  /// Device and inode alone.
  struct Number: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  var number: Number { Number(device: device, inode: inode) }
}
