/// One copy that is given another id.
public struct CopyMove: Hashable, Sendable {
  /// The id that it has.
  public var id: ReplicableID
  /// The id that it is given.
  public var newID: ReplicableID
  /// Which incarnation it is of.
  public var incarnation: Incarnation

  /// A move.
  public init(id: ReplicableID, newID: ReplicableID, incarnation: Incarnation) {
    self.id = id
    self.newID = newID
    self.incarnation = incarnation
  }

  /// The move as a line of a record: incarnation, id and new id with tabs between them, which no id has.
  package var line: String { "\(incarnation)\t\(id)\t\(newID)" }

  /// Reads what `line` wrote; `nil` for anything else.
  package init?(line: String) {
    let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let incarnation = Incarnation(parts[0]), let id = try? ReplicableID(parts[1]),
      let newID = try? ReplicableID(parts[2])  // no id: no line of ours
    else { return nil }
    self.init(id: id, newID: newID, incarnation: incarnation)
  }
}
