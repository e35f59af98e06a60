import Foundation
import TestSupport
import Testing

/// Checks that the article of the JSON contract agrees with the code.
@Suite("The JSON article")
struct DocumentationTests {
  private static func article() throws -> String {
    try PackageFiles.text("Sources/Products/RemoraCommands/RemoraCommands.docc/JSONOutput.md")
  }

  /// Returns the words in backticks in the first cells of a part's tables.
  private static func words(from title: String, to end: String) throws -> Set<String> {
    let article = try article()
    let start = try #require(article.range(of: "\n## \(title)\n"))
    let part = article[start.upperBound...]
    let stop = part.range(of: "\n## \(end)")?.lowerBound ?? part.endIndex
    let cells = part[..<stop].split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { line in
      line.split(separator: "|").first
    }
    return Set(cells.flatMap { $0.matches(of: /`([a-z_.]+)`/).map { String($0.1) } })
  }

  @Test("names every error code, and no other")
  func codes() throws {
    let sources = try ["Copies/Mirroring/Run/MirrorError.swift", "Git/GitTransport/TransportError+Code.swift"]
      .map { try PackageFiles.text("Sources/\($0)") }.joined()
    let codes = Set(sources.matches(of: /= Code\((?:rawValue: )?"([a-z_]+)"\)/).map { String($0.1) })
    #expect(codes.count > 40)
    #expect(try Self.words(from: "Error codes", to: "none") == codes)
  }

  @Test("names every key that the commands print")
  func keys() throws {
    let mirror = try Self.words(from: "remora mirror --json", to: "remora verify")
    #expect(Set(mirror.map { $0.split(separator: ".")[0] }.map(String.init)) == MirrorCommandTests.keys)
    #expect(try Self.words(from: "remora verify --json", to: "remora checksum") == VerifyCommandTests.keys)
    #expect(
      try Self.words(from: "remora checksum --json", to: "remora history") == ChecksumCommandTests.keys)
    #expect(try Self.words(from: "remora history --json", to: "remora restore") == HistoryCommandTests.keys)
    #expect(
      try Self.words(from: "remora restore --json", to: "remora check")
        == RestoreCommandTests.keys.union(RestoreCommandTests.refKeys))
    #expect(try Self.words(from: "remora check --json", to: "remora housekeep") == CheckCommandTests.keys)
    let housekeep = try Self.words(from: "remora housekeep --json", to: "remora hook")
    #expect(Set(housekeep.map { $0.split(separator: ".")[0] }.map(String.init)) == HousekeepCommandTests.keys)
    #expect(try Self.words(from: "remora hook --json", to: "remora config") == HookCommandTests.keys)
    #expect(try Self.words(from: "remora config check --json", to: "The commands that ask") == ConfigCommandTests.keys)
  }

  @Test("names every exit status that the program's help names")
  func statuses() throws {
    let help = try #require(HelpTexts.root.range(of: "Exit status: ")).upperBound
    let named = HelpTexts.root[help...].prefix { $0 != "." }.matches(of: /\d+/).map { String($0.0) }
    #expect(named.count == 7)
    for status in named { #expect(try Self.article().contains("\n| \(status) | "), "\(status)") }
  }
}
