import EventLog
import Testing

@Suite("Event log errors")
struct EventLogErrorTests {
  @Test("an error says its one line") func line() { #expect("\(EventLogError("open 'x': torn"))" == "open 'x': torn") }
}
