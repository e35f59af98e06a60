import TestSupport
import Testing
import WorkerPool

@Suite struct ByteOutletTests {
  private struct Planned: Error {}

  private func all(_ outlet: ByteOutlet) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let part = try await outlet.next() { bytes += part }
    return bytes
  }

  private func push(_ outlet: ByteOutlet, _ part: [UInt8], flag: CancellationFlag = CancellationFlag()) throws {
    try outlet.push(part, until: .after(.seconds(30)), cancellation: flag)
  }

  @Test(
    "bytes arrive whole and in order, whatever the sizes of parts and room", arguments: [(1, 1), (7, 100), (5000, 10)])
  func order(part: Int, limit: Int) async throws {
    let sent = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let outlet = ByteOutlet(limit: limit)
    async let received = all(outlet)
    try await OwnThread.run {
      for start in stride(from: 0, to: sent.count, by: part) {
        try push(outlet, Array(sent[start..<min(start + part, sent.count)]))
      }
      outlet.finish()
    }
    #expect(try await received == sent)
  }

  @Test("the end stays the end, and an error comes after the bytes before it")
  func ends() async throws {
    let outlet = ByteOutlet()
    try push(outlet, [1, 2])
    outlet.finish(Planned())
    outlet.finish()
    #expect(try await outlet.next() == [1, 2])
    for _ in 0..<2 { await #expect(throws: Planned.self) { try await outlet.next() } }
  }

  @Test("a producer without a reader fails at its deadline, by its flag, or when the reader goes")
  func stops() async throws {
    let outlet = ByteOutlet(limit: 1)
    try push(outlet, [1])
    #expect(throws: DeadlineExceeded.self) {
      try outlet.push([2], until: .after(.zero), cancellation: CancellationFlag())
    }
    let flag = CancellationFlag()
    let flagged = Task { try await OwnThread.run { try push(outlet, [2], flag: flag) } }
    flag.raise()
    await #expect(throws: Cancelled.self) { try await flagged.value }
    let left = Task { try await OwnThread.run { try push(outlet, [3]) } }
    outlet.abandon()
    await #expect(throws: Cancelled.self) { try await left.value }
  }

  @Test("a reader that is cancelled stops waiting")
  func cancelled() async throws {
    let outlet = ByteOutlet()
    let reading = Task { try await outlet.next() }
    reading.cancel()
    await #expect(throws: Cancelled.self) { _ = try await reading.value }
    try push(outlet, [1])
    #expect(try await outlet.next() == [1])
  }
}
