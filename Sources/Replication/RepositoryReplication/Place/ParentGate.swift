internal import Synchronization

/// Keeps directories that have become empty from being removed while something is made in one.
///
/// A copy that comes and one that goes may share a parent: removed between the moment when the one found it there and the
/// moment when it puts something in, it would be made again, but its name would not be made durable.
final class ParentGate: Sendable {
  private let makers = Mutex(0)

  /// Runs what makes things in directories; any number at a time.
  func making<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
    makers.withLock { $0 += 1 }
    defer { makers.withLock { $0 -= 1 } }
    return try body()
  }

  /// Runs what removes empty directories, unless something is being made in one: then they stay.
  func removing(_ body: () -> Void) {
    makers.withLock { if $0 == 0 { body() } }
  }
}
