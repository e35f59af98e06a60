internal import DurableFiles
internal import GitValues
internal import Mirroring
internal import SystemPackage

/// The objects of a copy that lie in files of their own.
struct LooseObjects {
  struct Entry {
    let oid: ObjectID
    let path: FilePath
    let status: FileStatus
  }

  let entries: [Entry]

  /// Looks at all of them: 256 directories at most.
  init(_ layout: CopyLayout, through files: any FileSystemPort) throws {
    var entries: [Entry] = []
    for directory in try files.entries(of: layout.objects)
    where directory.kind == .directory && directory.nameBytes.count == 2 {
      let path = layout.objects.appending(directory.name)
      for file in try files.entries(of: path) where file.kind == .regular {
        guard let oid = ObjectID(hex: directory.nameBytes + file.nameBytes),
          let status = try files.status(of: path.appending(file.name))
        else { continue }
        entries.append(Entry(oid: oid, path: path.appending(file.name), status: status))
      }
    }
    self.entries = entries
  }

  var count: Int { entries.count }
  var oids: [ObjectID] { entries.map(\.oid) }
  var bytes: Int64 { entries.reduce(0) { $0 + $1.status.size } }

  /// Removes the files of objects that are elsewhere, or that nothing needs. Not waited for: one that comes back after a loss of
  /// power does no harm.
  func remove(through files: any FileSystemPort, where isNeedless: (ObjectID) -> Bool) throws {
    for entry in entries where isNeedless(entry.oid) {
      do {
        try files.unlink(entry.path)
      } catch {
        // Another process removed it first (git prune-packed).
        guard error.code == .noSuchFileOrDirectory else { throw error }
      }
    }
  }
}
