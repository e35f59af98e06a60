package import DurableFiles
package import Mirroring
internal import SystemPackage

/// The packs that readers of a copy can use: those that have an index.
package struct PackInventory: Sendable {
  package struct Pack: Hashable, Sendable {
    /// `pack-HEX`, without an extension.
    package let name: String
    /// Of the pack and its index together.
    package let bytes: Int64
  }

  /// Sorted by name.
  package let packs: [Pack]

  /// - Throws: `FileError` when the directory of packs cannot be read.
  package init(_ layout: CopyLayout, through files: any FileSystemPort) throws {
    let names = try files.entries(of: layout.packs).map(\.name.string)
    let packed = Set(names.filter { $0.hasSuffix(".pack") }.map { $0.dropLast(5) })
    packs = try names.filter { $0.hasPrefix("pack-") && $0.hasSuffix(".idx") }.compactMap { index in
      let name = index.dropLast(4)
      // A pack that goes away between the two looks is one that readers cannot use either.
      guard packed.contains(name), let pack = try files.status(of: layout.packs.appending("\(name).pack")),
        let index = try files.status(of: layout.packs.appending(index))
      else { return nil }
      return Pack(name: String(name), bytes: pack.size + index.size)
    }
  }
}
