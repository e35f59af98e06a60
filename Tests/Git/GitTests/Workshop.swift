import Foundation
import GitValues

/// A temporary directory with a `git` command that reads no user's configuration; removed with the value.
///
/// Author and dates are fixed, so object ids are literals.
final class Workshop {
  let path: String

  init() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("remora-git-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    path = directory.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }  // A leftover in /tmp fails no test.

  struct CommandFailed: Error {
    let command: [String]
    let status: Int32
    let output: String
  }

  /// Runs `git` in the directory and returns its standard output, raw.
  @discardableResult
  func gitBytes(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
    try run(["git"] + arguments, input: input)
  }

  /// Runs a command in the directory and returns its standard output, raw.
  func run(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": path, "LC_ALL": "C",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.org",
      "GIT_AUTHOR_DATE": "2020-01-01T00:00:00+0000", "GIT_COMMITTER_NAME": "C O Mitter",
      "GIT_COMMITTER_EMAIL": "committer@example.org", "GIT_COMMITTER_DATE": "2020-01-01T00:00:00+0000",
    ]
    let outputPath = "\(path)/.output-\(UUID().uuidString)"
    let inputPath = "\(path)/.input-\(UUID().uuidString)"
    // Files instead of pipes: nothing to drain while the child runs.
    try Data(input).write(to: URL(fileURLWithPath: inputPath))
    try Data().write(to: URL(fileURLWithPath: outputPath))
    defer {
      for leftover in [outputPath, inputPath] { try? FileManager.default.removeItem(atPath: leftover) }  // As above.
    }
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputPath))
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let output = try [UInt8](Data(contentsOf: URL(fileURLWithPath: outputPath)))
    guard process.terminationStatus == 0 else {
      throw CommandFailed(
        command: arguments, status: process.terminationStatus, output: String(decoding: output, as: UTF8.self))
    }
    return output
  }

  /// Runs `git` and returns its standard output without the newline at its end.
  @discardableResult
  func git(_ arguments: String..., input: String = "") throws -> String {
    let text = try String(decoding: gitBytes(arguments, input: Array(input.utf8)), as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  func oid(_ arguments: String..., input: String = "") throws -> ObjectID {
    let text = String(decoding: try gitBytes(arguments, input: Array(input.utf8)), as: UTF8.self)
    guard let oid = ObjectID(text.trimmingCharacters(in: .newlines)) else {
      throw CommandFailed(command: arguments, status: 0, output: text)
    }
    return oid
  }

  /// Returns a bare repository `name` whose branch main has `commits` commits, each of one changed file in two
  /// directories, and an annotated tag v1. Returns its path.
  func repository(_ name: String = "source.git", commits: Int = 3) throws -> String {
    try git("init", "-q", "--bare", "-b", "main", name)
    var stream = ""
    for number in 1...max(1, commits) {
      let content = (0..<40).map { "line \($0 == number % 40 ? -number : $0)\n" }.joined()
      stream += "commit refs/heads/main\nmark :\(number)\n"
      stream += "committer C <c@example.org> \(1_577_836_800 + number) +0000\ndata 2\nc\n"
      if number > 1 { stream += "from :\(number - 1)\n" }
      stream += "M 100644 inline a/file\ndata \(content.utf8.count)\n\(content)\n"
      stream += "M 100644 inline b/count\ndata \("\(number)".utf8.count)\n\(number)\n"
    }
    stream += "tag v1\nfrom :1\ntagger T <t@example.org> 1577836800 +0000\ndata 3\nv1\n\n"
    try git("-C", name, "fast-import", "--quiet", input: stream)
    return "\(path)/\(name)"
  }

  /// Returns all objects of a repository as one pack.
  func pack(of repository: String, thinAgainst excluded: String? = nil) throws -> [UInt8] {
    if let excluded {
      return try gitBytes(
        ["-C", repository, "pack-objects", "--stdout", "--revs", "--thin", "--no-reuse-delta", "-q"],
        input: Array("main\n^\(excluded)\n".utf8))
    }
    return try gitBytes([
      "-C", repository, "pack-objects", "--stdout", "--all", "--delta-base-offset", "--no-reuse-delta", "-q",
    ])
  }

  /// Returns an empty directory of that name.
  func directory(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    return "\(path)/\(name)"
  }

  func files(in directory: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
  }

  func write(_ text: String, to file: String) throws {
    try text.write(toFile: file, atomically: false, encoding: .utf8)
  }
}
