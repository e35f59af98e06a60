import TextBytes

/// Numbers and texts for display.
enum Plain {
  /// Text of others: what does not show, or turns the direction of what does, is made visible. Escaping is the templates' part.
  static func text(_ text: String) -> String {
    ForeignText.numbered(text)
  }

  /// All texts of a screen. What a form sends back stays as it is: its names begin with `raw`.
  static func values(_ values: [String: Any]) -> [String: Any] {
    // To a template an empty text is something; to its reader it is nothing.
    Dictionary(
      uniqueKeysWithValues: values.filter { $0.value as? String != "" }.map { name, value in
        (name, name.hasPrefix("raw") ? value : plain(value))
      })
  }

  private static func plain(_ value: Any) -> Any {
    switch value {
    case let text as String: self.text(text)
    case let object as [String: Any]: values(object)
    case let list as [[String: Any]]: list.map(values)
    default: value
    }
  }

  /// `4 s`, `3 min`, `2 h`, `5 d`.
  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.9995: "\(Int((seconds * 1_000).rounded())) ms"
    case ..<10: "\((seconds * 10).rounded() / 10) s"
    case ..<120: "\(Int(seconds)) s"
    case ..<7_200: "\(Int(seconds / 60)) min"
    case ..<172_800: "\(Int(seconds / 3_600)) h"
    default: "\(Int(min(seconds, 1e12) / 86_400)) d"
    }
  }

  /// In tenths of a percent; less than all is never shown as all.
  static func percentage(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "–" }
    let tenths = part * 1_000 / whole
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}
