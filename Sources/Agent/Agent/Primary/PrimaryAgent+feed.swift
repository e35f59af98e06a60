internal import AgentAPI
internal import EventLog
internal import Replication
internal import SiteAssembly

/// What a primary answers its secondaries: events, catalogs, and the state and content of single replicables. `Agent`
/// refuses these requests on a primary that another site has replaced.
extension PrimaryAgent {
  /// Returns a part of the event feed.
  ///
  /// - Parameters:
  ///   - reader: the requesting secondary; its cursor acknowledges the events up to there as durable. `nil` for a
  ///     reader's token.
  ///   - cursor: `LOG:ID:CHAIN`; `nil` for the oldest that is kept.
  func events(
    after cursor: String?, limit: Int, wait: Duration, reader: String?
  ) async throws -> EventPage {
    let position = try cursor.map { text in
      guard let cursor = Cursor(text) else {
        throw AgentFault(400, "invalid_cursor", "read events after '\(text.prefix(80))': it is no cursor")
      }
      return cursor
    }
    if let reader {
      var taken: Cursor?
      // A cursor of another history acknowledges nothing here; the read below reports it.
      if let position, (try? await site.log.acknowledge(secondary: reader, position)) != nil { taken = position }
      site.secondaries.heard(from: reader, cursor: taken)
    }
    let batch: EventBatch
    do {
      batch = try await site.log.events(after: position, limit: limit, wait: wait)
    } catch {
      // The agent stops during a long poll, or the client has disconnected.
      if Task.isCancelled { throw AgentFault(503, "stopping", "the agent is stopping", hint: "ask again") }
      throw error
    }
    return EventPage(
      events: batch.events.map(EventRow.init), cursor: "\(batch.cursor)", epoch: plan.epoch?.record.epoch ?? 0)
  }

  /// Returns events before one, or the last ones, the newest first.
  func events(before id: UInt64?, limit: Int) async throws -> [EventRow] {
    try await site.log.events(before: id, limit: limit).map(EventRow.init)
  }

  /// Returns a part of a kind's catalog.
  func catalog(of name: String, after id: String?, limit: Int) async throws -> CatalogPageRow {
    let after = try id.map { try ReplicableID($0) }
    return CatalogPageRow(try await site.primary.catalog(of: try kind(name).name, after: after, limit: limit))
  }

  /// Returns the status of one replicable on the disk.
  ///
  /// - Parameter marks: marks that prove that a copy is of this incarnation, separated by commas; at most 64.
  func standing(
    of name: String, id: String, incarnation: String?, marks: String? = nil
  ) async throws -> ReplicableStatusRow {
    let (id, name, which) = (try ReplicableID(id), try kind(name).name, try Self.incarnation(incarnation))
    let standing = try await site.primary.standing(of: id, incarnation: which, name)
    var row = ReplicableStatusRow(standing)
    guard let marks, let which, case .present(let found) = standing, found.incarnation == which else { return row }
    let asked = marks.split(separator: ",").map(String.init)
    guard asked.count <= 64, asked.allSatisfy({ $0.utf8.count <= 100 }) else {
      throw AgentFault(400, "invalid_request", "compare \(asked.count) marks: more than 64, or one too long")
    }
    row.holdsMarks = try await site.primary.holds(asked, id, incarnation: which, name)
    return row
  }

  private static func incarnation(_ text: String?) throws -> Incarnation? {
    try text.map { text in
      guard let incarnation = Incarnation(text) else {
        throw AgentFault(400, "invalid_request", "take '\(text.prefix(40))' for an incarnation: it has no 16 digits")
      }
      return incarnation
    }
  }

  /// Reads one replicable's content from disk: the lines, and their checksum.
  ///
  /// - Throws: `AgentFault` 409 `replaced` where another incarnation has the id.
  func listing(
    of name: String, id: String, incarnation: String? = nil
  ) async throws -> (text: [UInt8], checksum: String?) {
    let listing = try await site.primary.listing(
      of: try ReplicableID(id), incarnation: try Self.incarnation(incarnation), try kind(name).name)
    return (ListingText.write(listing), listing.checksum.map { "\($0)" })
  }
}
