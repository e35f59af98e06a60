package import GitValues
internal import Glibc
package import SystemPackage

/// Which objects a pack holds, asked of its index file (version 2), which stays mapped: no memory per object.
///
/// Format: gitformat-pack(5), "Version 2 pack-*.idx files": magic, version, 256 counts by first byte, then the sorted oids.
package final class PackContents {
  private let mapping: UnsafeRawBufferPointer
  package let count: Int

  /// An empty pack.
  package init() {
    mapping = UnsafeRawBufferPointer(start: nil, count: 0)
    count = 0
  }

  /// Maps the index. The file may be renamed or unlinked afterwards, not changed; packs never are.
  package init(indexPath: FilePath) throws {
    let descriptor = try FileDescriptor.open(indexPath, .readOnly, options: .closeOnExec)
    mapping = try descriptor.closeAfter {
      let size = Int(try descriptor.seek(offset: 0, from: .end))
      let start = mmap(nil, max(size, 1), PROT_READ, MAP_PRIVATE, descriptor.rawValue, 0)
      guard let start, start != MAP_FAILED else { throw Errno(rawValue: errno) }
      return UnsafeRawBufferPointer(start: start, count: size)
    }
    var objects = -1
    if mapping.count >= Self.tableStart, mapping.starts(with: Self.magic) {
      objects = Self.word(mapping, Self.fanoutStart + 255 * 4)
    }
    guard objects >= 0, mapping.count >= Self.tableStart + objects * ObjectID.byteCount else {
      munmap(UnsafeMutableRawPointer(mutating: mapping.baseAddress), mapping.count)
      throw MirrorError(.packCorrupt, "read the index '\(indexPath)': not a version 2 pack index")
    }
    count = objects
  }

  deinit {
    if let start = mapping.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), mapping.count) }
  }

  package func contains(_ oid: ObjectID) -> Bool {
    guard count > 0 else { return false }
    return oid.withBytes { wanted in
      let first = Int(wanted[0])
      var low = first == 0 ? 0 : Self.word(mapping, Self.fanoutStart + (first - 1) * 4)
      var high = Self.word(mapping, Self.fanoutStart + first * 4)
      while low < high {
        let middle = (low + high) / 2
        let start = Self.tableStart + middle * ObjectID.byteCount
        let order = memcmp(mapping.baseAddress! + start, wanted.baseAddress!, ObjectID.byteCount)
        if order == 0 { return true }
        if order < 0 { low = middle + 1 } else { high = middle }
      }
      return false
    }
  }

  /// The object at a place of the sorted order, from 0.
  package subscript(_ place: Int) -> ObjectID {
    let start = Self.tableStart + place * ObjectID.byteCount
    return ObjectID(rawBytes: UnsafeRawBufferPointer(rebasing: mapping[start..<(start + ObjectID.byteCount)]))
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int {
    Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
  }

  private static let magic: [UInt8] = [0xFF, 0x74, 0x4F, 0x63, 0, 0, 0, 2]
  private static let fanoutStart = 8
  private static let tableStart = 8 + 256 * 4
}
