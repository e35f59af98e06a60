internal import CoreMetrics
internal import Synchronization

/// Values by size, in buckets whose upper bounds do not change.
final class HistogramSeries: RecorderHandler, TimerHandler {
  struct Counts: Sendable {
    /// Not summed up; the last is beyond all bounds.
    var buckets: [UInt64]
    var sum = 0.0
  }

  let bounds: [Double]
  private let state: Mutex<Counts>

  /// - Parameter bounds: growing.
  init(bounds: [Double]) {
    self.bounds = bounds
    state = Mutex(Counts(buckets: [UInt64](repeating: 0, count: bounds.count + 1)))
  }

  var counts: Counts { state.withLock { $0 } }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    // It would make the sum useless for ever.
    guard value.isFinite else { return }
    let place = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock { state in
      state.buckets[place] += 1
      state.sum += value
    }
  }

  /// Prometheus counts in seconds.
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
}
