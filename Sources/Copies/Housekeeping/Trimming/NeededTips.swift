internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import Mirroring
internal import RefStore
internal import SystemPackage

/// The objects from which everything hangs that a copy must keep.
struct NeededTips {
  /// Refs, HEAD, and what the dropped log names and the copy has; each once.
  let present: [ObjectID]

  /// - Throws: when a ref cannot be read, for then what it needs is unknown.
  init(_ layout: CopyLayout, through files: any FileSystemPort, now: Date) throws {
    let view = try RefReader(repository: layout.root, files: files).view()
    guard view.broken.isEmpty else {
      throw MirrorError(
        .destinationDamaged, "housekeep '\(layout.root)': ref '\(view.broken[0].name)' cannot be read",
        hint: "let 'remora mirror' repair it first")
    }
    var seen: Set<ObjectID> = []
    var tips = view.refs.map(\.oid).filter { seen.insert($0).inserted }
    if case .detached(let oid) = view.head, seen.insert(oid).inserted { tips.append(oid) }
    let objects = try ObjectDatabase(objectsDirectory: layout.objects.pathText)
    let log = try files.contents(of: layout.droppedLog, limit: CopyLayout.maximumFileBytes) ?? []
    tips += DroppedLines(log, now: now).oids.filter { !$0.isZero && objects.contains($0) && seen.insert($0).inserted }
    present = tips
  }
}
