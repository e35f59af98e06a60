import Testing
import WorkerPool

@testable import GitServing

@Suite("Shares of git upload-pack")
struct AskerGateTests {
  private static func site(_ name: String) -> Asker { Asker(name: name, isSite: true) }
  private static func person(_ name: String) -> Asker { Asker(name: name, isSite: false) }

  /// Starts a call that has to wait, and returns when it does.
  private static func waiting(_ gate: AskerGate, _ asker: Asker) async -> Task<Asker, any Error> {
    let before = gate.waitingCount
    let task = Task {
      try await gate.enter(asker)
      return asker
    }
    while gate.waitingCount == before { await Task.yield() }
    return task
  }

  @Test("one client has its share and no more, however many requests it sends")
  func share() async throws {
    let gate = AskerGate(name: "test", places: 8, share: 4, waitingLimit: 100)
    let (greedy, other) = (Self.site("greedy"), Self.site("other"))
    for _ in 0..<4 { try await gate.enter(greedy) }
    var queue: [Task<Asker, any Error>] = []
    for _ in 0..<4 { queue.append(await Self.waiting(gate, greedy)) }
    for _ in 0..<4 { try await gate.enter(other) }
    #expect(gate.waitingCount == 4)
    // A place of its own is the next of it.
    gate.leave(greedy)
    #expect(try await queue[0].value == greedy)
    // One of the other's is not.
    gate.leave(other)
    try await gate.enter(other)
    gate.close()
    for task in queue.dropFirst() { await #expect(throws: WorkerPoolError.self) { try await task.value } }
  }

  @Test("a place that becomes free goes to the one that has the fewest, not to the one that asked first")
  func fewest() async throws {
    let gate = AskerGate(name: "test", places: 4, share: 3, waitingLimit: 100)
    let (first, second, third) = (Self.site("first"), Self.site("second"), Self.site("third"))
    for _ in 0..<2 { try await gate.enter(first) }
    for _ in 0..<2 { try await gate.enter(second) }
    let early = await Self.waiting(gate, first)
    let late = await Self.waiting(gate, third)
    gate.leave(second)
    #expect(try await late.value == third)
    gate.leave(second)
    #expect(try await early.value == first)
  }

  @Test("readers leave a quarter of the places to sites, however many they are")
  func people() async throws {
    let gate = AskerGate(name: "test", places: 8, share: 4, waitingLimit: 100)
    for number in 0..<6 { try await gate.enter(Self.person("\(number)")) }
    let seventh = await Self.waiting(gate, Self.person("7"))
    for _ in 0..<2 { try await gate.enter(Self.site("berlin")) }
    gate.leave(Self.site("berlin"))
    #expect(gate.waitingCount == 1)
    gate.leave(Self.person("3"))
    _ = try await seventh.value
    // One place is one for all.
    let small = AskerGate(name: "test", places: 1, share: 1, waitingLimit: 1)
    try await small.enter(Self.person("a"))
    small.leave(Self.person("a"))
    try await small.enter(Self.site("b"))
  }

  @Test("one client does not fill the queue in which others wait, and a client that disconnects leaves it")
  func line() async throws {
    let gate = AskerGate(name: "test", places: 1, share: 1, waitingLimit: 8)
    let greedy = Self.site("greedy")
    try await gate.enter(greedy)
    let queue = [await Self.waiting(gate, greedy), await Self.waiting(gate, greedy)]
    let full = await #expect(throws: WorkerPoolError.self) { try await gate.enter(greedy) }
    #expect(full?.code == .full)
    let other = await Self.waiting(gate, Self.site("other"))
    queue[0].cancel()
    await #expect(throws: Cancelled.self) { try await queue[0].value }
    gate.leave(greedy)
    // Both have none; the greedy one has waited for longer.
    #expect(try await queue[1].value == greedy)
    gate.leave(greedy)
    #expect(try await other.value == Self.site("other"))
    #expect(gate.waitingCount == 0)
  }
}
