import Foundation

/// A value behind a lock, and a way to wait, on a thread, until it has become what one waits for.
///
/// `@unchecked Sendable`: `value` is read and written only between `lock()` and `unlock()` of `condition`, in the two
/// methods below, and never handed out by reference.
package final class Monitor<Value: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var value: Value

  package init(_ value: Value) { self.value = value }

  /// Reads or changes the value, and wakes whoever waits for it.
  @discardableResult
  package func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    return try body(&value)
  }

  /// A copy of the value.
  package var current: Value {
    condition.lock()
    defer { condition.unlock() }
    return value
  }

  /// Blocks the thread until `isReached` says so; false when `limit` has passed before.
  package func wait(atMost limit: Duration, until isReached: (Value) -> Bool) -> Bool {
    let end = Date(timeIntervalSinceNow: limit / .seconds(1))
    condition.lock()
    defer { condition.unlock() }
    while !isReached(value) {
      if !condition.wait(until: end) { return isReached(value) }
    }
    return true
  }
}
