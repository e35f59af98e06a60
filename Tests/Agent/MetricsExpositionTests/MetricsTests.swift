import CoreMetrics
import Foundation
import TestSupport
import Testing

@testable import MetricsExposition

@Suite("Metrics")
struct MetricsTests {
  @Test("the whole text, in one order whatever was first")
  func text() async {
    let registry = MetricsRegistry(descriptions: [
      "remora_syncs_total": .init(help: "Syncs that ended,\nby \"result\" \\ kind."),
      "remora_fetch_seconds": .init(help: "", buckets: [0.1, 1]),
    ])
    Counter(label: "remora_syncs_total", dimensions: [("result", "ok"), ("kind", "b")], factory: registry).increment(
      by: 3)
    Counter(label: "remora_syncs_total", dimensions: [("kind", "a\"\\\n"), ("result", "ok")], factory: registry)
      .increment()
    Counter(label: "remora_syncs_total", dimensions: [("kind", "b"), ("result", "ok")], factory: registry).increment()
    FloatingPointCounter(label: "remora.cost", factory: registry).increment(by: 0.5)
    Meter(label: "remora_queue", factory: registry).set(7)
    Gauge(label: "remora_gauge", factory: registry).record(-1.25)
    let timer = Timer(label: "remora_fetch_seconds", dimensions: [("le", "x")], factory: registry)
    for milliseconds in [50, 100, 500, 5_000] { timer.recordMilliseconds(milliseconds) }
    registry.registerCollector {
      [
        MetricFamily(
          "a-b", .gauge, help: "Collected.", samples: [.init(.infinity), .init(.nan, labels: [("x.y", "1")])]),
        MetricFamily("remora_queue", .gauge, help: "Second.", samples: [.init(1)]),
        MetricFamily("nothing", .gauge, help: "Empty.", samples: []),
      ]
    }
    #expect(await registry.render() == Self.expected)
  }

  private static let expected = #"""
    # HELP a_b Collected.
    # TYPE a_b gauge
    a_b +Inf
    a_b{x_y="1"} NaN
    # HELP metrics_dropped_series_total Series that were not kept because there were too many.
    # TYPE metrics_dropped_series_total counter
    metrics_dropped_series_total 0
    # TYPE remora_cost counter
    remora_cost 0.5
    # TYPE remora_fetch_seconds histogram
    remora_fetch_seconds_bucket{le="0.1"} 2
    remora_fetch_seconds_bucket{le="1"} 3
    remora_fetch_seconds_bucket{le="+Inf"} 4
    remora_fetch_seconds_sum 5.65
    remora_fetch_seconds_count 4
    # TYPE remora_gauge gauge
    remora_gauge -1.25
    # TYPE remora_queue gauge
    remora_queue 7
    # HELP remora_syncs_total Syncs that ended,\nby "result" \\ kind.
    # TYPE remora_syncs_total counter
    remora_syncs_total{kind="a\"\\\n",result="ok"} 1
    remora_syncs_total{kind="b",result="ok"} 4

    """#

  @Test("beyond the bounds series are counted as dropped, and their handlers still work")
  func bounds() async {
    let registry = MetricsRegistry(seriesPerName: 2, names: 2)
    for number in 0..<5 {
      Counter(label: "a_total", dimensions: [("n", "\(number)")], factory: registry).increment()
    }
    Meter(label: "b", factory: registry).set(1)
    Meter(label: "c", factory: registry).set(1)
    Meter(label: "a_total", factory: registry).set(1)
    Recorder(label: "b", factory: registry).record(1)
    let lines = await registry.render().split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(
      lines == [#"a_total{n="0"} 1"#, #"a_total{n="1"} 1"#, "b 1", "metrics_dropped_series_total 6"])
  }

  @Test("a destroyed series is shown no more and leaves its place")
  func destroyed() async {
    let registry = MetricsRegistry(seriesPerName: 1)
    let meter = Meter(label: "a", dimensions: [("x", "1")], factory: registry)
    meter.set(1)
    #expect(await registry.render().contains(#"a{x="1"} 1"#))
    meter.destroy()
    #expect(await !registry.render().contains("a{"))
    Meter(label: "a", dimensions: [("x", "2")], factory: registry).set(2)
    #expect(await registry.render().contains(#"a{x="2"} 2"#))
  }

  @Test("many threads count what they count")
  func threads() async {
    let registry = MetricsRegistry()
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<1_000 {
            Counter(label: "a_total", factory: registry).increment()
            Recorder(label: "b", factory: registry).record(1)
          }
        }
      }
    }
    let text = await registry.render()
    #expect(text.contains("a_total 8000\n") && text.contains("b_count 8000\n") && text.contains("b_sum 8000\n"))
  }

  @Test(
    "numbers as Prometheus reads them",
    arguments: [(1.0, "1"), (-0.5, "-0.5"), (1e20, "1e+20"), (1e14, "100000000000000")])
  func numbers(value: Double, text: String) {
    #expect(MetricText.number(value) == text)
  }

  @Test(
    "names that Prometheus would refuse are corrected",
    arguments: [("a.b-c", "a_b_c"), ("9a", "_9a"), ("", "_"), ("a:b", "a:b")])
  func names(text: String, name: String) {
    #expect(MetricText.name(text) == name)
    #expect(MetricText.label("a:b") == "a_b")
  }

  @Test(
    "promtool accepts the text",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"), "needs promtool"))
  func promtool() async throws {
    let registry = MetricsRegistry(descriptions: [
      "remora_syncs_total": .init(help: "Syncs."), "remora_fetch_seconds": .init(help: "Fetches."),
    ])
    Counter(label: "remora_syncs_total", dimensions: [("kind", "a\"\\\n\u{1}é")], factory: registry).increment()
    Timer(label: "remora_fetch_seconds", dimensions: [("kind", "x")], factory: registry).recordSeconds(3)
    registry.registerCollector { [MetricFamily("remora_entries", .gauge, help: "Entries.", samples: [.init(1e300)])] }
    let text = await registry.render()
    let outcome = try await ChildProcess("promtool", ["check", "metrics"], input: .bytes(Array(text.utf8))).outcome()
    #expect(outcome.isSuccess && outcome.errorText == "", "\(outcome.errorText)")
  }
}
