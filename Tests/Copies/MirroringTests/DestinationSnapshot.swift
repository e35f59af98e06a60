import Foundation
import TestSupport

/// Everything below a directory, byte for byte: names, kinds, permissions and contents.
///
/// Without the content of a copy's lock file, which names its last holder.
struct DestinationSnapshot {
  private var entries: [String: Data] = [:]

  init(below directory: String) throws {
    guard let walk = FileManager.default.enumerator(atPath: directory) else {
      throw TestSupportError("list \(directory): not a directory")
    }
    while let name = walk.nextObject() as? String {
      let attributes = walk.fileAttributes ?? [:]
      let type = attributes[.type] as? FileAttributeType
      var content = Data("\(type?.rawValue ?? "gone") \(attributes[.posixPermissions] ?? "")\n".utf8)
      if type == .typeRegular, !name.hasSuffix("remora/lock") {
        content += try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))
      }
      entries[name] = content
    }
  }

  /// Returns what is new, gone or different.
  func differences(from other: DestinationSnapshot) -> [String] {
    let names = Set(entries.keys).union(other.entries.keys)
    return names.filter { entries[$0] != other.entries[$0] }.sorted().map { name in
      other.entries[name] == nil ? "new: \(name)" : entries[name] == nil ? "gone: \(name)" : "changed: \(name)"
    }
  }

  /// Returns whether any file holds this text.
  func contains(_ text: String) -> Bool {
    entries.values.contains { $0.range(of: Data(text.utf8)) != nil }
  }
}
