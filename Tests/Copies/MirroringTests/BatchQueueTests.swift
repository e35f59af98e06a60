import GitTransport
import SystemPackage
import TestSupport
import Testing

@testable import Mirroring

@Suite("Batch queue")
struct BatchQueueTests {
  private static func request(_ address: String) throws -> MirrorRequest {
    MirrorRequest(source: try SourceURL(address), destination: FilePath("/nonexistent/\(address.count)"))
  }

  private static func refusal(_ wait: Duration) -> MirrorError {
    MirrorError(.init("rate_limited"), "list refs: 429", retryAfter: wait)
  }

  @Test("a host that refuses for a day ends its own requests, with the default limits; other hosts go on")
  func day() throws {
    let clock = ManualClock()
    let requests =
      try (1...3).map { try Self.request("https://busy.example/\($0).git") } + [
        Self.request("https://idle.example/4.git")
      ]
    var queue = BatchQueue(requests) { clock.now }
    #expect(queue.next() == 0)
    let isBack = queue.putBack(0, after: Self.refusal(.seconds(86_400)))
    #expect(!isBack)
    let hopeless = queue.takeHopeless()
    #expect(hopeless.map(\.index) == [1, 2])
    #expect(hopeless.allSatisfy { $0.error.code.rawValue == "rate_limited" && $0.error.retryAfter != nil })
    #expect(queue.next() == 3)
    #expect(queue.isEmpty && queue.pause == nil)
  }

  @Test("a short pause late in a long batch is waited for")
  func late() throws {
    let clock = ManualClock()
    var queue = BatchQueue(try (1...2).map { try Self.request("https://busy.example/\($0).git") }) { clock.now }
    _ = queue.next()
    clock.move(.seconds(100_000))
    let isBack = queue.putBack(0, after: Self.refusal(.seconds(5)))
    #expect(isBack)
    #expect(queue.takeHopeless().isEmpty && queue.next() == nil)
    #expect(queue.pause?.seconds == 6)
    clock.move(.seconds(6))
    #expect(queue.next() == 0)
  }

  @Test("a host that refuses again and again is given up when a run's time is over, unless it served meanwhile")
  func forEver() throws {
    for serves in [false, true] {
      let clock = ManualClock()
      let requests = try (1...100).map { try Self.request("https://busy.example/\($0).git") }
      var queue = BatchQueue(requests) { clock.now }
      var asked = 0
      var gaveUp = 0
      while asked < 1_000, let index = queue.next() {
        asked += 1
        if serves, asked.isMultiple(of: 2) {
          _ = queue.putBack(index, after: nil)
        } else {
          _ = queue.putBack(index, after: Self.refusal(.seconds(3_600)))
          gaveUp += queue.takeHopeless().count
          clock.move(.seconds(3_602))
        }
      }
      #expect(queue.isEmpty)
      // Six hours are the default.
      #expect(serves ? gaveUp == 0 && asked == 200 : gaveUp > 90 && asked <= 6, "\(serves): \(gaveUp), \(asked)")
    }
  }
}
