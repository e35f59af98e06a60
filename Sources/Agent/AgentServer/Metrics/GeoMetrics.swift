internal import AgentAPI
internal import MetricsExposition

/// The numbers of the node status as gauges: `geo_` and the field's name without its last `_count`, with the site's
/// name and URL (GitLab EE 18, `Geo::MetricsUpdateService`). A primary shows those of its secondaries, too, as Geo's
/// does.
enum GeoMetrics {
  /// Fields that are no counts but that Geo exports.
  private static let others: Set = [
    "last_event_id", "last_event_timestamp", "cursor_last_event_id", "cursor_last_event_timestamp",
    "last_successful_status_check_timestamp",
  ]

  static func families(of rows: [NodeStatusRow]) -> [MetricFamily] {
    var samples: [String: [MetricFamily.Sample]] = [:]
    for row in rows {
      let labels = [(name: "name", value: text(row["name"])), (name: "url", value: text(row["url"]))]
      for (field, value) in row.fields {
        guard case .count(let count) = value, field.hasSuffix("_count") || others.contains(field) else { continue }
        samples[field, default: []].append(.init(Double(count), labels: labels))
      }
    }
    return samples.map { field, samples in
      let name = field.hasSuffix("_count") ? String(field.dropLast("_count".count)) : field
      return MetricFamily(
        "geo_\(name)", name.hasSuffix("_total") ? .untyped : .gauge, help: help(of: name), samples: samples)
    }
  }

  private static func text(_ value: NodeStatusRow.Value?) -> String {
    if case .text(let text)? = value { text } else { "" }
  }

  private static func help(of name: String) -> String {
    "\(name.replacing("_", with: " ")), as GET \(AgentRoute.nodeStatus) says of a site."
  }
}
