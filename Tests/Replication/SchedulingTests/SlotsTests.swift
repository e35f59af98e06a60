import Replication
import Scheduling
import Testing

@Suite("Places for requests")
struct SlotsTests {
  private static func key(_ id: Int) throws -> JobKey {
    JobKey(name: ReplicableName("project"), id: try ReplicableID("r\(id)"))
  }

  @Test("those that hang leave their places, and those that have hung before take one at most")
  func hanging() throws {
    let start = ContinuousClock.now
    var slots = Slots(width: 8)
    for id in 0..<2 { slots.start(try Self.key(id), at: "h", hasFailed: false, now: start) }
    #expect(
      !slots.mayStart(at: "h", hasFailed: false, now: start) && slots.mayStart(at: "i", hasFailed: false, now: start))
    let later = start + .seconds(6)
    #expect(slots.mayStart(at: "h", hasFailed: false, now: later))
    slots.start(try Self.key(2), at: "h", hasFailed: true, now: later)
    #expect(!slots.mayStart(at: "h", hasFailed: true, now: later), "the other place is for those that answer")
    #expect(slots.mayStart(at: "h", hasFailed: false, now: later))
    var now = later
    for id in 3..<20 where slots.mayStart(at: "h", hasFailed: true, now: now + .seconds(6)) {
      now = now + .seconds(6)
      slots.start(try Self.key(id), at: "h", hasFailed: true, now: now)
    }
    #expect(slots.count(at: "h", now: now + .seconds(6)) == 0)
    #expect(!slots.mayStart(at: "h", hasFailed: true, now: now + .seconds(6)), "so many wait at a host and no more")
    #expect(slots.mayStart(at: "h", hasFailed: false, now: now + .seconds(6)))
  }
}
