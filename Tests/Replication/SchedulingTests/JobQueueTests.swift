import Replication
import Testing

@testable import Scheduling

@Suite("Queues of jobs")
struct JobQueueTests {
  private static func candidates(_ range: Range<Int>) throws -> [Candidate] {
    try range.map { Candidate(try ReplicableID("r\($0)"), host: "h") }
  }

  @Test("a thousand that wait for a host that pauses hide none that may start")
  func dropped() throws {
    var queue = JobQueue()
    for id in try Self.candidates(0..<1_000) { queue.request(id) }
    let live = Candidate(try ReplicableID("live"), host: "h")
    queue.request(live)
    #expect(queue.next { $0 == live ? .ready : .paused } == live)
    #expect(queue.requested.isEmpty)
  }

  @Test("those that may start later keep their order")
  func later() throws {
    var queue = JobQueue()
    let ids = try Self.candidates(0..<10)
    for id in ids { queue.request(id) }
    #expect(queue.next { $0 == ids[4] ? .ready : .busy } == ids[4])
    #expect(queue.next { $0 == ids[2] ? .paused : $0 == ids[7] ? .ready : .busy } == ids[7])
    var left: [Candidate] = []
    while let id = queue.next(where: { _ in .ready }) { left.append(id) }
    #expect(left == [0, 1, 3, 5, 6, 8, 9].map { ids[$0] })
  }
}
