internal import CoreMetrics
internal import Synchronization

/// The labels of a series in one order, whatever the order in which they were given.
struct SeriesLabels: Hashable, Comparable {
  let pairs: [Pair]

  struct Pair: Hashable {
    let name: String
    let value: String
  }

  init(_ dimensions: [(String, String)]) {
    let named = Dictionary(dimensions.map { (MetricText.label($0.0), $0.1) }) { _, last in last }
    pairs = named.map { Pair(name: $0.key, value: $0.value) }.sorted { $0.name < $1.name }
  }

  var list: [(name: String, value: String)] { pairs.map { ($0.name, $0.value) } }

  static func < (left: SeriesLabels, right: SeriesLabels) -> Bool {
    for (one, other) in zip(left.pairs, right.pairs) where one != other {
      return (one.name, one.value) < (other.name, other.value)
    }
    return left.pairs.count < right.pairs.count
  }
}

/// One number: a counter's or a gauge's.
final class ScalarSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
  private let number = Mutex(0.0)

  var value: Double { number.withLock { $0 } }

  func increment(by amount: Int64) { increment(by: Double(amount)) }
  func increment(by amount: Double) { number.withLock { $0 += amount } }
  func decrement(by amount: Double) { number.withLock { $0 -= amount } }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { number.withLock { $0 = value } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func reset() { set(0.0) }
}

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
