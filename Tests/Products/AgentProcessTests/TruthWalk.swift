import AgentAPI
import AgentClient
import Foundation
import TestSupport

/// A host whose repositories change at random, and the two agents that run beside it. Every repository has a tag
/// `identity-N` of its own, so that a copy can be recognised under any name.
final class TruthWalk {
  /// What a step does.
  enum Action: String, CaseIterable {
    case push, create, destroy, recreateEmpty, rename, renameAndReplace, swap, circle, renameDirectory, copyDisk
    case exclude, include, disable, enable, restartPrimary, restartSecondary, killSecondary, confirm
  }

  /// How often each action is chosen, relative to the others.
  private static let weights: [Action: Int] = [
    .push: 20, .create: 5, .destroy: 3, .recreateEmpty: 3, .rename: 5, .renameAndReplace: 4, .swap: 5, .circle: 4,
    .renameDirectory: 2, .copyDisk: 2, .exclude: 3, .include: 3, .disable: 2, .enable: 4, .restartPrimary: 2,
    .restartSecondary: 2, .killSecondary: 3, .confirm: 3,
  ]

  let fixture: AgentPairFixture
  private var random: SeededGenerator
  private var primary: ChildProcess?
  private var secondary: ChildProcess?
  private var nextIdentity = 0
  private var counts: [Action: Int] = [:]

  /// The host's repositories: identity by id.
  private(set) var present: [String: Int] = [:]
  /// The first path parts that the primary's configuration excludes.
  private(set) var excluded: Set<String> = []
  /// The secondary's feature flag of the kind.
  private(set) var isEnabled = true
  /// Removals that an operator has confirmed.
  private(set) var confirmed = 0
  private(set) var history: [String] = []

  init(_ fixture: AgentPairFixture, seed: UInt64) {
    self.fixture = fixture
    random = SeededGenerator(seed: seed)
  }

  var summary: String {
    counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
  }

  /// Returns whether the primary's configuration leaves the id out.
  func isExcluded(_ id: String) -> Bool { excluded.contains(String(id.split(separator: "/")[0])) }

  func makeRepositories(_ count: Int) throws {
    for number in 0..<count { try make("group\(number % 4)/r\(number)") }
  }

  func startAgents() throws {
    primary = try fixture.startPrimary()
    secondary = try fixture.startSecondary()
  }

  func stopAgents() async throws {
    for agent in [primary, secondary] {
      agent?.send(signal: SIGTERM)
      _ = try await agent?.outcome()
    }
  }

  /// Takes one random step and returns what it was.
  func step(_ pair: AgentPairClient) async throws -> String {
    let total = Self.weights.values.reduce(0, +)
    var dice = Int.random(in: 0..<total, using: &random)
    let action =
      Action.allCases.first { action in
        dice -= Self.weights[action, default: 0]
        return dice < 0
      } ?? .push
    counts[action, default: 0] += 1
    let detail = try await take(action, pair)
    history.append("\(action.rawValue) \(detail)")
    return "\(action.rawValue) \(detail)"
  }

  private func take(_ action: Action, _ pair: AgentPairClient) async throws -> String {
    switch action {
    case .push, .create, .destroy, .recreateEmpty, .rename, .renameAndReplace, .swap, .circle, .renameDirectory:
      return try await change(action, pair)
    case .copyDisk: return try await copyDisk()
    case .exclude: return try await exclude(Set((0..<4).map { "group\($0)" }).subtracting(excluded), adding: true)
    case .include: return try await exclude(excluded, adding: false)
    case .disable, .enable:
      isEnabled = action == .enable
      try await pair.secondary.post(
        AgentRoute.features, FeatureRow(name: "geo_\(AgentPairClient.kind)_replication", isEnabled: isEnabled))
      return ""
    case .restartPrimary:
      primary?.send(signal: SIGTERM)
      _ = try await primary?.outcome()
      primary = try fixture.startPrimary()
      return ""
    case .restartSecondary, .killSecondary:
      if action == .killSecondary { secondary?.kill() } else { secondary?.send(signal: SIGTERM) }
      _ = try await secondary?.outcome()
      secondary = try fixture.startSecondary()
      return ""
    case .confirm: return "\(try await confirm(pair))"
    }
  }

  /// Confirms the removals that wait, as an operator does; returns their ids.
  func confirm(_ pair: AgentPairClient) async throws -> [String] {
    let waiting = try await pair.status(of: \.secondary).kinds.first { $0.name == AgentPairClient.kind }?
      .removalsWaiting
    // More than that where another began to wait in between.
    confirmed += try await pair.secondary.post(
      AgentRoute.removals(AgentPairClient.kind), [String: String](), as: ActionAnswer.self
    ).count
    return waiting ?? []
  }

  // MARK: - Changes of the host

