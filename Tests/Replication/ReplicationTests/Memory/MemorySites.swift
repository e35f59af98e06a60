import Replication
import Synchronization

/// A primary and a secondary of several kinds in memory. What the secondary asks is counted.
struct MemorySites: Sendable {
  /// One kind's disks and stores.
  struct Part: Sendable {
    let name: ReplicableName
    let source = MemoryDisk()
    let copies = MemoryDisk()
    let states = MemoryStates()
    let registry = MemoryRegistry()
  }

  let clock = MemoryPair.Clock()
  let log = MemoryLog()
  let parts: [Part]
  let primaryFeatures = MemoryFeatures()
  let features = MemoryFeatures()
  let primary: Primary
  let access: CountedPrimary
  let secondary: Secondary

  /// - Parameters:
  ///   - names: the secondary's kinds.
  ///   - known: those that the primary has.
  ///   - off: those whose feature is off until it is set.
  init(_ names: [String], known: [String]? = nil, off: Set<String> = []) throws {
    let parts = try names.map { Part(name: try ReplicableName($0)) }
    self.parts = parts
    func kind(_ part: Part) -> Kind {
      Kind(
        configured: part.name, dataType: .repository, isMutable: true, enabledByDefault: !off.contains(part.name.text))
    }
    let known = Set(known ?? names)
    primary = try Primary(
      name: "source", secondaries: ["copy"],
      members: parts.filter { known.contains($0.name.text) }.map { part in
        Primary.Member(
          kind(part), strategy: MemoryStrategy(disk: part.source), states: part.states,
          source: { SourceAddress(location: "memory:\($0)") })
      }, log: log, features: primaryFeatures, environment: clock.environment)
    access = CountedPrimary(primary)
    secondary = try Secondary(
      name: "copy", of: access,
      members: parts.map { part in
        Secondary.Member(
          kind(part), strategy: MemoryStrategy(disk: part.copies, source: part.source), registry: part.registry,
          differences: MemoryDifferences())
      }, features: features, environment: clock.environment)
  }

  subscript(name: String) -> Part {
    guard let part = parts.first(where: { $0.name.text == name }) else { preconditionFailure("no kind '\(name)'") }
    return part
  }

  /// Makes one on the primary, and publishes that.
  @discardableResult func create(_ text: String, of name: String) async throws -> ReplicableID {
    let id = try ReplicableID(text)
    self[name].source.create(id, ["refs/heads/main": "1"])
    try await primary.publish(.created, of: id, self[name].name)
    return id
  }

  /// Returns the event that each registry has taken last; -1 where it has no cursor.
  func cursors() async -> [Int] {
    var found: [Int] = []
    for part in parts { found.append(await part.registry.cursor().map { Int($0.id) } ?? -1) }
    return found
  }
}

/// Counts the requests, and fails where a test sets a failure.
final class CountedPrimary: PrimaryAccess {
  struct Counts: Sendable {
    var events = 0
    var catalogs: [String: Int] = [:]
    var standings = 0
    /// Kinds whose catalog is not answered.
    var silent: Set<String> = []
  }

  private let primary: Primary
  let counts = Mutex(Counts())

  init(_ primary: Primary) { self.primary = primary }

  func events(after cursor: Cursor?, limit: Int, wait: Duration) async throws(PrimaryAccessError) -> EventBatch {
    counts.withLock { $0.events += 1 }
    return try await primary.events(after: cursor, limit: limit, wait: wait)
  }

  func catalog(
    of name: ReplicableName, after id: ReplicableID?, limit: Int
  ) async throws(PrimaryAccessError) -> CatalogPage {
    let isSilent = counts.withLock { counts in
      counts.catalogs[name.text, default: 0] += 1
      return counts.silent.contains(name.text)
    }
    guard !isSilent else { throw .unavailable("no answer") }
    return try await primary.catalog(of: name, after: id, limit: limit)
  }

  func standing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ReplicableStatus {
    counts.withLock { $0.standings += 1 }
    return try await primary.standing(of: id, incarnation: incarnation, name)
  }

  func listing(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> ContentListing {
    try await primary.listing(of: id, incarnation: incarnation, name)
  }

  func source(
    of id: ReplicableID, incarnation: Incarnation?, _ name: ReplicableName
  ) async throws(PrimaryAccessError) -> SourceAddress {
    try await primary.source(of: id, incarnation: incarnation, name)
  }
}
