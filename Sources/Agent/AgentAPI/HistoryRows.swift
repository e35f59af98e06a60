/// What happened to the refs of a copy.
package struct HistoryPage: Codable, Hashable, Sendable {
  /// The newest first.
  package var changes: [HistoryRow]
  /// Lines of the journal that are damaged and were left out.
  package var damagedLines: Int
  /// There are older ones.
  package var hasMore: Bool
  /// Where the copy is, for `remora restore`.
  package var path: String

  /// A page.
  package init(changes: [HistoryRow], damagedLines: Int, hasMore: Bool, path: String) {
    self.changes = changes
    self.damagedLines = damagedLines
    self.hasMore = hasMore
    self.path = path
  }
}

/// One change of one ref. What it was before can be restored as long as the copy keeps it.
package struct HistoryRow: Codable, Hashable, Sendable {
  /// When. RFC 3339, UTC.
  package var at: String
  /// The ref's full name, or `HEAD`.
  package var ref: String
  /// The oid before; `nil` where there was none.
  package var old: String?
  /// The oid after; `nil` where there is none.
  package var new: String?

  /// A change.
  package init(at: String, ref: String, old: String?, new: String?) {
    self.at = at
    self.ref = ref
    self.old = old
    self.new = new
  }
}
