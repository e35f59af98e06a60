import Foundation
import GitValues
import TestSupport

/// What others do to a copy between two runs.
extension MirrorHarness {
  /// Turns every packed ref of the copy into a loose one, as an old tool might leave them.
  func unpackRefs() throws {
    let refs = try GitCommand().forEachRef(copyPath)
    try FileManager.default.removeItem(atPath: "\(copyPath)/packed-refs")
    for entry in refs { try plant("\(entry.oid)\n", at: entry.name.bytes) }
  }

  /// Writes a file below the copy; the name is bytes, for a ref may have any.
  func plant(_ text: String, at name: [UInt8]) throws {
    let path = Array("\(copyPath)/".utf8) + name
    for (position, byte) in path.enumerated() where byte == UInt8(ascii: "/") && position > copyPath.utf8.count {
      mkdir(path[..<position].map { CChar(bitPattern: $0) } + [0], 0o777)
    }
    let file = open(path.map { CChar(bitPattern: $0) } + [0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw TestSupportError("plant \(String(decoding: path, as: UTF8.self)): \(errno)") }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard write(file, bytes, bytes.count) == bytes.count else { throw TestSupportError("plant: \(errno)") }
  }

  /// Writes a file below the copy.
  func plant(_ text: String, at name: String) throws { try plant(text, at: Array(name.utf8)) }
}
