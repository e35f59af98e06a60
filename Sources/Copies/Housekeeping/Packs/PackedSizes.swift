internal import DurableFiles
internal import Mirroring
internal import SystemPackage

/// How many bytes of a pack each of its objects takes, in the order of its index.
///
/// From the offsets in the index: an object reaches to where the next one begins. Format: gitformat-pack(5), "Version 2
/// pack-*.idx files": after the oids a checksum of 4 bytes each, an offset of 4 bytes each, and 8 bytes for those that
/// need them.
struct PackedSizes {
  let bytes: [Int64]

  /// - Throws: when the index is shorter than `count` objects need.
  init(index: FilePath, packBytes: Int64, count: Int, through files: any FileSystemPort) throws {
    let content = try files.contents(of: index, limit: CopyLayout.maximumFileBytes) ?? []
    let offsetsStart = 8 + 256 * 4 + count * (20 + 4)
    let largeStart = offsetsStart + count * 4
    let offsets = content.withUnsafeBytes { content -> [Int64]? in
      guard content.count >= largeStart else { return nil }
      var offsets: [Int64] = []
      offsets.reserveCapacity(count)
      for place in 0..<count {
        let word = UInt32(bigEndian: content.loadUnaligned(fromByteOffset: offsetsStart + place * 4, as: UInt32.self))
        guard word & 1 << 31 != 0 else {
          offsets.append(Int64(word))
          continue
        }
        let start = largeStart + Int(word & ~(1 << 31)) * 8
        guard content.count >= start + 8 else { return nil }
        let large = UInt64(bigEndian: content.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        offsets.append(Int64(clamping: large))
      }
      return offsets
    }
    guard let offsets else {
      throw MirrorError(.destinationDamaged, "read the index '\(index)': it is too short", hint: "look with 'git fsck'")
    }
    var sizes = [Int64](repeating: 0, count: count)
    var end = packBytes - Self.trailerBytes
    for place in offsets.indices.sorted(by: { offsets[$0] > offsets[$1] }) {
      sizes[place] = max(0, end - offsets[place])
      end = offsets[place]
    }
    bytes = sizes
  }

  /// The pack's checksum at its end.
  private static let trailerBytes: Int64 = 20
}
