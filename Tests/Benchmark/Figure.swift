import Foundation

/// One measured figure, beside that of a reference where there is one.
struct Figure {
  enum Unit: String, Codable {
    case seconds, milliseconds, objects, packs, megabytes, bytes, percent
    case perSecond = "per_second"
    case perMinute = "per_minute"
  }

  /// What a figure should be.
  enum Goal {
    /// Largest wanted `ours / reference`.
    case ratio(Double)
    /// Largest wanted figure.
    case atMost(Double)
    /// Smallest wanted figure.
    case atLeast(Double)
  }

  var unit = Unit.seconds
  /// What of the case was measured, where it has several figures.
  var detail = ""
  let ours: Double
  /// `nil` where nothing else does the same.
  var reference: Double?
  /// `nil` where there is none.
  let goal: Goal?

  var ratio: Double? { reference.map { $0 > 0 ? ours / $0 : .infinity } }

  var meetsGoal: Bool? {
    switch goal {
    case .ratio(let limit): ratio.map { $0 <= limit }
    case .atMost(let limit): ours <= limit
    case .atLeast(let limit): ours >= limit
    case nil: nil
    }
  }

  static let heading = Figure.columns(["case", "ours", "reference", "ratio", "goal", ""])

  func line(named name: String) -> String {
    let limit =
      switch goal {
      case .ratio(let limit): String(format: "≤ %.2f", limit)
      case .atMost(let limit): "≤ \(shown(limit))"
      case .atLeast(let limit): "≥ \(shown(limit))"
      case nil: "-"
      }
    return Figure.columns([
      Self.label(name, detail), shown(ours), reference.map(shown) ?? "-",
      ratio.map { String(format: "%.2f", $0) } ?? "-",
      limit, meetsGoal.map { $0 ? "met" : "missed" } ?? "",
    ])
  }

  func json(named name: String) throws -> String {
    struct Line: Encodable {
      let `case`, unit: String
      let ours: Double
      let reference, ratio, goal: Double?
      let met: Bool?
    }
    let limit: Double? =
      switch goal {
      case .ratio(let limit), .atMost(let limit), .atLeast(let limit): limit
      case nil: nil
      }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Line(
      case: Self.label(name, detail), unit: unit.rawValue, ours: ours, reference: reference, ratio: ratio, goal: limit,
      met: meetsGoal)
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }

  private func shown(_ value: Double) -> String {
    switch unit {
    case .seconds: String(format: "%.3f s", value)
    case .milliseconds: String(format: "%.1f ms", value)
    case .objects: String(format: "%.0f obj", value)
    case .packs: String(format: "%.0f packs", value)
    case .megabytes: String(format: "%.0f MB", value)
    case .bytes: String(format: "%.0f B", value)
    case .perSecond: String(format: "%.0f /s", value)
    case .perMinute: String(format: "%.0f /min", value)
    case .percent: String(format: "%.2f %%", value)
    }
  }

  private static func label(_ name: String, _ detail: String) -> String { detail.isEmpty ? name : "\(name)/\(detail)" }

  private static func columns(_ cells: [String]) -> String {
    zip(cells, [36, 12, 12, 8, 12, 6]).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
      .joined(separator: " ").replacing(/\ +$/, with: "")
  }
}
