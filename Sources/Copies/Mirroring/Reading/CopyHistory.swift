package import DurableFiles
package import Foundation
package import GitValues
package import SystemPackage

/// What happened to the refs of a copy, from its ref journal. Writes nothing.
package struct CopyHistory: Sendable {
  /// One change of one ref, or of HEAD.
  package struct Change: Hashable, Sendable {
    package let time: Date
    package let source: String
    package let name: ReferenceName
    /// An oid, or for HEAD what the file said; `nil` where the ref did not exist.
    package let old: String?
    package let new: String?
  }

  /// Oldest first.
  package let changes: [Change]
  /// Lines of the journal that could not be read. What they said is lost; what they announced is not.
  package let damagedLines: Int

  /// Reads the journal of a copy.
  ///
  /// - Parameter name: only this ref; also a short name such as `main`, which means `refs/heads/main` or `refs/tags/main`.
  package static func read(
    _ copy: FilePath, of name: String? = nil, since: Date? = nil, through files: any FileSystemPort = RealFileSystem()
  ) throws(MirrorError) -> CopyHistory {
    do {
      let layout = CopyLayout(root: copy)
      guard try files.status(of: layout.own) != nil else {
        throw MirrorError(
          .destinationNotACopy, "read the history of '\(copy)': it is no copy of remora's",
          hint: "name a directory that 'remora mirror' made")
      }
      let journal = RefJournal(layout, through: files)
      let (entries, damaged) = try journal.entries()
      let limbo = try abandonedByCrash(journal, layout, files)
      let wanted = name.map(Self.names)
      let changes = entries.filter { entry in
        !entry.isAbandoned && entry.id != limbo && (since.map { entry.time >= $0 } ?? true)
      }.flatMap(Self.changes).filter { wanted?.contains($0.name) ?? true }
      return CopyHistory(changes: changes, damagedLines: damaged)
    } catch {
      throw MirrorError(error, "read the history of", copy.string)
    }
  }

  /// The newest entry, if a run died before its change took effect and no later run has said so yet.
  static func abandonedByCrash(_ journal: RefJournal, _ layout: CopyLayout, _ files: any FileSystemPort) throws
    -> String?
  {
    guard let undecided = try journal.undecided() else { return nil }
    return try undecided.tookEffect(in: layout, through: files) ? nil : undecided.id
  }

  /// The refs that a short or full name may mean.
  package static func names(_ name: String) -> Set<ReferenceName> {
    name == "HEAD" || name.hasPrefix("refs/")
      ? [ReferenceName(name)]
      : [ReferenceName("refs/heads/\(name)"), ReferenceName("refs/tags/\(name)"), ReferenceName("refs/\(name)")]
  }

  private static func changes(_ entry: RefJournalEntry) -> [Change] {
    var changes = entry.changes.map {
      Change(time: entry.time, source: entry.source, name: $0.name, old: $0.old?.hex, new: $0.new?.hex)
    }
    if let head = entry.newHead {
      changes.append(
        Change(time: entry.time, source: entry.source, name: .head, old: entry.oldHead?.text, new: head.text))
    }
    return changes
  }
}
