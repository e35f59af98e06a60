package import CoreMetrics
internal import Synchronization

/// Everything that the program counts, for a scraper: a backend of swift-metrics that writes Prometheus' text format.
///
/// Counters stay counters; meters, and recorders that do not aggregate, are gauges; other recorders are histograms, and so are
/// timers, in seconds. Whatever labels are given, memory is bounded: a name takes so many series, and there are so many names;
/// what comes beyond is counted in `metrics_dropped_series_total`, and its values are lost.
package final class MetricsRegistry: MetricsFactory {
  /// What a name means, for those that want more than the default.
  package struct Description: Sendable {
    /// One line of help.
    package var help: String
    /// Upper bounds of a histogram's buckets, growing.
    package var buckets: [Double]

    /// A description.
    package init(help: String, buckets: [Double] = Description.seconds) {
      precondition(zip(buckets, buckets.dropFirst()).allSatisfy(<), "bounds of buckets must grow")
      self.help = help
      self.buckets = buckets
    }

    /// From 5 ms to half an hour.
    package static let seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800]
  }

  /// Gives families as they are at the moment of a scrape.
  package typealias Collector = @Sendable () async -> [MetricFamily]

  private enum Series: Sendable {
    case scalar(ScalarSeries)
    case histogram(HistogramSeries)
  }

  private struct Family: Sendable {
    let kind: MetricFamily.Kind
    var series: [SeriesLabels: Series] = [:]
  }

  private struct State: Sendable {
    var families: [String: Family] = [:]
    var descriptions: [String: Description]
    var collectors: [(number: Int, collect: Collector)] = []
    var lastCollector = 0
    var dropped: UInt64 = 0
  }

  private let state: Mutex<State>
  private let seriesPerName: Int
  private let names: Int

  /// - Parameters:
  ///   - descriptions: by name.
  ///   - seriesPerName: how many series one name takes.
  ///   - names: how many names there may be.
  package init(descriptions: [String: Description] = [:], seriesPerName: Int = 1_000, names: Int = 1_000) {
    state = Mutex(State(descriptions: descriptions))
    self.seriesPerName = seriesPerName
    self.names = names
  }

  /// Asks `collector` at each scrape. Where two give one name, the first one counts.
  ///
  /// - Returns: its number, to take it away again.
  @discardableResult package func registerCollector(_ collector: @escaping Collector) -> Int {
    state.withLock { state in
      state.lastCollector += 1
      state.collectors.append((state.lastCollector, collector))
      return state.lastCollector
    }
  }

  /// Asks it no more.
  package func removeCollector(_ number: Int) { state.withLock { $0.collectors.removeAll { $0.number == number } } }

  /// All families, sorted by name, as Prometheus' text format 0.0.4
  /// (`Content-Type: text/plain; version=0.0.4; charset=utf-8`).
  package func render() async -> String {
    let collectors = state.withLock { $0.collectors.map(\.collect) }
    var families = families()
    for collector in collectors {
      for family in await collector() where families[family.name] == nil { families[family.name] = family }
    }
    var text = ""
    for name in families.keys.sorted() {
      if let family = families[name], !family.samples.isEmpty { MetricText.append(family, to: &text) }
    }
    return text
  }

  private func families() -> [String: MetricFamily] {
    let (families, descriptions, dropped) = state.withLock { ($0.families, $0.descriptions, $0.dropped) }
    var found: [String: MetricFamily] = [:]
    for (name, family) in families {
      let samples = family.series.sorted { $0.key < $1.key }.flatMap { Self.samples($0.key, $0.value) }
      found[name] = MetricFamily(name, family.kind, help: descriptions[name]?.help ?? "", samples: samples)
    }
    let own = "metrics_dropped_series_total"
    found[own] = MetricFamily(
      own, .counter, help: "Series that were not kept because there were too many.", samples: [.init(Double(dropped))])
    return found
  }

  private static func samples(_ labels: SeriesLabels, _ series: Series) -> [MetricFamily.Sample] {
    switch series {
    case .scalar(let scalar):
      return [.init(scalar.value, labels: labels.list)]
    case .histogram(let histogram):
      let counts = histogram.counts
      var total: UInt64 = 0
      var samples: [MetricFamily.Sample] = []
      for (count, bound) in zip(counts.buckets, histogram.bounds + [.infinity]) {
        total += count
        let bucket = labels.list + [(name: "le", value: MetricText.number(bound))]
        samples.append(.init(Double(total), labels: bucket, suffix: "_bucket"))
      }
      samples.append(.init(counts.sum, labels: labels.list, suffix: "_sum"))
      samples.append(.init(Double(total), labels: labels.list, suffix: "_count"))
      return samples
    }
  }

  // MARK: Series

  private func scalar(_ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind) -> ScalarSeries {
    let series = series(label, dimensions, kind) { _ in .scalar(ScalarSeries()) }
    if case .scalar(let scalar)? = series { return scalar }
    return ScalarSeries()
  }

  private func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
    let series = series(label, dimensions.filter { MetricText.label($0.0) != "le" }, .histogram) { description in
      .histogram(HistogramSeries(bounds: description?.buckets ?? Description.seconds))
    }
    if case .histogram(let histogram)? = series { return histogram }
    return HistogramSeries(bounds: [])
  }

  /// The series that is there, or a new one; `nil` when there is no room for it, or its name stands for another kind.
  private func series(
    _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
    make: (Description?) -> Series
  ) -> Series? {
    let name = MetricText.name(label)
    let labels = SeriesLabels(dimensions)
    return state.withLock { state in
      if let known = state.families[name]?.series[labels], state.families[name]?.kind == kind { return known }
      let isRoom = state.families[name].map { $0.kind == kind && $0.series.count < seriesPerName }
      guard isRoom ?? (state.families.count < names) else {
        state.dropped += 1
        return nil
      }
      let series = make(state.descriptions[name])
      state.families[name, default: Family(kind: kind)].series[labels] = series
      return series
    }
  }

  /// swift-metrics: a handler that is destroyed is not shown any more.
  private func remove(_ handler: AnyObject) {
    state.withLock { state in
      for (name, family) in state.families {
        for (labels, series) in family.series {
          let isIt =
            switch series {
            case .scalar(let scalar): scalar === handler
            case .histogram(let histogram): histogram === handler
            }
          if isIt { state.families[name]?.series[labels] = nil }
        }
      }
    }
  }
}

// MARK: MetricsFactory

extension MetricsRegistry {
  /// A counter.
  package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    scalar(label, dimensions, .counter)
  }

  /// A counter.
  package func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler { scalar(label, dimensions, .counter) }

  /// A gauge.
  package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    scalar(label, dimensions, .gauge)
  }

  /// A histogram, or a gauge when it does not aggregate.
  package func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler { aggregate ? histogram(label, dimensions) : scalar(label, dimensions, .gauge) }

  /// A histogram in seconds.
  package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    histogram(label, dimensions)
  }

  /// Shows it no more.
  package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

  /// Shows it no more.
  package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }

  /// Shows it no more.
  package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

  /// Shows it no more.
  package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

  /// Shows it no more.
  package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}
