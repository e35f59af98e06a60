internal import Synchronization

/// Passes a change's result out of the thread that made it.
final class AnswerBox<Answer: Sendable>: Sendable {
  private let answer = Mutex<Answer?>(nil)

  func set(_ value: Answer) { answer.withLock { $0 = value } }

  /// The result of a change that was made.
  var value: Answer {
    guard let value = answer.withLock({ $0 }) else { preconditionFailure("a change that was made has an answer") }
    return value
  }
}

/// Numbers for the entries that one change makes.
final class NumberBox: Sendable {
  private let number: Mutex<UInt64>

  init(_ first: UInt64) { number = Mutex(first) }

  var next: UInt64 { number.withLock { $0 } }

  func take() -> UInt64 {
    number.withLock { number in
      defer { number += 1 }
      return number
    }
  }
}
