internal import Housekeeping
internal import Synchronization

/// The line on a terminal that says how far an object check is.
final class CheckProgress: Sendable {
  private let isShown: Bool
  private let throttle = Mutex((isUsed: false, value: ProgressThrottle<Bool>()))

  init(isShown: Bool) { self.isShown = isShown }

  /// Called often; written as often as `ProgressThrottle` allows.
  func show(_ progress: ObjectCheck.Progress) {
    guard isShown else { return }
    let isHashing = if case .hashing = progress { true } else { false }
    let isDue = throttle.withLock { throttle in
      throttle.isUsed = true
      return throttle.value.allows(isHashing, at: .now)
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
    if throttle.withLock({ $0.isUsed }) { Output.status("\r\u{1B}[K") }
  }
}
