@testable import EventLog

/// A spooled event that was read must be written so that it is read as it was.
enum SpoolCheck {
  static func run(_ bytes: [UInt8]) throws {
    // What is refused is set aside.
    guard let event = try? SpooledEvent(bytes) else { return }
    let text = event.text
    guard let again = try? SpooledEvent(text) else { throw Disagreement("what was written is not read again") }
    var expected = event
    if again.changes.count < event.changes.count {
      expected.changes = Array(event.changes.prefix(again.changes.count))
      expected.changesLeftOut = again.changesLeftOut
    }
    try Disagreement.unless(again == expected, "an event is read otherwise than it was written")
  }
}
