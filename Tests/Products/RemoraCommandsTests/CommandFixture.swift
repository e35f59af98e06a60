import Foundation
import GitValues
import TestSupport

/// A source, a place for its copy, and the program to run over them.
final class CommandFixture: Sendable {
  let directory: TemporaryDirectory
  let source: TestRepository
  /// A commit of the source that is on `main` at the start.
  let first: BuiltObject

  /// The whole of a small source: `main` with two commits, an annotated tag, a pull request.
  init(_ more: (inout RepositoryBuilder, BuiltObject) -> Void = { _, _ in }) throws {
    directory = try TemporaryDirectory("commands")
    var builder = RepositoryBuilder()
    let commits = builder.commits(2)
    first = commits[0]
    builder.branch("main", at: commits[1])
    builder.tag("v1", of: commits[0])
    builder.ref("refs/pull/1/head", at: commits[0])
    more(&builder, commits[1])
    source = try builder.build(at: directory.path("served/source.git"))
  }

  var root: String { directory.path("served") }
  var copy: String { directory.path("copy.git") }

  func remora(_ arguments: String..., environment: [String: String] = [:]) async throws -> ProcessOutcome {
    try await RemoraBinary.run(arguments, environment: environment, directory: directory.path)
  }

  /// Mirrors the source into the copy; anything but success is an error.
  func mirror(_ options: String...) async throws {
    let outcome = try await RemoraBinary.run(["mirror", source.path, copy, "--quiet"] + options)
    guard outcome.isSuccess else { throw TestSupportError("mirror: \(outcome.errorText)") }
  }

  /// Moves `main` to an unrelated commit and deletes the pull request.
  /// - Returns: the oid that `main` had.
  func forcePush() throws -> String {
    let old = try source.oid("refs/heads/main").hex
    try source.change { builder in
      builder.branch("main", at: builder.commit(["other": "history\n"]))
      builder.deleteRef("refs/pull/1/head")
    }
    return old
  }

  /// Returns every file below the directory of the copy with its bytes: for "nothing was written".
  func contentsOfCopy() throws -> [String: Data] { try contents(below: copy) }

  /// Returns every file below a directory with its bytes.
  func contents(below directory: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try TemporaryDirectory.files(below: directory) {
      contents[name] = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))
    }
    return contents
  }
}

/// Gives `body` a fresh bench and removes it afterwards, whatever happened.
func withCommandFixture(
  _ more: (inout RepositoryBuilder, BuiltObject) -> Void = { _, _ in }, _ body: (CommandFixture) async throws -> Void
) async throws {
  let bench = try CommandFixture(more)
  defer { withExtendedLifetime(bench) {} }
  try await body(bench)
}

/// One JSON object of the program's output, taken apart.
struct JSONLine {
  private let object: [String: Any]

  init(_ line: String) throws {
    guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
      throw TestSupportError("no JSON object: \(line)")
    }
    self.object = object
  }

  private init(object: [String: Any]) { self.object = object }

  var keys: Set<String> { Set(object.keys) }
  func text(_ key: String) -> String? { object[key] as? String }
  func number(_ key: String) -> Double? { (object[key] as? NSNumber)?.doubleValue }
  func flag(_ key: String) -> Bool? { object[key] as? Bool }
  func isNull(_ key: String) -> Bool { object[key] is NSNull }
  subscript(key: String) -> JSONLine { JSONLine(object: object[key] as? [String: Any] ?? [:]) }
  func list(_ key: String) -> [JSONLine] { (object[key] as? [[String: Any]] ?? []).map(JSONLine.init(object:)) }
}
