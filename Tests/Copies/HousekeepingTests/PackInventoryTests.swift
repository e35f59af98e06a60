import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

@testable import Housekeeping

@Suite struct PackInventoryTests {
  @Test("a pack without its index, or an index without its pack, is none")
  func halves() throws {
    let directory = try TemporaryDirectory("packs")
    let layout = CopyLayout(root: FilePath(directory.path))
    let packs = layout.packs.string
    try FileManager.default.createDirectory(atPath: packs, withIntermediateDirectories: true)
    for (name, bytes) in [
      ("pack-b.pack", 5), ("pack-b.idx", 3), ("pack-a.pack", 7), ("pack-c.idx", 2), ("tmp_pack_x", 9),
    ] {
      try Data(count: bytes).write(to: URL(filePath: "\(packs)/\(name)"))
    }
    let inventory = try PackInventory(layout, through: RealFileSystem())
    #expect(inventory.packs == [PackInventory.Pack(name: "pack-b", bytes: 8)])
  }
}
