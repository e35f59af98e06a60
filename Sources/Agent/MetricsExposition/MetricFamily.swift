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
