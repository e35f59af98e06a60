package import DurableFiles
internal import Foundation
internal import GitValues
package import Mirroring
internal import SystemPackage

/// The packs that readers of a copy can use: those that have an index.
package struct PackInventory: Sendable {
  package struct Pack: Hashable, Sendable {
    /// `pack-HEX`, without an extension.
    package let name: String
    /// Of the pack and its index together.
    package let bytes: Int64
    /// It is to stay as it is: it has a file `.keep`, or one of those by which git marks packs of a special kind.
    package var isKept = false
  }

  /// Sorted by name.
  package let packs: [Pack]

  /// - Throws: `FileError` when the directory of packs cannot be read.
  package init(_ layout: CopyLayout, through files: any FileSystemPort) throws {
    let names = try files.entries(of: layout.packs).map(\.name.string)
    let all = Set(names)
    packs = try names.filter { $0.hasPrefix("pack-") && $0.hasSuffix(".idx") }.compactMap { index in
      let name = String(index.dropLast(4))
      // A pack that goes away between the two looks is one that readers cannot use either.
      guard all.contains(name + ".pack"), let pack = try files.status(of: layout.packs.appending("\(name).pack")),
        let index = try files.status(of: layout.packs.appending(index))
      else { return nil }
      return Pack(
        name: name, bytes: pack.size + index.size,
        isKept: Self.marks.contains { all.contains(name + $0) })
    }
  }

  /// gitformat-pack(5), git-gc(1): kept by hand, of a partial clone, of unreachable objects.
  static let marks = [".keep", ".promisor", ".mtimes"]

  /// Of all of them together.
  var bytes: Int64 { packs.reduce(0) { $0 + $1.bytes } }

  /// The packs that nothing replaces.
  func without(_ record: ReplacedPacks) -> [Pack] {
    let replaced = record.names
    return packs.filter { !replaced.contains($0.name) }
  }

  /// The most packs that a copy may have before a mirror run looks after them.
  package static let comfortable = 50

  /// Returns the work for a copy with too many packs: to combine the packs in use, to remove packs past their grace
  /// period, or nothing. Reads one directory listing, and another small file where there are many.
  static func need(
    of layout: CopyLayout, at now: Date, grace: Duration, through files: any FileSystemPort
  ) throws -> HousekeepingSettings.Scope? {
    let count = try files.entries(of: layout.packs).count { $0.name.extension == "idx" }
    guard count > comfortable else { return nil }
    let record = try ReplacedPacks.load(layout, through: files)
    if try PackInventory(layout, through: files).without(record).count > comfortable { return .packs }
    return record.packs.contains { $0.isDue(at: now, grace: grace) } ? .removal : nil
  }

  /// How many packs readers read from: all but replaced ones.
  package static func usedCount(_ layout: CopyLayout, through files: any FileSystemPort) throws -> Int {
    try PackInventory(layout, through: files).without(ReplacedPacks.load(layout, through: files)).count
  }
}

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
