internal import DurableFiles
package import Foundation
package import GitValues
internal import RefStore

/// One change of a copy's refs and HEAD, as the journal keeps it.
package struct RefJournalEntry: Hashable, Sendable {
  /// Unique in the journal: the time in milliseconds and a random part.
  package var id: String
  package var time: Date
  /// Where the new values came from, without user info.
  package var source: String
  /// What the file `HEAD` said, and what it must say: `nil` when HEAD stays or did not exist.
  var oldHead: HeadLine?
  var newHead: HeadLine?
  /// SHA-256 of the `packed-refs` file that the change publishes: a later run detects by it whether the change
  /// happened.
  package var packedRefsDigest: String
  /// SHA-256 of the `packed-refs` that folds strays in before the change; `nil` when there was none to fold.
  package var foldedDigest: String?
  package var changes: [RefChange]
  /// A run died before the change took effect and a later one saw that it had not.
  package var isAbandoned = false

  init(
    id: String, time: Date, source: String, oldHead: HeadLine?, newHead: HeadLine?, packedRefsDigest: String,
    foldedDigest: String? = nil, changes: [RefChange]
  ) {
    self.id = id
    self.time = time
    self.source = source
    self.oldHead = oldHead
    self.newHead = newHead
    self.packedRefsDigest = packedRefsDigest
    self.foldedDigest = foldedDigest
    self.changes = changes
  }

  /// A new entry's id: sorts by time, and two runs in one millisecond differ.
  static func newID(at time: Date) -> String {
    let random = String(UInt32.random(in: .min ... .max), radix: 16)
    return "\(Int(time.timeIntervalSince1970 * 1_000))-\(random)"
  }
}

extension RefJournalEntry {
  /// Whether this entry, the newest of its journal, changed the refs of the copy; it may still have to change HEAD.
  ///
  /// `packed-refs` with the announced content proves it, with one exception: stray loose refs that override a
  /// `packed-refs` which already had the announced content. Until they are folded, a ref still has its old value.
  func tookEffect(in layout: CopyLayout, through files: any FileSystemPort) throws -> Bool {
    let packed = try files.contents(of: layout.packedRefs, limit: CopyLayout.maximumFileBytes) ?? []
    guard RefTransaction.digest(packed) == packedRefsDigest else { return false }
    guard foldedDigest != nil, try LooseRefs.exist(repository: layout.root, through: files) else { return true }
    let refs = try RefReader(repository: layout.root, files: files).view().refs
    let entry = try RefJournal(layout, through: files).entries().entries.last { $0.id == id }
    return !(entry?.changes ?? []).contains { refs.oid(of: $0.name) == $0.old }
  }
}

/// One ref before and after: `nil` means that it did not, or does not any more, exist.
package struct RefChange: Hashable, Sendable {
  package let name: ReferenceName
  package let old: ObjectID?
  package let new: ObjectID?

  package init(name: ReferenceName, old: ObjectID?, new: ObjectID?) {
    self.name = name
    self.old = old
    self.new = new
  }
}
