import TestSupport

/// A made-up history of about 160,000 objects in 80 MB of packs, always the same: files that are edited line by line.
enum BigHistory {
  private static let fileCount = 2_000
  private static let versionsOfEach = 23
  private static let linesOfEach = 120
  /// Files change two at a time, each in a directory of its own.
  private static let filesOfCommit = 2

  /// Builds it with deltas as git would: all versions of a file follow each other in the stream.
  static func build(at path: String) throws {
    var random = SeededGenerator(seed: 1_234)
    var builder = RepositoryBuilder()
    var versions: [[BuiltObject]] = []
    for _ in 0..<fileCount {
      var lines = (0..<linesOfEach).map { _ in line(&random) }
      versions.append(
        (0..<versionsOfEach).map { _ in
          for _ in 0..<46 { lines[Int.random(in: 0..<linesOfEach, using: &random)] = line(&random) }
          return builder.blob(Array(lines.joined().utf8))
        })
    }
    var head: BuiltObject?
    for version in 0..<versionsOfEach {
      for first in stride(from: 0, to: fileCount, by: filesOfCommit) {
        var changes: [String: FileContent] = [:]
        for file in first..<first + filesOfCommit { changes[name(file)] = .blob(versions[file][version]) }
        let commit = builder.commit(
          changes, parents: head.map { [$0] } ?? [], message: "version \(version) of \(first)")
        if first % 500 == 0 { builder.ref("refs/pull/\(version * fileCount + first)/head", at: commit) }
        head = commit
      }
      if let head { builder.tag("v\(version)", of: head) }
    }
    if let head { builder.branch("main", at: head) }
    _ = try builder.build(at: path)
  }

  /// 40 directories of 50 files.
  private static func name(_ file: Int) -> String { "source/part\(file % 40)/file\(file / 40).txt" }

  private static func line(_ random: inout SeededGenerator) -> String {
    String(random.next(), radix: 36) + " " + String(random.next(), radix: 36) + " " + String(random.next(), radix: 36)
      + "\n"
  }
}
