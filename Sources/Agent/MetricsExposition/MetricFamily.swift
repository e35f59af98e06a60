/// All series of one name, as they are at one moment.
package struct MetricFamily: Sendable {
  /// What a value means.
  package enum Kind: String, Sendable {
    /// It only grows.
    case counter
    /// It goes up and down.
    case gauge
    /// A gauge under the name of a counter, kept because other tools expect the name.
    case untyped
    /// Values by size. Not for collectors: the registry makes them itself.
    case histogram
  }

  /// One value.
  package struct Sample: Sendable {
    /// Name and value of each label.
    package let labels: [(name: String, value: String)]
    /// The value.
    package let value: Double
    /// `_bucket` and its like for a histogram.
    let suffix: String

    /// One value of a counter or gauge.
    package init(_ value: Double, labels: [(name: String, value: String)] = []) {
      self.init(value, labels: labels, suffix: "")
    }

    init(_ value: Double, labels: [(name: String, value: String)], suffix: String) {
      self.value = value
      self.labels = labels
      self.suffix = suffix
    }
  }

  /// The name.
  package let name: String
  /// What a value means.
  package let kind: Kind
  /// One line of help; empty for none.
  package let help: String
  /// Its series.
  package let samples: [Sample]

  /// A family that a collector gives.
  package init(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
    self.name = MetricText.name(name)
    self.kind = kind
    self.help = help
    self.samples = samples
  }
}

/// Prometheus' text format 0.0.4.
enum MetricText {
  /// Letters, digits, `_` and `:`, no digit first; everything else becomes `_`.
  static func name(_ text: String) -> String { sanitized(text, allowing: ":") }

  /// The same for a label, without `:`.
  static func label(_ text: String) -> String { sanitized(text, allowing: "_") }

  private static func sanitized(_ text: String, allowing extra: Unicode.Scalar) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(200) {
      let isDigit = ("0"..."9").contains(scalar)
      let isAllowed =
        isDigit || ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar == extra
      if isDigit, result.isEmpty { result = "_" }
      result.unicodeScalars.append(isAllowed ? scalar : "_")
    }
    return result.isEmpty ? "_" : result
  }

  /// Whole numbers without a point, as Prometheus writes them.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return value.description
  }

  static func append(_ family: MetricFamily, to text: inout String) {
    if !family.help.isEmpty { text += "# HELP \(family.name) \(escaped(family.help))\n" }
    text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
    for sample in family.samples {
      text += family.name + sample.suffix
      if !sample.labels.isEmpty {
        let labels = sample.labels.map { "\(label($0.name))=\"\(escaped($0.value, quotes: true))\"" }
        text += "{\(labels.joined(separator: ","))}"
      }
      text += " \(number(sample.value))\n"
    }
  }

  private static func escaped(_ text: String, quotes: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(1_000) {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
