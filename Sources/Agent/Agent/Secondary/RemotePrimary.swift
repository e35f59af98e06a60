internal import AgentAPI
internal import AgentClient
internal import BoundedHTTP
internal import Replication
internal import Synchronization

/// Accesses the primary over the agents' API.
struct RemotePrimary: PrimaryAccess {
  let client: AgentClient
  /// The primary's URL, without a slash at its end.
  let url: String
  /// Kinds that are fetched from elsewhere, and those whose data type is not `repository`.
  let addresses: [ReplicableName: AddressTemplate]
  let dataTypes: [ReplicableName: DataType]
  /// Updated on each answer and each failure of the primary.
  let contact: PrimaryContact
  /// Records the primary's epoch.
  let epoch: SiteEpoch?
  /// Bytes of a replicable's listing (`limits.advertisement_bytes`).
  var listingBytes = 1 << 30
  let passes = CatalogPasses()
  /// Whether the primary compares the incarnation that a fetch carries.
  let comparison = IncarnationComparison()

  func events(
    after cursor: Cursor?, limit: Int, wait: Duration
  ) async throws(PrimaryAccessError) -> EventBatch {
    let path = AgentRoute.path(
      AgentRoute.events,
      [
        ("after", cursor.map { "\($0)" }), ("limit", "\(limit)"), ("wait", "\(wait.components.seconds)"),
      ])
    let page = try await get(path, as: EventPage.self, wait: wait)
    comparison.learn(page.comparesIncarnations)
    do {
      try epoch?.learn(page.epoch ?? 0, of: url)
    } catch {
      contact.failed("\(error)")
      throw .unavailable("\(error)")
    }
    return try understood { () throws in
      EventBatch(
        events: try page.events.map { try $0.event() },
        cursor: try WireError.parse(Cursor(page.cursor), "the cursor '\(page.cursor)'"))
    }
  }

  func catalog(
    of name: ReplicableName, after id: ReplicableID?, limit: Int
  ) async throws(PrimaryAccessError) -> CatalogPage {
    let path = AgentRoute.path(AgentRoute.catalog(name.text), [("after", id?.text), ("limit", "\(limit)")])
    try understood { () throws in try passes.page(of: name, after: id) }
    // The first page may list a large directory.
    let page = try await get(path, as: CatalogPageRow.self, wait: id == nil ? .seconds(300) : .zero)
    comparison.learn(page.comparesIncarnations)
    return try understood { () throws in try page.page(after: id) }
  }

  func standing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ReplicableStatus {
    let path = AgentRoute.path(
      AgentRoute.standing(name.text), [("id", id.text), ("incarnation", incarnation.map { "\($0)" })])
    let row = try await get(path, as: ReplicableStatusRow.self)
    return try understood { () throws in try row.value() }
  }

  func listing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ContentListing {
    let answer: AgentClient.Answer
    do {
      answer = try await client.bytes(
        AgentRoute.path(
          AgentRoute.listing(name.text), [("id", id.text), ("incarnation", incarnation.map { "\($0)" })]),
        limit: listingBytes)
      contact.answered()
    } catch {
      throw translated(error)
    }
    return try understood { () throws in
      try ListingText.read(answer.body, checksum: answer.headers[ListingHeader.checksum].flatMap { Checksum($0) })
    }
  }

  func source(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> SourceAddress {
    if let address = addresses[name] {
      // Another host does not compare incarnations: the primary is asked directly before the fetch.
      try await requireCurrent(id, incarnation, name)
      return SourceAddress(location: address.url(of: id))
    }
    let which = comparison.isMade ? incarnation.map { "\($0)" } : nil
    if which == nil { try await requireCurrent(id, incarnation, name) }
    let path =
      dataTypes[name] == .blob
      ? AgentRoute.blob(name.text, id.text, incarnation: which)
      : AgentRoute.git(name.text, id.text, incarnation: which)
    return SourceAddress(location: url + path)
  }

  func holds(
    _ marks: [String], _ id: ReplicableID, incarnation: Incarnation, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> Bool? {
    let path = AgentRoute.path(
      AgentRoute.standing(name.text),
      [("id", id.text), ("incarnation", "\(incarnation)"), ("marks", marks.joined(separator: ","))])
    return try await get(path, as: ReplicableStatusRow.self).holdsMarks
  }

  private func get<Value: Decodable & Sendable>(
    _ path: String, as type: Value.Type, wait: Duration = .zero
  ) async throws(PrimaryAccessError) -> Value {
    do {
      let value = try await client.get(path, as: type, wait: wait)
      contact.answered()
      return value
    } catch {
      throw translated(error)
    }
  }

  private func translated(_ fault: AgentFault) -> PrimaryAccessError {
    switch (fault.status, fault.code) {
    case (409, "forked"): return said(.forked)
    case (410, "pruned"): return said(.pruned)
    case (404, "missing"): return said(.missing)
    case (404, "unknown_replicable"): return said(.unknownKind)
    case (409, "replaced"): return said(.replaced)
    case (422, "unreadable"): return said(.unreadable(fault.message))
    default:
      if fault.code != "cancelled" { contact.failed("\(fault)") }
      return .unavailable("\(fault)")
    }
  }

  /// Records that the primary answered, with an error.
  private func said(_ error: PrimaryAccessError) -> PrimaryAccessError {
    contact.answered()
    return error
  }

  /// An invalid answer is the primary's failure, like a timeout, and is shown in the status.
  private func understood<Value>(_ body: () throws -> Value) throws(PrimaryAccessError) -> Value {
    do {
      return try body()
    } catch {
      let reason = "understand the primary at '\(url)': \(error); see whether both sites run the same version"
      contact.failed(reason)
      throw .unavailable(reason)
    }
  }
}

/// Whether the primary supports addresses with an incarnation. One of an older version does not, and is asked before
/// each fetch instead.
final class IncarnationComparison: Sendable {
  // Until it has answered, it is assumed to support them.
  private let value = Mutex(true)

  var isMade: Bool { value.withLock { $0 } }

  /// - Parameter isMade: the primary's answer; an older one sends none.
  func learn(_ isMade: Bool?) { value.withLock { $0 = isMade ?? false } }
}

/// When the primary last answered, and the error when it did not.
final class PrimaryContact: Sendable {
  private struct State {
    var lastContactAt: Timestamp?
    var failure: String?
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> Timestamp

  init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

  func answered() {
    let moment = now()
    state.withLock { state in
      state.lastContactAt = moment
      state.failure = nil
    }
  }

  func failed(_ why: String) { state.withLock { $0.failure = why } }

  var lastContactAt: Timestamp? { state.withLock { $0.lastContactAt } }
  /// The last error; `nil` when it answered.
  var failure: String? { state.withLock { $0.failure } }
}
