internal import ChildProcess
internal import DurableFiles
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

extension HousekeepingWork {
  /// Describes the packs that stay in a new multi-pack-index, and takes the old one away where that fails: from then on
  /// no reader is led to a pack that it does not name.
  ///
  /// - Parameter isTrimmed: whether objects go for good; then a commit-graph that may name them must not stay either.
  func describe(_ packs: Set<String>, preferring preferred: String?, isTrimmed: Bool = false) throws {
    enter(.describing)
    var hasIndex = false
    var hasGraph = false
    do {
      let aids = try layOut(packs, preferred)
      if let complaint = try packer.describe(aids) { warn("not_described", complaint) }
      hasIndex = try publishIndex(aids)
      hasGraph = try publishGraph(aids)
    } catch let error as FileError where error.code == .noSpace {
      warn("not_described", "\(error)")
    } catch ChildFailure.runTimedOut {
      // The packs are together already: to note that is what the rest of the time is for.
      warn("not_described", "no multi-pack-index or commit-graph was written: there was no time left")
    }
    try cancellation.check()
    if !hasIndex { try removeAid(layout.multiPackIndex) }
    guard isTrimmed else { return }
    if !hasGraph { try removeAid(layout.commitGraph) }
    // Of an operator's `git commit-graph write --split`; ours stands before it.
    try files.removeTree(layout.commitGraph.removingLastComponent().appending("commit-graphs"))
  }

  /// Under a name of its own: a git that outlived a housekeeping that was killed may still be writing under another.
  private func layOut(_ packs: Set<String>, _ preferred: String?) throws -> DescribedPacks {
    let loose = try LooseObjects(layout, through: files)
    let aids = DescribedPacks(
      root: layout.staging.appending("aids-\(UInt64.random(in: .min ... .max))"), packs: packs.sorted(),
      preferred: preferred,
      hasLooseObjects: loose.count > 0)
    for directory in [aids.root, aids.packDirectory, aids.infoDirectory] {
      try files.makeDirectory(directory, permissions: .ownerReadWriteExecute)
    }
    for name in aids.packs {
      for file in ["\(name).pack", "\(name).idx"] {
        try files.link(layout.packs.appending(file), to: aids.packDirectory.appending(file))
      }
    }
    return aids
  }

  /// The bitmap first: its name is of the index that it belongs to, so until that is there it is not read.
  private func publishIndex(_ aids: DescribedPacks) throws -> Bool {
    guard let bytes = try files.contents(of: aids.multiPackIndex, limit: CopyLayout.maximumFileBytes),
      MultiPackIndexNames.parse(bytes)?.names == Set(aids.packs)
    else { return false }
    let companions = try files.entries(of: aids.packDirectory).map(\.name).filter(Self.isCompanion)
    for name in companions {
      let staged = aids.packDirectory.appending(name)
      try files.synchronizeFile(staged)
      if try files.status(of: layout.packs.appending(name)) == nil {
        try files.link(staged, to: layout.packs.appending(name))
      }
    }
    try files.synchronizeFile(aids.multiPackIndex)
    try files.rename(aids.multiPackIndex, to: layout.multiPackIndex)
    try files.synchronizeDirectory(layout.packs)
    for name in try files.entries(of: layout.packs).map(\.name)
    where Self.isCompanion(name) && !companions.contains(name) {
      try files.unlink(layout.packs.appending(name))
    }
    return true
  }

  /// `multi-pack-index-HEX.bitmap` and the like.
  private static func isCompanion(_ name: FilePath.Component) -> Bool { name.string.hasPrefix("multi-pack-index-") }

  private func publishGraph(_ aids: DescribedPacks) throws -> Bool {
    guard try files.status(of: aids.commitGraph) != nil else { return false }
    let directory = layout.commitGraph.removingLastComponent()
    if try !files.makeDirectories(directory).isEmpty { try files.synchronizeDirectory(layout.objects) }
    try files.synchronizeFile(aids.commitGraph)
    try files.rename(aids.commitGraph, to: layout.commitGraph)
    try files.synchronizeDirectory(directory)
    return true
  }

  /// Removes an auxiliary file that could be stale.
  func removeAid(_ path: FilePath) throws {
    guard try files.status(of: path) != nil else { return }
    try files.unlink(path)
    try files.synchronizeDirectory(path.removingLastComponent())
  }
}

/// An objects directory in staging that represents the copy's with only the packs that stay. Programs that write
/// indexes over packs run there, so their locks and temporary files are removed with staging, and only finished files
/// are moved into the copy.
struct DescribedPacks {
  let root: FilePath
  /// Names of packs, `pack-HEX`, which lie below by hard links.
  let packs: [String]
  /// Which of two packs with the same object is read for it.
  let preferred: String?
  /// Whether some objects lie in no pack.
  let hasLooseObjects: Bool

  var packDirectory: FilePath { root.appending("pack") }
  var infoDirectory: FilePath { root.appending("info") }
  var multiPackIndex: FilePath { packDirectory.appending("multi-pack-index") }
  var commitGraph: FilePath { infoDirectory.appending("commit-graph") }
}

/// The packs that a multi-pack-index names: only these may readers be led to by it.
///
/// Format: gitformat-pack(5), "multi-pack-index (MIDX) files": `MIDX`, version, oid version, number of chunks, of base
/// files and (4 bytes) of packs; then the table of chunks, 12 bytes each (id and offset), of which `PNAM` holds the
/// names, each ended by a zero.
struct MultiPackIndexNames {
  /// `pack-HEX`.
  let names: Set<String>

  /// - Returns: `nil` when the file is there but cannot be understood.
  static func read(_ layout: CopyLayout, through files: any FileSystemPort) throws -> MultiPackIndexNames? {
    guard let bytes = try files.contents(of: layout.multiPackIndex, limit: CopyLayout.maximumFileBytes) else {
      return MultiPackIndexNames(names: [])
    }
    return parse(bytes)
  }

  static func parse(_ bytes: [UInt8]) -> MultiPackIndexNames? {
    guard bytes.count > 12, bytes.starts(with: "MIDX".utf8), bytes[4] == 1 else { return nil }
    let chunks = Int(bytes[6])
    guard bytes.count >= 12 + (chunks + 1) * 12 else { return nil }
    for chunk in 0..<chunks {
      let entry = 12 + chunk * 12
      guard bytes[entry..<(entry + 4)].elementsEqual("PNAM".utf8) else { continue }
      guard let start = number(bytes, entry + 4), let end = number(bytes, entry + 16), start <= end, end <= bytes.count
      else { return nil }
      let names = bytes[start..<end].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      return MultiPackIndexNames(names: Set(names.map { $0.hasSuffix(".idx") ? String($0.dropLast(4)) : $0 }))
    }
    return nil
  }

  /// Eight bytes, the most significant first; `nil` for an invalid file offset.
  private static func number(_ bytes: [UInt8], _ place: Int) -> Int? {
    let value = bytes[place..<(place + 8)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }
}
