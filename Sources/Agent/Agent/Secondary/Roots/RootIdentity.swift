internal import DurableFiles
internal import Foundation
internal import SystemPackage

/// What a root of copies is recognised by: a file with a random id in the root (`.remora-root`), and the same id in the state
/// (`roots.json`). A directory that has another id or none is not where this site's copies are: its disk is not mounted.
struct RootIdentity: Sendable {
  private struct Stored: Codable {
    var format = 1
    var id: String
  }

  /// The root of one kind.
  let root: FilePath
  /// The kind's name, the key in `roots.json`.
  let kind: String
  /// `roots.json`.
  let record: FilePath
  let files: any FileSystemPort

  var file: FilePath { root.appending(".remora-root") }
  /// An operator makes this file to say that the root is the right one as it is.
  var acceptance: FilePath { root.appending(".remora-accept") }

  /// The id that the state knows; `nil` before the first.
  func recorded() throws -> String? { try records()[kind] }

  /// The id that the root carries; `nil` where it has none, or none that can be read.
  func carried() throws -> String? {
    guard let bytes = try files.contents(of: file, limit: 1 << 12) else { return nil }
    // Damaged it is no identity: the same as none.
    return (try? JSONDecoder().decode(Stored.self, from: Data(bytes)))?.id
  }

  /// Makes this root the one of the kind: its own id where it has one, else a new one. The root first: a crash in between leaves an id
  /// that the next start takes over.
  func establish() throws {
    var id = try carried()
    if id == nil {
      let new = UUID().uuidString.lowercased()
      if try files.status(of: file) != nil { try files.unlink(file) }
      try files.replaceFile(
        file, with: try Self.encoded(Stored(id: new)), permissions: FilePermissions(rawValue: 0o644))
      id = new
    }
    var all = try records()
    all[kind] = id
    try files.replaceFile(record, with: try Self.encoded(all), permissions: FilePermissions(rawValue: 0o600))
  }

  private func records() throws -> [String: String] {
    guard let bytes = try files.contents(of: record, limit: 1 << 20) else { return [:] }
    // A damaged record knows nothing: the copies themselves show whether the root is the right one.
    return (try? JSONDecoder().decode([String: String].self, from: Data(bytes))) ?? [:]
  }

  private static func encoded(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
  }
}
