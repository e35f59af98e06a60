import Replication
import Testing

@Suite("Intervals of polls")
struct PollIntervalTests {
  private static let bounds = Duration.seconds(60) ... .seconds(21_600)

  @Test(
    "a tenth of the rest, within bounds",
    arguments: [(0, 60), (599, 60), (6_000, 600), (86_400, 8_640), (216_000, 21_600), (9_999_999, 21_600)])
  func quiet(seconds: Int, wait: Int) {
    let found = PollInterval.next(quiet: .seconds(seconds), within: Self.bounds, jitter: 0.5)
    #expect(found >= .seconds(wait) - .milliseconds(1) && found <= .seconds(wait) + .milliseconds(1))
  }

  @Test("what is asked together drifts apart by a tenth")
  func jitter() {
    let (first, last) = (0.0, 1.0)
    let waits = [first, last].map { PollInterval.next(quiet: .seconds(6_000), within: Self.bounds, jitter: $0) }
    #expect(waits[0] >= .seconds(539) && waits[1] <= .seconds(661) && waits[1] - waits[0] > .seconds(100))
  }

  @Test("failures double the wait, and no count of them overflows", arguments: [(1, 120), (2, 240), (9, 21_600)])
  func failures(count: Int, wait: Int) {
    let found = PollInterval.next(failures: count, within: Self.bounds, jitter: 0.5)
    #expect(found >= .seconds(wait) - .milliseconds(1) && found <= .seconds(wait) + .milliseconds(1))
    #expect(PollInterval.next(failures: .max, within: Self.bounds, jitter: 1) <= .seconds(23_760))
    #expect(PollInterval.next(failures: -1, within: Self.bounds, jitter: 0) >= .seconds(54))
  }

  @Test("a repository idle for a month is polled some thirty times an interval's growth, and not 43,200 times")
  func month() {
    var (now, looks) = (Duration.zero, 0)
    while now < .seconds(30 * 86_400) {
      now += PollInterval.next(quiet: now, within: Self.bounds, jitter: 0.5)
      looks += 1
    }
    #expect(looks < 200, "\(looks)")
  }
}
