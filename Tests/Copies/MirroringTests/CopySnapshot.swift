import DurableFiles
import Foundation
import GitValues
import Mirroring
import RefStore
import SystemPackage
import TestSupport

/// The refs of a repository by name and the content of its file `HEAD`: enough to distinguish published states.
struct CopySnapshot: Hashable, Sendable {
  var refs: [String: String]
  /// `ref: TARGET` or an oid.
  var head: String

  /// Reads a repository's files.
  ///
  /// - Throws: also when a ref is broken.
  init(of repository: FilePath) throws {
    let view = try RefReader(repository: repository, files: RealFileSystem()).view()
    guard view.broken.isEmpty else { throw TestSupportError("broken refs in \(repository): \(view.broken)") }
    refs = Dictionary(uniqueKeysWithValues: view.refs.map { ("\($0.name)", $0.oid.hex) })
    head = try String(contentsOfFile: repository.appending("HEAD").string, encoding: .utf8)
      .trimmingCharacters(in: .newlines)
  }

  /// Returns what `remora history` must say of the way from one state to another, a line a change, sorted.
  static func changes(from old: CopySnapshot?, to new: CopySnapshot) -> [String] {
    var lines: [String] = []
    for name in Set(new.refs.keys).union(old?.refs.keys.map(\.self) ?? []) {
      let (before, after) = (old?.refs[name], new.refs[name])
      if before != after { lines.append("\(name) \(before ?? "-") \(after ?? "-")") }
    }
    if old?.head != new.head { lines.append("HEAD \(old?.head ?? "-") \(new.head)") }
    return lines.sorted()
  }

  /// Returns what the copy's history says, in the same form.
  static func history(of copy: FilePath) throws -> [String] {
    let own = copy.appending("remora")
    guard try RealFileSystem().status(of: own) != nil else { return [] }
    return try CopyHistory.read(copy).changes.map { "\($0.name) \($0.old ?? "-") \($0.new ?? "-")" }.sorted()
  }

  /// Returns the values that a change takes from every ref.
  static func dropped(from old: CopySnapshot, to new: CopySnapshot) -> Set<String> {
    Set(old.refs.values).subtracting(new.refs.values)
  }
}
