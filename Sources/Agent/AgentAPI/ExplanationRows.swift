/// Why one replicable is as it is, and what happens next.
package struct ExplanationRow: Codable, Hashable, Sendable {
  /// The kind.
  package var replicableName: String
  /// The id.
  package var id: String
  /// One word or two: `in sync`, `out of date`, `failing`, `not tracked` …
  package var summary: String
  /// The facts and their causes, a sentence each.
  package var facts: [String]
  /// What happens next, and when.
  package var next: String
  /// The entry, on a secondary.
  package var entry: RegistryRow?
  /// The state, on a primary.
  package var state: PrimaryStateRow?
  /// The refs that differed at the last mismatch.
  package var differences: [DifferenceRow]

  /// An explanation; the rest is set by name.
  package init(replicableName: String, id: String, summary: String) {
    self.replicableName = replicableName
    self.id = id
    self.summary = summary
    facts = []
    next = ""
    differences = []
  }
}

/// One ref in which a copy and its primary differ.
package struct DifferenceRow: Codable, Hashable, Sendable {
  /// The ref, `HEAD`, or `content` of a file.
  package var name: String
  /// The primary's value.
  package var expected: String?
  /// The copy's value.
  package var found: String?

  /// A row.
  package init(name: String, expected: String?, found: String?) {
    self.name = name
    self.expected = expected
    self.found = found
  }
}
