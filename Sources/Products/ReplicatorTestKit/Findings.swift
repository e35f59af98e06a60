internal import Synchronization

/// Collects what a suite finds, so that one fault does not hide another.
final class Findings: Sendable {
  private let collected = Mutex<[String]>([])

  var all: [String] { collected.withLock { $0 } }
  var isEmpty: Bool { all.isEmpty }

  func add(_ finding: String) { collected.withLock { $0.append(finding) } }

  /// Notes the fault when the claim does not hold.
  func expect(_ claim: Bool, _ fault: @autoclosure () -> String) {
    if !claim { add(fault()) }
  }
}
