internal import AgentAPI
internal import Foundation

/// Lines over time, as SVG: numbers of ours and nothing else are in it.
enum TrendChart {
  private struct Line {
    let name: String
    let value: (TrendRow) -> Double?
  }

  private static let (width, height, left, bottom) = (600.0, 140.0, 52.0, 20.0)

  static func all(_ page: TrendPage, now: Date, isSecondary: Bool) -> [[String: Any]] {
    let samples = page.samples.compactMap { row in PageFrame.date(row.at).map { (at: $0, row: row) } }
    var charts: [[String: Any]] = []
    for hours in [1, 24] {
      let span = hours == 1 ? "the last hour" : "the last 24 hours"
      let begin = now.addingTimeInterval(Double(-3_600 * hours))
      let shown = samples.filter { $0.at >= begin && $0.at <= now }
      func add(_ title: String, _ unit: String, _ lines: [Line]) {
        charts.append(
          chart("\(title), \(span)", unit, lines, shown, from: begin, to: now, gap: Double(page.intervalSeconds) * 2.5))
      }
      if isSecondary {
        add(
          "Lag from event to verified", "s",
          [Line(name: "longest") { $0.lagMaxSeconds }, Line(name: "median") { $0.lagP50Seconds }])
      }
      add(
        isSecondary ? "Syncs a minute" : "Events a minute", "",
        [Line(name: isSecondary ? "syncs" : "events") { Double($0.changes) }])
      add("Waiting", "", [Line(name: "queue") { Double($0.queue) }])
    }
    return charts
  }

  private static func chart(
    _ title: String, _ unit: String, _ lines: [Line], _ samples: [(at: Date, row: TrendRow)], from begin: Date,
    to end: Date, gap: Double
  ) -> [String: Any] {
    let values = lines.map { line in samples.compactMap { sample in line.value(sample.row).map { (sample.at, $0) } } }
    let top = nice(values.joined().map(\.1).max() ?? 0)
    func x(_ date: Date) -> Double {
      left + (width - left) * date.timeIntervalSince(begin) / end.timeIntervalSince(begin)
    }
    func y(_ value: Double) -> Double { (height - bottom) * (1 - value / top) + 4 }
    var svg = ""
    for (index, line) in values.enumerated() {
      var points: [String] = []
      var last: Date?
      func close() {
        guard !points.isEmpty else { return }
        // A minute alone is a dot.
        if points.count == 1 { points.append(points[0]) }
        svg += "<polyline class=\"line\(index)\" points=\"\(points.joined(separator: " "))\"/>"
        points = []
      }
      for (at, value) in line {
        if let last, at.timeIntervalSince(last) > gap { close() }
        points.append("\(rounded(x(at))),\(rounded(y(value)))")
        last = at
      }
      close()
    }
    let newest = zip(lines, values).map { line, values in
      "\(line.name): \(values.last.map { number($0.1, unit) } ?? "none"), at most \(values.map(\.1).max().map { number($0, unit) } ?? "none")"
    }
    return [
      "title": title, "summary": newest.joined(separator: "; "), "svg": svg, "top": number(top, unit),
      "half": number(top / 2, unit), "middle": "\(rounded(y(top / 2)))", "base": "\(rounded(y(0)))",
      "width": "\(Int(width))", "height": "\(Int(height + 8))", "left": "\(Int(left))", "isEmpty": svg.isEmpty,
      "legend": lines.count > 1 ? lines.enumerated().map { ["name": $1.name, "index": "\($0)"] } : [],
    ]
  }

  /// The next 1, 2 or 5 with zeros.
  private static func nice(_ value: Double) -> Double {
    guard value > 0 else { return 1 }
    let power = pow(10, floor(log10(value)))
    return ([1, 2, 5, 10].first { $0 * power >= value } ?? 10) * power
  }

  private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  private static func number(_ value: Double, _ unit: String) -> String {
    if unit == "s" { return Plain.duration(value) }
    return value == value.rounded() ? "\(Int(min(value, 1e15)))" : "\(rounded(value))"
  }
}
