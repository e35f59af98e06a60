/// One thing that an object check found wrong with a copy.
package struct CheckFinding: Hashable, Sendable {
  package enum Kind: String, Sendable {
    /// A pack, its index or a loose object is not what it was when it was written.
    case damaged
    /// Something that a ref or HEAD needs is not there.
    case missing
    /// A ref or HEAD cannot be read.
    case unreadable
    /// Something that only the history names is not there: no source brings it back.
    case history
    /// A file that git can derive again (multi-pack-index, bitmap, reverse index, commit-graph) is damaged.
    case derived
  }

  package let kind: Kind
  /// A path within the copy, a ref, or an oid.
  package let subject: String
  /// The problem, on one line.
  package let message: String
  /// Whether it was repaired: a derived file was removed.
  package var isRepaired = false

  /// Whether a fresh download puts it right.
  package var isRepairable: Bool { [.damaged, .missing, .unreadable].contains(kind) }
}

extension CheckFinding: CustomStringConvertible {
  /// One line: subject, problem, remedy.
  package var description: String {
    let hint =
      switch kind {
      case .damaged, .missing:
        "move the copy aside and mirror again; 'remora restore' still reads what is whole of the old one"
      case .unreadable: "'remora mirror' puts it right"
      case .history: "it cannot be restored any more; all that refs need is judged by itself"
      case .derived: isRepaired ? "it was removed, git makes it anew" : "remove it, git makes it anew"
      }
    return "\(subject): \(message); \(hint)"
  }
}
