internal import Mirroring
internal import Replication
package import SystemPackage

/// What happened to the refs of a copy, in texts.
package struct RefHistory: Sendable {
  /// One change of one ref, or of HEAD.
  package struct Change: Hashable, Sendable {
    /// When. RFC 3339, UTC.
    package let at: String
    /// The ref's full name, or `HEAD`.
    package let ref: String
    /// The oid before, for HEAD what the file said; `nil` where the ref did not exist.
    package let old: String?
    /// The same after.
    package let new: String?
  }

  /// The newest first, as many as were asked for.
  package let changes: [Change]
  /// Lines of the journal that could not be read.
  package let damagedLines: Int
  /// Whether there are older ones.
  package let hasMore: Bool

  /// Reads the journal of a copy. Blocks on the disk.
  ///
  /// - Returns: `nil` where no run has made a copy yet.
  /// - Throws: `MirrorError` for a journal that cannot be read.
  package init?(of copy: FilePath, limit: Int) throws {
    let history: CopyHistory
    do throws(MirrorError) {
      history = try CopyHistory.read(copy)
    } catch {
      guard error.code == .destinationNotACopy else { throw error }
      return nil
    }
    changes = history.changes.suffix(limit).reversed().map { change in
      Change(at: RefJournalTime.text(change.time), ref: "\(change.name)", old: change.old, new: change.new)
    }
    damagedLines = history.damagedLines
    hasMore = history.changes.count > limit
  }
}
