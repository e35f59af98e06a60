import DurableJournal
import Synchronization
import Testing
import WorkerPool

@Suite struct CommitQueueTests {
  struct Failure: Error, Equatable { let work: Int }

  /// A queue whose first leader waits for `open` before it commits. Work is a number, its answer ten times that.
  private final class Fixture: Sendable {
    let queue: CommitQueue<Int, Int>
    let groups = Mutex<[[Int]]>([])
    private let isOpen = Mutex(false)
    private let groupLimit: Int

    init(limit: Int = 100, groupLimit: Int = 100) {
      queue = CommitQueue(limit: limit)
      self.groupLimit = groupLimit
    }

    func open() { isOpen.withLock { $0 = true } }

    func commit(_ work: Int, cost: Int = 1) async throws -> Int {
      try await queue.commit(work, cost: cost) { lead in
        while !isOpen.withLock({ $0 }) { await Task.yield() }
        return try lead.commit(limit: groupLimit, while: { $0 < 900 || $0 == work }) { group in
          groups.withLock { $0.append(group) }
          return group.map { $0 < 0 ? .failure(Failure(work: $0)) : .success($0 * 10) }
        }
      }
    }

    /// Starts calls one after the other; each waits in the queue when the next starts.
    func start(_ works: [Int]) async -> [Task<Int, any Error>] {
      var tasks: [Task<Int, any Error>] = []
      for work in works {
        let before = queue.waitingCount
        tasks.append(Task { try await self.commit(work) })
        while queue.waitingCount == before { await Task.yield() }
      }
      return tasks
    }
  }

  @Test("work that arrives before the leader commits shares its group, in order")
  func oneGroup() async throws {
    let fixture = Fixture()
    let tasks = await fixture.start([1, 2, 3])
    fixture.open()
    for (number, task) in tasks.enumerated() { #expect(try await task.value == (number + 1) * 10) }
    #expect(fixture.groups.withLock { $0 } == [[1, 2, 3]])
  }

  @Test("a group ends at its limit, and the next caller leads the rest")
  func limitOfGroup() async throws {
    let fixture = Fixture(groupLimit: 2)
    let tasks = await fixture.start([1, 2, 3])
    fixture.open()
    for task in tasks { _ = try await task.value }
    #expect(fixture.groups.withLock { $0 } == [[1, 2], [3]])
    #expect(fixture.queue.waitingCount == 0)
  }

  @Test("a group ends before unsuitable work")
  func unsuitable() async throws {
    let fixture = Fixture()
    let tasks = await fixture.start([1, 900, 2])
    fixture.open()
    for task in tasks { _ = try await task.value }
    #expect(fixture.groups.withLock { $0 } == [[1], [900, 2]])
  }

  @Test("each caller gets the failure of its own work")
  func failures() async throws {
    let fixture = Fixture()
    let tasks = await fixture.start([1, -2, 3, -4])
    fixture.open()
    #expect(try await tasks[0].value == 10)
    #expect(try await tasks[2].value == 30)
    await #expect(throws: Failure(work: -2)) { try await tasks[1].value }
    await #expect(throws: Failure(work: -4)) { try await tasks[3].value }
  }

  @Test("cancelled work is not in the group; its cost is free again")
  func cancelled() async throws {
    let fixture = Fixture(limit: 3)
    let tasks = await fixture.start([1, 2, 3])
    await #expect(throws: CommitRefusal.full(waiting: 3)) { try await fixture.commit(4) }
    tasks[1].cancel()
    await #expect(throws: Cancelled.self) { try await tasks[1].value }
    let last = await fixture.start([5])
    fixture.open()
    for task in [tasks[0], tasks[2], last[0]] { _ = try await task.value }
    #expect(fixture.groups.withLock { $0 } == [[1, 3, 5]])
  }

  @Test("a leader that gives up before it commits passes the lead on, without its work")
  func leaderGivesUp() async throws {
    let fixture = Fixture()
    let isOver = Mutex(false)
    let leader = Task {
      try await fixture.queue.commit(1) { _ in
        while !isOver.withLock({ $0 }) { await Task.yield() }
        throw Failure(work: 1)
      }
    }
    while fixture.queue.waitingCount == 0 { await Task.yield() }
    let tasks = await fixture.start([2, 3])
    fixture.open()
    isOver.withLock { $0 = true }
    await #expect(throws: Failure(work: 1)) { try await leader.value }
    for task in tasks { _ = try await task.value }
    #expect(fixture.groups.withLock { $0 } == [[2, 3]])
  }

  @Test("a closed queue refuses work and commits what waits")
  func closed() async throws {
    let fixture = Fixture()
    let tasks = await fixture.start([1, 2])
    fixture.queue.close()
    await #expect(throws: CommitRefusal.closed) { try await fixture.commit(3) }
    fixture.open()
    for task in tasks { _ = try await task.value }
  }

  @Test("work that costs more than the queue takes is refused; the queue stays usable")
  func tooCostly() async throws {
    let fixture = Fixture(limit: 3)
    fixture.open()
    await #expect(throws: CommitRefusal.full(waiting: 0)) { try await fixture.commit(1, cost: 4) }
    #expect(try await fixture.commit(1, cost: 3) == 10)
  }
}
