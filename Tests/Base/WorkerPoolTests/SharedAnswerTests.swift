import Synchronization
import Testing

@testable import WorkerPool

@Suite struct SharedAnswerTests {
  /// Answers by number, each when it is released.
  private final class Maker: Sendable {
    private struct State {
      var begun = 0
      var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    let shared = SharedAnswer<Int>()

    var begun: Int { state.withLock { $0.begun } }

    func ask(failing: Set<Int> = []) async throws -> Int {
      try await shared.get { [self] in
        let number = state.withLock { state in
          state.begun += 1
          return state.begun
        }
        await withCheckedContinuation { continuation in state.withLock { $0.waiting.append(continuation) } }
        try Task.checkCancellation()
        if failing.contains(number) { throw Trouble() }
        return number
      }
    }

    /// Releases one, once it is being made.
    func release() async {
      while true {
        let next = state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
        if let next { return next.resume() }
        await Task.yield()
      }
    }

    func untilBegun(_ count: Int) async { while begun < count { await Task.yield() } }
  }

  private struct Trouble: Error {}

  private final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
      count.withLock { count in
        count += 1
        return count
      }
    }
  }

  /// Lets tasks that were started come as far as they can.
  private func settle() async { for _ in 0..<200 { await Task.yield() } }

  @Test func `who comes while an answer is made shares the next one, and nobody gets an older one`() async throws {
    let maker = Maker()
    async let first = maker.ask()
    await maker.untilBegun(1)
    let others = (0..<10).map { _ in Task { try await maker.ask() } }
    await settle()
    #expect(maker.begun == 1)
    await maker.release()
    #expect(try await first == 1)
    await maker.release()
    for other in others { #expect(try await other.value > 1) }
    #expect(maker.begun <= 11)
    let last = Task { try await maker.ask() }
    await maker.untilBegun(maker.begun + 1)
    await maker.release()
    #expect(try await last.value == maker.begun)
  }

  @Test func `a failure is told to all who waited for it, and the next answer is made anew`() async throws {
    let maker = Maker()
    let first = Task { try await maker.ask(failing: [1]) }
    await maker.untilBegun(1)
    let second = Task { try await maker.ask(failing: [1]) }
    await settle()
    await maker.release()
    await #expect(throws: Trouble.self) { try await first.value }
    await maker.release()
    #expect(try await second.value == 2)
  }

  @Test func `who is cancelled hands over to those who wait with it`() async throws {
    let maker = Maker()
    let first = Task { try await maker.ask() }
    await maker.untilBegun(1)
    let leader = Task { try await maker.ask() }
    await settle()
    let others = (0..<3).map { _ in Task { try await maker.ask() } }
    await settle()
    await maker.release()
    #expect(try await first.value == 1)
    await maker.untilBegun(2)
    leader.cancel()
    await maker.release()
    await #expect(throws: CancellationError.self) { try await leader.value }
    await maker.release()
    for other in others { #expect(try await other.value == 3) }
  }

  @Test func `many at once all come to an end`() async throws {
    let shared = SharedAnswer<Int>()
    let counter = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<64 {
        group.addTask {
          var last = 0
          for _ in 0..<200 {
            let answer = try await shared.get {
              await Task.yield()
              return counter.next()
            }
            #expect(answer > last)
            last = answer
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(counter.next() > 200)
  }
}
