import Foundation

/// One measured comparison.
struct Figure {
  enum Unit: String, Codable { case seconds, objects, megabytes }

  var unit = Unit.seconds
  /// What of the case was measured, where it has several figures.
  var detail = ""
  let ours: Double
  let reference: Double
  /// Largest wanted `ours / reference`, or for megabytes largest wanted `ours`; nil where there is none.
  let goal: Double?

  var ratio: Double { reference > 0 ? ours / reference : .infinity }
  var meetsGoal: Bool? { goal.map { (unit == .megabytes ? ours : ratio) <= $0 } }

  static let heading = Figure.columns(["case", "ours", "git", "ratio", "goal", ""])

  func line(named name: String) -> String {
    let limit = goal.map { unit == .megabytes ? "≤ \(Int($0)) MB" : String(format: "≤ %.2f", $0) } ?? "-"
    return Figure.columns([
      Self.label(name, detail), shown(ours), shown(reference), String(format: "%.2f", ratio), limit,
      meetsGoal.map { $0 ? "met" : "missed" } ?? "",
    ])
  }

  func json(named name: String) throws -> String {
    struct Line: Encodable {
      let `case`, unit: String
      let ours, reference, ratio: Double
      let goal: Double?
      let met: Bool?
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let line = Line(
      case: Self.label(name, detail), unit: unit.rawValue, ours: ours, reference: reference, ratio: ratio, goal: goal,
      met: meetsGoal)
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }

  private func shown(_ value: Double) -> String {
    switch unit {
    case .seconds: String(format: "%.3f s", value)
    case .objects: String(format: "%.0f obj", value)
    case .megabytes: String(format: "%.0f MB", value)
    }
  }

  private static func label(_ name: String, _ detail: String) -> String { detail.isEmpty ? name : "\(name)/\(detail)" }

  private static func columns(_ cells: [String]) -> String {
    zip(cells, [36, 12, 12, 8, 10, 6]).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
      .joined(separator: " ").replacing(/\ +$/, with: "")
  }
}
