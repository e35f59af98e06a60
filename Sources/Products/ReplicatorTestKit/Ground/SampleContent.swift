internal import ChildProcess
internal import Foundation
internal import Remora
internal import WorkerPool

/// Makes and looks at the content of a kind from outside, without the code that is tested.
protocol SampleContent: Sendable {
  /// Where the replicable lies below a root.
  func path(of id: ReplicableID, below root: String) -> String

  /// Makes it.
  func create(at path: String) throws

  /// Changes it, each time to something new.
  func change(at path: String) throws

  /// Tampers with a copy.
  func tamper(at path: String) throws

  /// Everything that equality is about, as text; `nil` when nothing stands there.
  func look(at path: String) throws -> String?
}

/// Files of some hundred kilobytes.
struct FileSample: SampleContent {
  func path(of id: ReplicableID, below root: String) -> String { "\(root)/\(id)" }

  func create(at path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try change(at: path)
  }

  func change(at path: String) throws {
    let line = UUID().uuidString + "\n"
    try Data(String(repeating: line, count: 8_000).utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  func tamper(at path: String) throws {
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? file.close() }  // nothing is left to be lost: a tampered file may well be torn
    try file.write(contentsOf: Data("tampered".utf8))
  }

  func look(at path: String) throws -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
  }
}

/// Bare repositories, made and read by the `git` command.
struct RepositorySample: SampleContent {
  func path(of id: ReplicableID, below root: String) -> String { "\(root)/\(id).git" }

  func create(at path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    _ = try git("init", "--quiet", "--bare", "--initial-branch=main", path)
    try change(at: path)
    _ = try git("-C", path, "update-ref", "refs/heads/other", "refs/heads/main")
  }

  func change(at path: String) throws {
    let tree = try git("-C", path, "hash-object", "-t", "tree", "-w", "--stdin")
    let parent = try? git("-C", path, "rev-parse", "--verify", "--quiet", "refs/heads/main")  // none at first
    let commit = try git(
      ["-C", path, "commit-tree", tree, "-m", UUID().uuidString] + (parent.map { ["-p", $0] } ?? []))
    _ = try git("-C", path, "update-ref", "refs/heads/main", commit)
  }

  /// HEAD alone: no ref moves.
  func changeHead(at path: String) throws {
    _ = try git("-C", path, "symbolic-ref", "HEAD", "refs/heads/other")
  }

  func tamper(at path: String) throws {
    let oid = try git("-C", path, "rev-parse", "refs/heads/main")
    _ = try git("-C", path, "update-ref", "refs/heads/tampered", oid)
  }

  func look(at path: String) throws -> String? {
    guard FileManager.default.fileExists(atPath: path + "/HEAD") else { return nil }
    let head = try git("-C", path, "symbolic-ref", "--quiet", "HEAD")
    return try git("-C", path, "for-each-ref", "--format=%(objectname) %(refname)") + "\nHEAD " + head
  }

  private func git(_ arguments: String...) throws -> String { try git(arguments) }

  private func git(_ arguments: [String]) throws -> String {
    var environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
    environment["GIT_CONFIG_NOSYSTEM"] = "1"
    environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
    for role in ["AUTHOR", "COMMITTER"] {
      environment["GIT_\(role)_NAME"] = "Remora"
      environment["GIT_\(role)_EMAIL"] = "remora@example.org"
    }
    let command = ChildCommand(path: "/usr/bin/env", arguments: ["git"] + arguments, environment: environment)
    let run = try ChildRun(
      command,
      limits: WaitLimits(silence: Self.timeout, deadline: .after(Self.timeout), cancellation: CancellationFlag()))
    guard run.ending == .exited(0) else {
      throw ConformanceFixtureError("git \(arguments.joined(separator: " ")): \(run.errorText)")
    }
    return String(decoding: run.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static let timeout = Duration.seconds(60)
}
