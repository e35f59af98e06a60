internal import DurableFiles
internal import Foundation
internal import StateFiles
internal import SystemPackage

/// The identity of a root of copies: a file with a random id in the root (`.remora-root`), and the same id in the state
/// (`roots.json`). A directory with another id or none does not have this site's copies: its disk is not mounted.
struct RootIdentity: Sendable {
  private struct Stored: Codable {
    /// Not checked: the id of a root is valid in every version.
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
  /// An operator creates this file to accept the root as it is.
  var acceptance: FilePath { root.appending(".remora-accept") }

  /// Returns the recorded id; `nil` before the first.
  func recorded() throws -> String? { try records()[kind] }

  /// Returns the root's id; `nil` where it has none, or an unreadable one.
  func carried() throws -> String? {
    try identity.readIfUsable()?.id
  }

  /// Makes this root the kind's root, with its own id where it has one, else with a new one. The root first: a crash in
  /// between leaves an id that the next start adopts.
  func establish() throws {
    var id = try carried()
    if id == nil {
      let new = UUID().uuidString.lowercased()
      if try files.status(of: file) != nil { try files.unlink(file) }
      try identity.write(Stored(id: new))
      id = new
    }
    var all = try records()
    all[kind] = id
    try ids.write(all)
  }

  /// A damaged record has no ids: the copies themselves show whether the root is the right one.
  private func records() throws -> [String: String] { try ids.readIfUsable() ?? [:] }

  private var identity: StateFile<Stored> {
    StateFile(
      file, format: .json(version: nil), limit: 1 << 12, permissions: FilePermissions(rawValue: 0o644), through: files)
  }

  private var ids: StateFile<[String: String]> { StateFile(record, format: .json(version: nil), through: files) }
}
