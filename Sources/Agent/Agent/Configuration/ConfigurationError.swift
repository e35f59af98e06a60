import TextBytes

/// All errors of a configuration.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One error.
  package struct Issue: Hashable, Sendable {
    /// Counted from 1; 0 when it has no place in the file.
    package let line: Int
    /// Counted from 1, in characters; 0 when it has no place in the file.
    package let column: Int
    /// The dotted key, or the name of a variable of the environment; empty for the file as a whole.
    package let key: String
    /// The error and the remedy.
    package let message: String
  }

  /// The file.
  package let file: String
  /// By their place in the file, those of the environment first.
  package let issues: [Issue]

  init(_ file: String, _ issues: [Issue]) {
    self.file = file
    self.issues = issues.sorted { ($0.line, $0.column, $0.key, $0.message) < ($1.line, $1.column, $1.key, $1.message) }
  }

  /// A line for each: `FILE:LINE:COLUMN: KEY: error; remedy`.
  package var description: String { issues.map(line).joined(separator: "\n") }

  /// The line of one of them.
  package func line(_ issue: Issue) -> String {
    let place = issue.line > 0 ? "\(file):\(issue.line):\(issue.column)" : file
    return ForeignText.withoutControls(
      ([place] + (issue.key.isEmpty ? [] : [issue.key]) + [issue.message]).joined(separator: ": "))
  }
}
