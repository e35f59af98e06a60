import Synchronization
import TestSupport
import Testing
import WorkerPool

@Suite struct ByteHandoverTests {
  private struct Planned: Error {}

  /// Reads on a thread of its own, in buffers of `size` bytes, to the end.
  private func readAll(_ handover: ByteHandover, size: Int) async throws -> [UInt8] {
    try await OwnThread.run {
      var all: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: size)
      while true {
        let count = try buffer.withUnsafeMutableBytes {
          try handover.read(into: $0, until: .after(.seconds(30)), cancellation: CancellationFlag())
        }
        if count == 0 { return all }
        all += buffer[..<count]
      }
    }
  }

  @Test(
    "bytes arrive whole and in order, whatever the sizes of parts, buffers and room",
    arguments: [(1, 1, 1), (7, 3, 10), (1000, 64, 100), (64, 1000, 100), (5000, 4096, 1 << 20)])
  func order(part: Int, buffer: Int, limit: Int) async throws {
    let sent = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let handover = ByteHandover(limit: limit)
    async let received = readAll(handover, size: buffer)
    var start = 0
    while start < sent.count {
      let end = min(start + part, sent.count)
      try await handover.push(Array(sent[start..<end]))
      start = end
    }
    handover.finish()
    #expect(try await received == sent)
  }

  @Test("the end stays the end, and an error comes after the bytes that arrived before it")
  func ends() async throws {
    let good = ByteHandover()
    good.finish()
    good.finish(Planned())
    #expect(try await readAll(good, size: 8).isEmpty)
    let bad = ByteHandover()
    try await bad.push([1, 2, 3])
    bad.finish(Planned())
    try await OwnThread.run {
      try withUnsafeTemporaryAllocation(byteCount: 8, alignment: 1) { buffer in
        let flag = CancellationFlag()
        let count = try bad.read(into: buffer, until: .after(.seconds(30)), cancellation: flag)
        #expect(count == 3)
        for _ in 0..<2 {
          #expect(throws: Planned.self) { try bad.read(into: buffer, until: .after(.seconds(30)), cancellation: flag) }
        }
      }
    }
  }

  @Test("a producer waits when the room is full, and goes on when half of it was read")
  func backPressure() async throws {
    let handover = ByteHandover(limit: 100)
    let pushed = Atomic(0)
    let producer = Task {
      for _ in 0..<4 {
        try await handover.push([UInt8](repeating: 7, count: 50))
        pushed.add(1, ordering: .releasing)
      }
      handover.finish()
    }
    #expect(await eventually { pushed.load(ordering: .acquiring) == 1 })
    for _ in 0..<100 { await Task.yield() }
    #expect(pushed.load(ordering: .acquiring) == 1)
    #expect(try await readAll(handover, size: 25).count == 200)
    try await producer.value
  }

  @Test("a consumer that goes ends a waiting producer")
  func abandoned() async throws {
    let handover = ByteHandover(limit: 1)
    let producer = Task { try await handover.push([1, 2, 3]) }
    for _ in 0..<10 { await Task.yield() }
    handover.abandon()
    await #expect(throws: Cancelled.self) { try await producer.value }
    await #expect(throws: Cancelled.self) { try await handover.push([4]) }
  }

  @Test("cancelling a waiting producer ends it")
  func producerCancelled() async throws {
    for _ in 0..<200 {
      let handover = ByteHandover(limit: 1)
      let producer = Task { try await handover.push([1, 2, 3]) }
      await Task.yield()
      producer.cancel()
      await #expect(throws: Cancelled.self) { try await producer.value }
    }
  }

  @Test("a consumer's wait ends by its deadline, and by the flag, raised before or meanwhile")
  func consumerEnds() async throws {
    try await OwnThread.run {
      let handover = ByteHandover()
      withUnsafeTemporaryAllocation(byteCount: 8, alignment: 1) { buffer in
        let flag = CancellationFlag()
        #expect(throws: DeadlineExceeded.self) {
          try handover.read(into: buffer, until: .after(.milliseconds(5)), cancellation: flag)
        }
        OwnThread.start(named: "raiser") { flag.raise() }
        for _ in 0..<2 {
          #expect(throws: Cancelled.self) {
            try handover.read(into: buffer, until: .after(.seconds(30)), cancellation: flag)
          }
        }
      }
    }
  }

  @Test("abandoning at any moment leaves no producer behind")
  func abandonRace() async throws {
    for _ in 0..<300 {
      let handover = ByteHandover(limit: 10)
      let producer = Task { while true { try await handover.push([1, 2, 3, 4]) } }
      try await OwnThread.run {
        try withUnsafeTemporaryAllocation(byteCount: 3, alignment: 1) { buffer in
          _ = try handover.read(into: buffer, until: .after(.seconds(30)), cancellation: CancellationFlag())
        }
        handover.abandon()
      }
      await #expect(throws: Cancelled.self) { try await producer.value }
    }
  }
}
