extension Secondary {
  /// Runs due work: syncs first, then verifications, at most `concurrency` at a time, until nothing is due or the host
  /// fails. A process of its own calls it after every batch of events; the agent has a scheduler of its own.
  @discardableResult public func work(concurrency: Int = 4, limit: Int = 1_000) async throws -> WorkReport {
    var report = WorkReport()
    for _ in 0..<Self.rounds {
      let synced = try await syncDue(concurrency, limit, &report)
      guard report.pausedBy == nil else { break }
      let verified = try await verifyDue(concurrency, limit, &report)
      guard report.pausedBy == nil, synced + verified > 0 else { break }
    }
    return report
  }

  /// Work that is requested again while it runs is repeated in the same call, at most this often.
  private static let rounds = 8

  private func syncDue(_ concurrency: Int, _ limit: Int, _ report: inout WorkReport) async throws -> Int {
    var count = 0
    for member in table.all where try await isEnabled(member.kind) {
      let due = try await member.registry.dueForSync(at: environment.now(), limit: limit).map(\.replicableID)
      count += due.count
      let results = try await Self.each(due, concurrency) { try await self.sync($0, member.kind.name) }
      for (id, result) in results {
        switch result {
        case .synced: report.synced += 1
        case .failed(let why): report.failures.append("\(id): \(why)")
        case .paused(let pause): report.pausedBy = pause.message
        case .pendingAgain, .notDue: break
        }
      }
    }
    return count
  }

  private func verifyDue(_ concurrency: Int, _ limit: Int, _ report: inout WorkReport) async throws -> Int {
    var count = 0
    for member in table.all where try await isEnabled(member.kind) {
      let due = try await member.registry.dueForVerification(at: environment.now(), limit: limit).map(\.replicableID)
      count += due.count
      let results = try await Self.each(due, concurrency) { try await self.verify($0, member.kind.name) }
      for (id, result) in results {
        switch result {
        case .succeeded: report.verified += 1
        case .mismatched(let differences): report.failures.append("\(id): \(differences.count) lines differ")
        case .failed(let why): report.failures.append("\(id): \(why)")
        case .paused(let pause): report.pausedBy = pause.message
        case .moved, .overtaken, .notDue: break
        }
      }
    }
    return count
  }

  private static func each<Result: Sendable>(
    _ ids: [ReplicableID], _ concurrency: Int, _ body: @escaping @Sendable (ReplicableID) async throws -> Result
  ) async throws -> [(ReplicableID, Result)] {
    try await withThrowingTaskGroup(of: (ReplicableID, Result).self) { group in
      var rest = ids[...]
      var results: [(ReplicableID, Result)] = []
      for id in rest.prefix(max(1, concurrency)) { group.addTask { (id, try await body(id)) } }
      rest = rest.dropFirst(max(1, concurrency))
      while let result = try await group.next() {
        results.append(result)
        if let id = rest.popFirst() { group.addTask { (id, try await body(id)) } }
      }
      return results
    }
  }
}
