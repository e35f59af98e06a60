import Replication
import Testing

@testable import Agent

@Suite("Notifications, and their frequency")
struct NotificationBookTests {
  private static let start = Timestamp(milliseconds: 1_795_000_000_000)

  /// Evaluates the conditions at a second, and returns the notifications.
  private static func step(_ book: inout NotificationBook, _ second: Int, _ conditions: [Condition]) -> [String] {
    book.outbox = [:]
    book.take(
      conditions, site: "berlin", role: "secondary", channels: ["webhook"], at: start + .seconds(second),
      after: .seconds(600))
    return (book.outbox["webhook"] ?? []).map { "\($0.event) \($0.subject)" }
  }

  private static let failure = Condition(
    event: .failure, subject: "project", message: "2 of 'project' cannot be copied")
  private static let mismatch = Condition(event: .mismatch, subject: "project", message: "1 was not equal")

  @Test("a failure is reported once it has lasted, once, and its end once")
  func failure() {
    var book = NotificationBook()
    #expect(Self.step(&book, 0, [Self.failure]) == [])
    #expect(Self.step(&book, 599, [Self.failure]) == [])
    #expect(Self.step(&book, 600, [Self.failure]) == ["failure project"])
    for second in [601, 660, 86_400] { #expect(Self.step(&book, second, [Self.failure]) == []) }
    #expect(Self.step(&book, 86_401, []) == [])
    // What comes and goes is one failure.
    #expect(Self.step(&book, 86_430, [Self.failure]) == [])
    #expect(Self.step(&book, 86_440, []) == [])
    #expect(Self.step(&book, 86_499, []) == [])
    #expect(Self.step(&book, 86_500, []) == ["recovery project"])
    #expect(Self.step(&book, 90_000, []) == [])
    #expect(book.standing.isEmpty)
  }

  @Test("a failure that does not last is not reported")
  func short() {
    var book = NotificationBook()
    #expect(Self.step(&book, 0, [Self.failure]) == [])
    #expect(Self.step(&book, 300, []) == [])
    #expect(Self.step(&book, 700, [Self.failure]) == [])
    #expect(Self.step(&book, 1_299, [Self.failure]) == [])
    #expect(Self.step(&book, 1_300, [Self.failure]) == ["failure project"])
  }

  @Test(
    "a mismatch, damage, waiting removals and lag are reported at once",
    arguments: [
      Condition.Event.mismatch, .damage, .removalsWaiting, .lag,
    ])
  func atOnce(event: Condition.Event) {
    var book = NotificationBook()
    let condition = Condition(event: event, subject: "project", message: "")
    #expect(Self.step(&book, 0, [condition, Self.failure]) == ["\(event.rawValue) project"])
    #expect(Self.step(&book, 1, [condition, Self.failure]) == [])
  }

  @Test("a clock that is set back repeats no notification and delays none for ever")
  func clock() {
    var book = NotificationBook()
    #expect(Self.step(&book, 1_000, [Self.mismatch]) == ["mismatch project"])
    #expect(Self.step(&book, 0, [Self.mismatch]) == [])
    #expect(Self.step(&book, 2_000, []) == [])
    #expect(Self.step(&book, 10, []) == ["recovery project"])
  }

  @Test("a channel that takes nothing keeps the newest hundred")
  func bounded() {
    var book = NotificationBook()
    for number in 0..<150 {
      book.take(
        [Condition(event: .mismatch, subject: "\(number)", message: "")], site: "berlin", role: "secondary",
        channels: ["webhook", "command"], at: Self.start, after: .zero, calm: .zero)
    }
    #expect(book.outbox.values.allSatisfy { $0.count == 100 } && book.outbox.count == 2)
  }
}
