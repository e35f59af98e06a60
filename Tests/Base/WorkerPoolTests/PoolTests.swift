import Synchronization
import TestSupport
import Testing
import WorkerPool

@Suite struct PoolTests {
  private struct Planned: Error {}

  /// How many are in at the same time, at most.
  private final class Crowd: Sendable {
    private let count = Mutex((now: 0, most: 0))

    var most: Int { count.withLock { $0.most } }

    func enter() { count.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }

    func leave() { count.withLock { $0.now -= 1 } }
  }

  @Test("a body's value and its error come out")
  func results() async throws {
    let pool = WorkerPool(name: "test", threads: 1, waitingLimit: 1)
    #expect(try await pool.run { _ in 42 } == 42)
    await #expect(throws: Planned.self) { try await pool.run { _ in throw Planned() } }
    await pool.shutdown()
  }

  @Test("no more bodies run at once than there are threads, and all run in the end")
  func bound() async throws {
    let pool = WorkerPool(name: "test", threads: 3, waitingLimit: 1000)
    let crowd = Crowd()
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 1...200 {
        group.addTask {
          try await pool.run { _ in
            crowd.enter()
            defer { crowd.leave() }
            return number
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(total == 200 * 201 / 2)
    #expect(crowd.most <= 3)
    await pool.shutdown()
  }

  @Test("cancelling raises the flag of a running body")
  func cancelRunning() async throws {
    let pool = WorkerPool(name: "test", threads: 1, waitingLimit: 0)
    let begun = Delivery<Void>()
    let task = Task {
      try await pool.run { flag in
        begun.fulfill(.success(()))
        let blocked = ByteHandover()
        var byte: UInt8 = 0
        return try withUnsafeMutableBytes(of: &byte) {
          try blocked.read(into: $0, until: .after(.seconds(60)), cancellation: flag)
        }
      }
    }
    #expect(try await happens(begun))
    task.cancel()
    await #expect(throws: Cancelled.self) { try await task.value }
    await pool.shutdown()
  }

  @Test("a waiter that is cancelled leaves at once, while the thread is still taken")
  func cancelWaiting() async throws {
    let pool = WorkerPool(name: "test", threads: 1, waitingLimit: 10)
    let release = CancellationFlag()
    let begun = Delivery<Void>()
    let holder = Task {
      try await pool.run { _ in
        begun.fulfill(.success(()))
        try Self.block(until: release)
      }
    }
    // Without this the waiter may come first, and take the thread itself.
    #expect(try await happens(begun))
    let ran = Atomic(false)
    let waiter = Task { try await pool.run { _ in ran.store(true, ordering: .relaxed) } }
    #expect(await eventually { pool.waitingCount == 1 })
    waiter.cancel()
    await #expect(throws: Cancelled.self) { try await waiter.value }
    #expect(pool.waitingCount == 0)
    release.raise()
    try await holder.value
    #expect(ran.load(ordering: .relaxed) == false)
    await pool.shutdown()
  }

  @Test("a full waiting line refuses by name, and the pool goes on working")
  func full() async throws {
    let pool = WorkerPool(name: "sync", threads: 1, waitingLimit: 0)
    let release = CancellationFlag()
    let begun = Delivery<Void>()
    let holder = Task {
      try await pool.run { _ in
        begun.fulfill(.success(()))
        try Self.block(until: release)
      }
    }
    #expect(try await happens(begun))
    await #expect(throws: WorkerPoolError(code: .full, pool: "sync")) { try await pool.run { _ in } }
    release.raise()
    try await holder.value
    try await pool.run { _ in }
    await pool.shutdown()
  }

  @Test("shutdown ends what runs, refuses what waits, and refuses later work")
  func shutdown() async throws {
    let pool = WorkerPool(name: "sync", threads: 1, waitingLimit: 10)
    let begun = Delivery<Void>()
    let running = Task {
      try await pool.run { flag in
        begun.fulfill(.success(()))
        try Self.block(until: flag)
        try flag.check()
      }
    }
    #expect(try await happens(begun))
    let waiting = Task { try await pool.run { _ in } }
    #expect(await eventually { pool.waitingCount == 1 })
    await pool.shutdown()
    await pool.shutdown()
    let stopped = WorkerPoolError(code: .stopped, pool: "sync")
    await #expect(throws: Cancelled.self) { try await running.value }
    await #expect(throws: stopped) { try await waiting.value }
    await #expect(throws: stopped) { try await pool.run { _ in } }
  }

  @Test("cancelling at any moment neither loses a place nor leaves a waiter behind")
  func cancelRace() async throws {
    let pool = WorkerPool(name: "test", threads: 2, waitingLimit: 1000)
    for _ in 0..<60 {
      let tasks = (0..<20).map { _ in Task { try await pool.run { flag in try flag.check() } } }
      for task in tasks.shuffled().prefix(10) { task.cancel() }
      for task in tasks { _ = await task.result }
    }
    #expect(pool.waitingCount == 0)
    // Both places are still there: two bodies that wait for one another can meet.
    let meeting = [CancellationFlag(), CancellationFlag()]
    async let first: Void = pool.run { _ in
      meeting[0].raise()
      try Self.block(until: meeting[1])
    }
    async let second: Void = pool.run { _ in
      meeting[1].raise()
      try Self.block(until: meeting[0])
    }
    _ = try await (first, second)
    await pool.shutdown()
  }

  /// Blocks the thread until the flag is raised; throws after a minute.
  private static func block(until flag: CancellationFlag) throws {
    let raised = Delivery<Void>()
    let registration = flag.onRaise { raised.fulfill(.success(())) }
    defer { registration.remove() }
    try raised.wait(until: .after(.seconds(60)), cancellation: CancellationFlag())
  }
}
