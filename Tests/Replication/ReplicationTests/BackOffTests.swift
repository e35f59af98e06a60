import Replication
import TestSupport
import Testing

@Suite("Back-off")
struct BackOffTests {
  @Test(
    "the table of the documentation",
    arguments: [
      (1, 16, 74), (2, 31, 118), (3, 96, 212), (4, 271, 416), (5, 640, 814), (6, 1_311, 1_514), (7, 2_416, 2_648),
      (8, 3_616, 3_674), (11, 3_616, 3_674), (1_069, 3_616, 3_674), (Int.max, 3_616, 3_674),
    ])
  func table(count: Int, earliest: Int, latest: Int) {
    var smallest = ConstantGenerator.smallest
    var largest = ConstantGenerator.largest
    let now = Sample.start
    #expect(
      BackOff.retryTime(after: count, missingOnPrimary: false, at: now, using: &smallest) == now + .seconds(earliest))
    #expect(
      BackOff.retryTime(after: count, missingOnPrimary: false, at: now, using: &largest) == now + .seconds(latest))
  }

  @Test(
    "four hours for what the primary does not have",
    arguments: [(8, 4_111, 4_372), (10, 10_015, 10_334), (11, 14_416, 14_474), (50, 14_416, 14_474)])
  func missing(count: Int, earliest: Int, latest: Int) {
    var smallest = ConstantGenerator.smallest
    var largest = ConstantGenerator.largest
    let now = Sample.start
    #expect(
      BackOff.retryTime(after: count, missingOnPrimary: true, at: now, using: &smallest) == now + .seconds(earliest))
    #expect(
      BackOff.retryTime(after: count, missingOnPrimary: true, at: now, using: &largest) == now + .seconds(latest))
  }

  @Test("nothing is set further away than what counts as due, and all of it waits until it is due")
  func bounds() {
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<2_000 {
      let isMissing = Bool.random(using: &generator)
      let count = Int.random(in: 1...20, using: &generator)
      let retry = BackOff.retryTime(
        after: count, missingOnPrimary: isMissing, at: Sample.start, using: &generator)
      #expect(retry <= Sample.start + BackOff.longest(missingOnPrimary: isMissing))
      #expect(!BackOff.isDue(retry, missingOnPrimary: isMissing, at: Sample.start))
      #expect(!BackOff.isDue(retry, missingOnPrimary: isMissing, at: retry - .milliseconds(1)))
      #expect(BackOff.isDue(retry, missingOnPrimary: isMissing, at: retry))
      #expect(BackOff.isDue(retry, missingOnPrimary: isMissing, at: Sample.start - .seconds(86_400)))
    }
    #expect(BackOff.isDue(nil, missingOnPrimary: false, at: Sample.start))
  }
}
