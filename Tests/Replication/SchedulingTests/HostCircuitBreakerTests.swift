import Scheduling
import Testing

@Suite("Pauses of hosts")
struct HostCircuitBreakerTests {
  @Test("it opens by one probe and a ramp")
  func ramp() {
    let now = ContinuousClock.now
    var breaker = HostCircuitBreaker()
    breaker.failed("away", at: now, jitter: 0)
    #expect(!breaker.mayStart(running: 0, at: now))
    let later = now + .seconds(20)
    #expect(breaker.mayStart(running: 0, at: later) && !breaker.mayStart(running: 1, at: later))
    breaker.start()
    #expect(breaker.mayStart(running: 0, at: later) && !breaker.mayStart(running: 1, at: later))
    #expect(breaker.reason == "away")
    breaker.succeeded()
    #expect(
      breaker.reason == nil && breaker.mayStart(running: 1, at: later) && !breaker.mayStart(running: 2, at: later))
    for _ in 0..<6 { breaker.succeeded() }
    #expect(breaker.mayStart(running: 1_000, at: later))
  }

  @Test("jobs that fail together are one failure, and the longest Retry-After counts")
  func together() {
    let now = ContinuousClock.now
    var breaker = HostCircuitBreaker()
    for _ in 0..<50 { breaker.failed("away", at: now, jitter: 0) }
    #expect(breaker.failures == 1 && breaker.mayStart(running: 0, at: now + .seconds(2)))
    breaker.failed("429", at: now, jitter: 0, retryAfter: .seconds(60))
    #expect(!breaker.mayStart(running: 0, at: now + .seconds(59)))
    breaker.answeredElsewhere(at: now)
    #expect(
      !breaker.mayStart(running: 0, at: now + .seconds(59)) && breaker.mayStart(running: 0, at: now + .seconds(61)))
  }
}
