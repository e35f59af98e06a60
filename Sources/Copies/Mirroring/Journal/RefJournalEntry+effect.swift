internal import DurableFiles
internal import GitValues
internal import RefStore

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
