internal import Housekeeping
internal import Synchronization

/// The line on a terminal that says how far an object check is.
final class CheckProgress: Sendable {
  private let isShown: Bool
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  init(isShown: Bool) { self.isShown = isShown }

  /// Called often. Ten times a second is enough for eyes.
  func show(_ progress: ObjectCheck.Progress) {
    guard isShown else { return }
    let now = ContinuousClock.now
    let isDue = last.withLock { last in
      guard last.map({ now - $0 > .milliseconds(100) }) ?? true else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let text =
      switch progress {
      case .hashing(let bytes, let total):
        "Hashing: \(ProgressLine.size(Int(bytes))) of \(ProgressLine.size(Int(total)))"
      case .walking(let objects): "Checking connectivity: \(objects)"
      }
    Output.status("\r\u{1B}[K\(text)")
  }

  func clear() {
    if last.withLock({ $0 != nil }) { Output.status("\r\u{1B}[K") }
  }
}
