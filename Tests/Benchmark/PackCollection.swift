import DurableFiles
import Foundation
import SystemPackage
import TestSupport

/// Every pack that a copy ever had, before housekeeping puts them together.
final class PackCollection {
  private let packs: FilePath
  private let place: FilePath
  private let files = RealFileSystem()
  private var seen: Set<String> = []

  /// - Parameter place: where the packs are kept, by hard links.
  init(of copy: String, in place: String) throws {
    packs = FilePath(copy).pushing("objects/pack")
    self.place = FilePath(place)
    try files.makeDirectories(self.place)
    try collect()
  }

  /// Takes what is new. To be called before each housekeeping.
  func collect() throws {
    for name in try files.entries(of: packs).map(\.name.string)
    where name.hasPrefix("pack-") && seen.insert(name).inserted {
      // What housekeeping made is seen, and not taken: its objects are here already.
      guard seen.count <= 2 || !isConsolidated(name) else { continue }
      try files.link(packs.appending(name), to: place.appending(name))
    }
  }

  /// Returns whether a pack is larger than that of an update: a commit, a tree and a blob take less than a kilobyte.
  private func isConsolidated(_ name: String) -> Bool {
    guard let stem = name.split(separator: ".").first else { return true }
    return (((try? files.status(of: packs.appending("\(stem).pack"))) ?? nil)?.size ?? .max) > 4_096
  }

  /// Makes a copy as it would be without any housekeeping.
  func makeUnkept(_ copy: String, at unkept: String) throws {
    try FileManager.default.copyItem(atPath: copy, toPath: unkept)
    let root = FilePath(unkept)
    for directory in ["objects/pack", "objects/info"] { try files.removeTree(root.pushing(FilePath(directory))) }
    for file in ["remora/replaced.json", "remora/housekeeping.json"] {
      try files.removeTree(root.pushing(FilePath(file)))
    }
    try FileManager.default.copyItem(atPath: place.string, toPath: "\(unkept)/objects/pack")
  }
}
