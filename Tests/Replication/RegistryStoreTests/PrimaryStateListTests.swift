import DurableFiles
import RegistryStore
import Replication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

/// What lists of a primary's states ask for.
@Suite struct PrimaryStateListTests {
  @Test func `all that stand in one state are found, and too many are not gathered`() async throws {
    let directory = try TemporaryDirectory("states")
    let pool = WorkerPool(name: "states", threads: 2, waitingLimit: 100)
    let state = try StateDirectory(FilePath(directory.path("state")))
    let states = try await DurablePrimaryStates.open("thing", in: state, pool: pool)
    let now = Timestamp(milliseconds: 1_790_000_000_000)
    let ids = try (0..<40).map { try ReplicableID("r\($0)") }
    try await states.changeAll(ids) { id, state in
      let number = UInt64(id.text.dropFirst()) ?? 0
      var new = PrimaryState(replicableID: id, incarnation: Incarnation(number))
      var random = SystemRandomNumberGenerator()
      if number % 3 > 0, let ticket = new.startReading(at: now), number % 3 == 2 {
        new.failReading(ticket, "unreadable", at: now, using: &random)
      }
      state = new
    }
    let all = try await states.window(after: nil, limit: 100)
    for state in VerificationState.allCases {
      let found = try await states.all(in: state, most: 20)
      #expect(found?.map(\.replicableID).sorted() == all.filter { $0.verificationState == state }.map(\.replicableID))
      if let count = found?.count, count > 0 { #expect(try await states.all(in: state, most: count - 1) == nil) }
    }
    await states.close()
    state.close()
    await pool.shutdown()
  }
}
