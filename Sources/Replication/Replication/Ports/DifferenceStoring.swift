/// One line in which a copy and its primary differ.
public struct Difference: Hashable, Sendable {
  /// The ref's name, `HEAD`, or `content` of a file.
  public var name: String
  /// The primary's value; `nil` when it has no such line.
  public var expected: String?
  /// The copy's value; `nil` when it has no such line.
  public var found: String?

  /// A difference.
  public init(name: String, expected: String?, found: String?) {
    self.name = name
    self.expected = expected
    self.found = found
  }
}

/// Keeps the refs that differed at the last mismatch, to be shown.
public protocol DifferenceStoring: Sendable {
  /// Replaces the stored differences of a replicable; an empty list removes them. At most the first thousand are kept.
  func record(_ differences: [Difference], of id: ReplicableID) async throws

  /// Returns the stored differences; empty when nothing differed.
  func differences(of id: ReplicableID) async throws -> [Difference]
}
