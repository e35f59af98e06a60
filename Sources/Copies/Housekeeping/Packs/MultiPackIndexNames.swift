internal import DurableFiles
internal import Mirroring
internal import SystemPackage

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
