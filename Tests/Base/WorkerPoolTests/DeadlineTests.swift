import Testing
import WorkerPool

@Suite struct DeadlineTests {
  @Test("a deadline that lies ahead has not passed, one behind has")
  func passing() {
    #expect(!Deadline.after(.seconds(60)).hasPassed)
    #expect(Deadline.after(.seconds(-1)).hasPassed)
    #expect(Deadline.after(.zero).hasPassed)
    #expect(!Deadline.distant.hasPassed)
  }

  @Test("the earlier of two deadlines is the earlier one, in either order")
  func earlier() {
    let near = Deadline.after(.seconds(1))
    let far = Deadline.after(.seconds(2))
    #expect(near.earlier(far) == near)
    #expect(far.earlier(near) == near)
    #expect(near < .distant)
  }

  @Test("durations beyond a century do not overflow")
  func enormous() {
    #expect(Deadline.after(.seconds(Int64.max)).remaining > .seconds(3600))
  }

  @Test("what is left for poll is rounded up, never negative and never more than an hour")
  func poll() {
    #expect(Deadline.after(.seconds(-5)).pollTimeoutMilliseconds == 0)
    #expect(Deadline.distant.pollTimeoutMilliseconds == 3_600_000)
    let soon = Deadline.after(.microseconds(300)).pollTimeoutMilliseconds
    #expect(soon == 0 || soon == 1)
    let later = Deadline.after(.seconds(100)).pollTimeoutMilliseconds
    #expect(later > 90_000 && later <= 100_000)
  }
}
