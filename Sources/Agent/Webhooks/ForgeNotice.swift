/// What a delivery says of one repository.
package struct ForgeNotice: Hashable, Sendable {
  /// What happened.
  package enum Word: String, Sendable {
    /// Refs moved.
    case push
    /// Something about it changed, or it is new.
    case update
    /// The forge says that it is gone. The agent verifies that before it believes it.
    case destroy
  }

  /// One moved ref, where the forge names both its oids.
  package struct Move: Hashable, Sendable {
    package let ref: String
    /// Forty zeros for none.
    package let old: String
    package let new: String
  }

  package let word: Word
  /// Owner and name as the forge writes them: `group/subgroup/name`.
  package let fullName: String
  package var moves: [Move] = []

  package init(_ word: Word, _ fullName: String, moves: [Move] = []) {
    self.word = word
    self.fullName = fullName
    self.moves = moves
  }
}
