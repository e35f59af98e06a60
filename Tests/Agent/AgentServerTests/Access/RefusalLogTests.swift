import TestSupport
import Testing

@testable import AgentServer

@Suite("Refusal log")
struct RefusalLogTests {
  @Test("one network has 60 lines and one more each second; it takes none of others")
  func network() {
    let clock = ManualClock()
    let log = RefusalLog { clock.now }
    #expect((0..<1_000).count { _ in log.takesLine(of: "192.0.2.1") } == 60)
    #expect(log.takesLine(of: "192.0.2.2"))
    clock.move(.seconds(5))
    #expect((0..<1_000).count { _ in log.takesLine(of: "192.0.2.1") } == 5)
  }

  @Test("all networks together have 600 lines and ten more each second, however many there are")
  func all() {
    let clock = ManualClock()
    let log = RefusalLog { clock.now }
    #expect((0..<10_000).count { log.takesLine(of: "2001:db8:\($0)::/64") } == 600)
    clock.move(.seconds(1))
    #expect((0..<10_000).count { log.takesLine(of: "2001:db8:\($0)::/64") } == 10)
  }
}
