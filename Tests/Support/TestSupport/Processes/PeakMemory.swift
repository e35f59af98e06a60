import Foundation
import WorkerPool

extension ChildProcess {
  /// Runs to the end and returns how much memory the program itself had at most, in bytes.
  ///
  /// Read from the kernel's own mark while the program runs, because `ProcessOutcome.peakMemoryBytes` counts what a child shared
  /// with the tests before it became that program.
  package func outcomeWithPeak(within limit: Duration) throws -> (outcome: ProcessOutcome, peakBytes: Int) {
    var peak = 0
    // Unknown, every reading counts.
    let name = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      // Until it is another program the mark is ours.
      let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(processID)/exe")  // gone already
      if own != nil, own != name { peak = max(peak, Self.mark(processID)) }
      if state.wait(atMost: .milliseconds(10), until: { $0.end != nil }) { break }
    }
    return (try outcome(within: .seconds(1)), peak)
  }

  private static func mark(_ processID: Int32) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)) ?? ""  // gone already
    guard let kilobytes = text.firstMatch(of: /VmHWM:\s+(\d+) kB/)?.1 else { return 0 }
    return (Int(kilobytes) ?? 0) * 1024
  }
}
