import DurableFiles
import Replication
import SystemPackage

/// Removes parts that are not continued: those of replicables that were renamed or excluded while a transfer was
/// broken off. (A sync removes or uses the parts of its own replicable, and so does a discard.)
struct LeftoverSweep {
  let place: BlobPlace

  /// Walks the whole root. What cannot be listed or removed is left for the next time.
  func run(before moment: Timestamp, isCancelled: () throws -> Void) throws {
    var open = [place.root]
    while let directory = open.popLast() {
      try isCancelled()
      // Unreadable, or removed meanwhile: there is nothing to sweep that could be reached.
      guard let entries = try? place.files.entries(of: directory) else { continue }
      for entry in entries {
        let path = directory.appending(entry.name)
        let name = entry.name.string
        if entry.kind == .directory {
          if !name.hasPrefix(BlobPlace.ownPrefix) { open.append(path) }
        } else if entry.kind == .regular, PartFile.isOne(name), let status = try? place.files.status(of: path),
          Timestamp(status.modified) < moment, Timestamp(status.changed) < moment
        {
          // Taken by another process meanwhile, or not ours to remove: as above.
          try? place.files.unlink(path)
        }
      }
    }
  }
}
