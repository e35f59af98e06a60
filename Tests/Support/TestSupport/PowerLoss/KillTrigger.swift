import Glibc
import Synchronization

/// Counts the moments of each part of a life, and ends the process at one of them.
package final class KillTrigger: Sendable {
  private let part: String
  private let moment: Int
  private let state = Mutex((part: "", moments: [String: Int]()))

  /// - Parameters:
  ///   - part: in which to end; none by default, to count only.
  ///   - moment: which moment of that part, from 1.
  package init(part: String = "", moment: Int = 0) {
    self.part = part
    self.moment = moment
  }

  /// The moments that each part has had.
  package var moments: [String: Int] { state.withLock { $0.moments } }

  /// Another part begins.
  package func enter(_ part: String) { state.withLock { $0.part = part } }

  /// A moment.
  package func pass() {
    let (part, moment) = state.withLock { state in
      state.moments[state.part, default: 0] += 1
      return (state.part, state.moments[state.part] ?? 0)
    }
    if part == self.part, moment == self.moment { kill(getpid(), SIGKILL) }
  }
}
