import Foundation

/// A fresh directory of its own, removed with all it holds when the value goes away.
///
/// Swift may release a local after its last use, which is often before the test's last line: prefer
/// `withTemporaryDirectory`, or keep the value in a property of the suite.
package final class TemporaryDirectory: Sendable {
  /// Absolute, without symbolic links, without a slash at its end.
  package let path: String

  /// Makes it below the system's directory for temporary files; `label` only helps a developer who looks there.
  package init(_ label: String = "test") throws {
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    var template = Array("\(base)/remora-\(label)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestSupportError.systemCall("mkdtemp", on: base, number: errno) }
    let made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let resolved = realpath(made, nil) else {
      throw TestSupportError.systemCall("realpath", on: made, number: errno)
    }
    path = String(cString: resolved)
    free(resolved)
  }

  deinit {
    // A test may have taken permissions away or still be writing; what stays lies in the system's temporary directory.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Returns the path of something inside.
  package func path(_ relative: String) -> String { "\(path)/\(relative)" }

  /// Writes a file inside, making its parents, and returns its path.
  @discardableResult
  package func write(_ text: String, to relative: String) throws -> String {
    try write(bytes: Array(text.utf8), to: relative)
  }

  /// Writes a file inside, making its parents, and returns its path.
  @discardableResult
  package func write(bytes: [UInt8], to relative: String) throws -> String {
    let target = path(relative)
    try FileManager.default.createDirectory(
      atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: target))
    return target
  }

  /// Returns every file and symbolic link below `directory` (this one when nil), relative to it, in bytewise order.
  ///
  /// The leak check of a test: take it before and after, or look for names like `tmp_pack_`, `.lock`, `.tmp`.
  package static func files(below directory: String) throws -> [String] {
    guard let walk = FileManager.default.enumerator(atPath: directory) else {
      throw TestSupportError("list \(directory): not a directory")
    }
    var found: [String] = []
    while let name = walk.nextObject() as? String {
      let type = walk.fileAttributes?[.type] as? FileAttributeType
      if type != .typeDirectory { found.append(name) }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Names below `directory` that a finished run must not leave: locks, temporary packs and indexes, spools.
  package static func leftovers(below directory: String) throws -> [String] {
    try files(below: directory).filter { name in
      let last = (name as NSString).lastPathComponent
      return last.hasSuffix(".lock") || last.hasSuffix(".tmp") || last.hasPrefix("tmp_") || last.hasPrefix("pack_git2_")
        || last.contains("incoming") || last.hasPrefix(".tmp-")
    }
  }
}

/// Gives `body` a fresh directory and removes it afterwards, whatever happened.
package func withTemporaryDirectory<Result>(
  _ label: String = "test", _ body: (TemporaryDirectory) throws -> Result
) throws -> Result {
  let directory = try TemporaryDirectory(label)
  return try withExtendedLifetime(directory) { try body(directory) }
}

/// Gives `body` a fresh directory and removes it afterwards, whatever happened.
package func withTemporaryDirectory<Result>(
  _ label: String = "test", _ body: (TemporaryDirectory) async throws -> Result
) async throws -> Result {
  let directory = try TemporaryDirectory(label)
  defer { withExtendedLifetime(directory) {} }
  return try await body(directory)
}
