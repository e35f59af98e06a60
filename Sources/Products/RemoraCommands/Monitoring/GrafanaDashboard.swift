internal import Foundation

/// A dashboard for Grafana, to be imported; it asks which Prometheus.
struct GrafanaDashboard: Encodable {
  struct Panel: Encodable {
    struct Place: Encodable {
      let h, w, x, y: Int
    }

    struct Source: Encodable {
      let type = "prometheus"
      let uid = "${datasource}"
    }

    struct Target: Encodable {
      let refId: String
      let expr: String
      let legendFormat: String
    }

    struct Fields: Encodable {
      struct Defaults: Encodable {
        let unit: String
        let min = 0
      }

      let defaults: Defaults
      let overrides: [String] = []
    }

    let id: Int
    let type: String
    let title: String
    let description: String
    let gridPos: Place
    let datasource = Source()
    let fieldConfig: Fields
    let targets: [Target]
  }

  struct Templating: Encodable {
    struct Variable: Encodable {
      let name: String
      let type: String
      let query: String
      var datasource: Panel.Source?
      var includeAll = false
      var multi = false
    }

    let list: [Variable]
  }

  struct Span: Encodable {
    let from = "now-24h"
    let to = "now"
  }

  let title = "Remora"
  let uid = "remora"
  let tags = ["git", "remora"]
  let timezone = "browser"
  let refresh = "30s"
  let schemaVersion = 39
  let editable = true
  let time = Span()
  let templating = Templating(list: [
    .init(name: "datasource", type: "datasource", query: "prometheus"),
    .init(
      name: "instance", type: "query", query: "label_values(remora_up, instance)", datasource: .init(),
      includeAll: true, multi: true),
  ])
  let panels: [Panel]

  init() {
    panels = GrafanaPanels.all.enumerated().map { number, panel in
      Panel(
        id: number + 1, type: panel.isNumber ? "stat" : "timeseries", title: panel.title, description: panel.meaning,
        gridPos: .init(h: panel.isNumber ? 4 : 8, w: panel.isNumber ? 6 : 12, x: panel.column, y: panel.row),
        fieldConfig: .init(defaults: .init(unit: panel.unit)),
        targets: zip("ABCDEFGH", panel.queries).map {
          .init(refId: String($0), expr: $1.query, legendFormat: $1.legend)
        })
    }
  }

  /// The file.
  static func text() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(GrafanaDashboard()), as: UTF8.self) + "\n"
  }
}