  private func change(_ action: Action, _ pair: AgentPairClient) async throws -> String {
    let ids = present.keys.sorted().shuffled(using: &random)
    guard ids.count > 6 else { return try await announce("update", make("group0/r\(nextIdentity)"), pair) }
    switch action {
    case .push:
      try commit(in: ids[0])
      return try await announce("push", ids[0], pair)
    case .create:
      return try await announce("update", make("group\(Int.random(in: 0..<4, using: &random))/r\(nextIdentity)"), pair)
    case .destroy:
      try destroy(ids[0])
      return try await announce("destroy", ids[0], pair)
    case .recreateEmpty:
      try destroy(ids[0])
      try make(ids[0], isEmpty: true)
      return try await announce("update", ids[0], pair)
    case .rename:
      let new = "group\(Int.random(in: 0..<4, using: &random))/moved\(nextIdentity)"
      nextIdentity += 1
      try move([(ids[0], new)])
      return try await announce("update", new, pair) + announce("destroy", ids[0], pair)
    case .renameAndReplace:
      let new = "group\(Int.random(in: 0..<4, using: &random))/moved\(nextIdentity)"
      nextIdentity += 1
      try move([(ids[0], new)])
      try make(ids[0])
      return try await announce("update", new, pair) + announce("update", ids[0], pair)
    case .swap:
      try move([(ids[0], ids[1]), (ids[1], ids[0])])
      return try await announce("update", ids[0], pair) + announce("update", ids[1], pair)
    case .circle:
      try move([(ids[0], ids[1]), (ids[1], ids[2]), (ids[2], ids[0])])
      return try await announce("update", ids[0], pair) + announce("update", ids[1], pair)
        + announce("update", ids[2], pair)
    default:
      let old = String(ids[0].split(separator: "/")[0])
      let new = "group\((0..<4).randomElement(using: &random) ?? 0)"
      guard old != new else { return "nothing" }
      let moved = ids.filter { $0.hasPrefix("\(old)/") }
        .map { ($0, "\(new)/\(old)-\(nextIdentity)-\($0.split(separator: "/")[1])") }
      nextIdentity += 1
      try move(moved)
      var said = ""
      for (_, id) in moved { said += try await announce("update", id, pair) }
      return said
    }
  }

  /// Announces a change as a hook does; what the primary does not offer is refused, and that is no fault.
  private func announce(_ word: String, _ id: String, _ pair: AgentPairClient) async throws -> String {
    let notice = EventNotice(
      event: Word(word), replicableName: AgentPairClient.kind, id: id, changes: nil,
      correlationId: UUID().uuidString.lowercased())
    do {
      try await pair.primary.post(AgentRoute.events, notice)
      return "\(word) \(id); "
    } catch {
      guard [404, 409, 422].contains(error.status) else { throw error }
      return "\(word) \(id) refused; "
    }
  }

  @discardableResult private func make(_ id: String, isEmpty: Bool = false) throws -> String {
    let parent = (fixture.source(id) as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    let number = nextIdentity
    nextIdentity += 1
    var builder = RepositoryBuilder()
    if isEmpty {
      builder.ref("refs/tags/identity-\(number)", at: builder.commit(["identity": "\(number)"]))
    } else {
      let commit = builder.commit(["identity": "\(number)"])
      builder.ref("refs/heads/main", at: commit)
      builder.ref("refs/heads/work", at: commit)
      builder.ref("refs/tags/identity-\(number)", at: commit)
    }
    _ = try builder.build(at: fixture.source(id))
    present[id] = number
    return id
  }

  private func commit(in id: String) throws {
    let number = nextIdentity
    nextIdentity += 1
    try TestRepository(existing: fixture.source(id)).change {
      $0.ref("refs/heads/branch\(number % 7)", at: $0.commit(["pushed": "\(number)"]))
    }
  }

  private func destroy(_ id: String) throws {
    try FileManager.default.removeItem(atPath: fixture.source(id))
    present[id] = nil
  }

  /// Moves repositories at once, through temporary names, so that circles are possible.
  private func move(_ moves: [(String, String)]) throws {
    var held: [(path: String, id: String, identity: Int?)] = []
    for (number, (old, new)) in moves.enumerated() {
      let path = fixture.directory.path("moving-\(number).git")
      try FileManager.default.moveItem(atPath: fixture.source(old), toPath: path)
      held.append((path, new, present.removeValue(forKey: old)))
    }
    for move in held {
      let parent = (fixture.source(move.id) as NSString).deletingLastPathComponent
      try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: move.path, toPath: fixture.source(move.id))
      present[move.id] = move.identity
    }
  }

  /// Replaces the host's disk by a copy of it: other inodes, the same content.
  private func copyDisk() async throws -> String {
    primary?.send(signal: SIGTERM)
    _ = try await primary?.outcome()
    let (root, other) = (fixture.directory.path("sources"), fixture.directory.path("sources-copied"))
    try FileManager.default.copyItem(atPath: root, toPath: other)
    try FileManager.default.removeItem(atPath: root)
    try FileManager.default.moveItem(atPath: other, toPath: root)
    primary = try fixture.startPrimary()
    return ""
  }

  private func exclude(_ choices: Set<String>, adding: Bool) async throws -> String {
    guard let group = choices.sorted().randomElement(using: &random), !adding || excluded.isEmpty else {
      return "nothing"
    }
    if adding { excluded.insert(group) } else { excluded.remove(group) }
    let globs = excluded.sorted().map { "\"\($0)/**\"" }.joined(separator: ", ")
    try fixture.configure(primaryKind: excluded.isEmpty ? "" : "exclude: [\(globs)]")
    primary?.send(signal: SIGTERM)
    _ = try await primary?.outcome()
    primary = try fixture.startPrimary()
    return "\(adding ? "exclude" : "include") \(group)"
  }
}
