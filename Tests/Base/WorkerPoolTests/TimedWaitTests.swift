import TestSupport
import Testing
import WorkerPool

@Suite(.serialized) struct TimedWaitTests {
  @Test func `those who sleep wake in the order of their deadlines`() async throws {
    let order = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in [3, 1, 2, 0] {
        group.addTask {
          try await TimedWait.sleep(for: .milliseconds(50 + 60 * number))
          return number
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(order == [0, 1, 2, 3])
  }

  @Test func `a deadline that has passed is no wait`() async throws {
    try await TimedWait.sleep(until: .after(.seconds(-1)))
    try await TimedWait.sleep(for: .zero)
  }

  @Test func `whoever is cancelled returns at once, and nothing of him stays`() async throws {
    let before = TimedWait.count
    let sleepers = (0..<1_000).map { _ in Task { try await TimedWait.sleep(for: .seconds(3_600)) } }
    while TimedWait.count < before + 1_000 { await Task.yield() }
    for sleeper in sleepers { sleeper.cancel() }
    for sleeper in sleepers {
      await #expect(throws: CancellationError.self) { try await sleeper.value }
    }
    #expect(TimedWait.count == before)
  }

  @Test func `whoever is cancelled before does not begin`() async {
    let sleeper = Task {
      while !Task.isCancelled { await Task.yield() }
      try await TimedWait.sleep(for: .seconds(3_600))
    }
    sleeper.cancel()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
  }
}
