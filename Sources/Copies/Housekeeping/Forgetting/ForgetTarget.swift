package import GitValues

/// What a copy is to forget.
package enum ForgetTarget: Hashable, Sendable {
  /// One object: a commit, a tag, a tree or a file's content.
  case object(ObjectID)
  /// All former values of a ref: a full name, or a short one such as `main`.
  case ref(String)

  /// 40 hexadecimal digits are an object, everything else is a ref.
  package init(_ text: String) {
    self = ObjectID(text).map(ForgetTarget.object) ?? .ref(text)
  }
}

extension ForgetTarget: CustomStringConvertible {
  package var description: String {
    switch self {
    case .object(let oid): oid.hex
    case .ref(let name): name
    }
  }
}

/// What came of it.
package struct ForgetOutcome: Sendable {
  /// Lines of the history that protected the objects.
  package var historyLines = 0
  /// Changes that were taken out of the journal.
  package var journalChanges = 0
  /// Objects that the copy had before and has no more.
  package var removedObjects = 0
  /// The remaining parts, each with the reason.
  package var remaining: [String] = []
  /// Copies in a trash beside this one that have the object.
  package var inTrash: [String] = []
}
