import Agent
import DurableFiles
import Foundation
import SystemPackage
import TestSupport

/// A bare repository with a hook that notifies a script of the test, and a clone that pushes to it.
final class HookFixture: Sendable {
  let directory: TemporaryDirectory
  let repository: HookedRepository

  init() throws {
    directory = try TemporaryDirectory("hooks")
    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commit())
    repository = try HookedRepository(FilePath(try builder.build(at: directory.path("a dir/r.git")).path))
    try directory.write("site: {}\n", to: "remora.yaml")
  }

  /// Returns the program that is notified: a script that keeps its arguments and its input, unless `text` says
  /// otherwise.
  func script(_ text: String? = nil, id: String = "a dir/r", name: String = "repo") throws -> HookScript {
    let path = try program(text ?? "echo \"$@\" >> '\(told)'; cat >> '\(told)'", "remora")
    guard let script = HookScript(program: path, configuration: directory.path("remora.yaml"), name: name, id: id)
    else {
      throw TestSupportError("no script")
    }
    return script
  }

  var path: String { repository.path.string }
  var told: String { directory.path("told") }
  var hook: String { "\(repository.path)/hooks/post-receive" }

  /// Returns the notifications so far; nil when there were none.
  func whatWasTold() throws -> String? {
    FileManager.default.fileExists(atPath: told) ? try String(contentsOfFile: told, encoding: .utf8) : nil
  }

  func hookText() throws -> String { try String(contentsOfFile: hook, encoding: .utf8) }

  /// Returns a shell script that may be run. A child writes it: what this process has open for writing may be inherited
  /// by a child of another test, and is busy then.
  @discardableResult
  func program(_ text: String, _ name: String) throws -> String {
    let path = name.hasPrefix("/") ? name : directory.path(name)
    let outcome = try ChildProcess(
      "sh", ["-c", "mkdir -p \"${1%/*}\" && cat > \"$1\" && chmod 755 \"$1\"", "sh", path],
      input: .bytes(Array("#!/bin/sh\n\(text)\n".utf8))
    ).outcome()
    guard outcome.isSuccess else { throw TestSupportError(outcome.errorText) }
    return path
  }

  /// Pushes one more commit to `main`; gives what git printed.
  func push() async throws -> ProcessOutcome {
    let clone = directory.path("clone-\(UUID().uuidString)")
    try await GitCommand().run("clone", "-q", repository.path.string, clone)
    let git = GitCommand(in: clone)
    try await git.run("commit", "-q", "--allow-empty", "-m", "x")
    return try await git.attempt(["push", "origin", "HEAD:main"])
  }

  /// Names in the directory of hooks.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(repository.path)/hooks").sorted()
  }
}
