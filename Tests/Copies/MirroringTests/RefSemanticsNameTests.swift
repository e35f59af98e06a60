import Foundation
import GitValues
import Mirroring
import TestSupport
import Testing

@Suite("Names") struct RefSemanticsNameTests {
  /// Names that git accepts and that other programs often mishandle.
  private static let texts: [String] = [
    "refs/heads/caf\u{E9}", "refs/heads/cafe\u{301}", "refs/heads/日本語/枝", "refs/heads/🦈", "refs/heads/50%",
    "refs/heads/%2e%2e", "refs/heads/a@b", "refs/heads/@", "refs/heads/-leading", "refs/heads/--upload-pack=x",
    "refs/heads/say\"hello\"", "refs/heads/it's", "refs/heads/`id`", "refs/heads/$(id)", "refs/heads/a;b|c&d",
    "refs/heads/<b>", "refs/heads/{a,b}", "refs/heads/#1", "refs/heads/a=b", "refs/heads/a+b", "refs/heads/!x",
    "refs/heads/a,b", "refs/heads/(x)", "refs/heads/]", "refs/heads/HEAD", "refs/heads/refs/heads/main",
    "refs/heads/lock", "refs/heads/bidi\u{202E}txt", "refs/heads/zero\u{200B}width", "refs/heads/nbsp\u{A0}x",
    "refs/heads/c1\u{9B}31m",
  ]

  private static let names: [[UInt8]] = {
    var names = texts.map { Array($0.utf8) }
    names.append(Array("refs/heads/latin1-".utf8) + [0xE9])
    names.append(Array("refs/heads/".utf8) + [0xFF, 0xFE, 0x80])
    names.append(Array("refs/tags/cut-".utf8) + [0xF0, 0x9F])
    names.append(Array("refs/heads/\(String(repeating: "n", count: 200))".utf8))
    names.append(Array("refs/heads/\((1...20).map { "level\($0)/" }.joined())leaf".utf8))
    return names
  }()

  @Test("any name that git accepts is copied byte for byte", arguments: SourceTransport.allCases)
  func strange(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(2)
        builder.branch("main", at: commits[1])
      }
      try Self.setAll(to: source.oid("main~1"), in: source)
      let first = try harness.mirrorExactly()
      #expect(first.refs.total == Self.names.count + 1)
      #expect(try harness.mirror().status == .unchanged)
      try Self.setAll(to: source.oid("main"), in: source)
      #expect(try harness.mirrorExactly().refs.updated == Self.names.count)
      let remembered = try CopyHistory.read(harness.layout.root).changes.filter { $0.old != nil }
      #expect(Set(remembered.map(\.name.bytes)) == Set(Self.names))
    }
  }

  @Test("HEAD may name a branch that is not UTF-8, and leave it", arguments: SourceTransport.allCases)
  func head(transport: SourceTransport) async throws {
    try await MirrorHarness.run(transport) { harness in
      let source = try harness.source { $0.branch("main", at: $0.commit(["file": "one"])) }
      try Self.setAll(to: source.oid("main"), in: source)
      let line = Array("ref: refs/heads/latin1-".utf8) + [0xE9, UInt8(ascii: "\n")]
      try Foundation.Data(line).write(to: URL(fileURLWithPath: "\(source.path)/HEAD"))
      for status in [MirrorOutcome.Status.cloned, .unchanged] {
        #expect(try harness.mirror().status == status)
        #expect(try Array(Foundation.Data(contentsOf: URL(fileURLWithPath: "\(harness.copyPath)/HEAD"))) == line)
      }
      try harness.expectSound()
      try source.change { $0.head = .branch("main") }
      try harness.mirrorExactly()
    }
  }

  @Test("strays with any name are put right")
  func strays() async throws {
    try await MirrorHarness.run { harness in
      let source = try harness.source { builder in
        let commits = builder.commits(3)
        builder.branch("main", at: commits[2])
      }
      try Self.setAll(to: source.oid("main"), in: source)
      try harness.mirrorExactly()
      for name in Self.names { try harness.plant("\(source.oid("main~1"))\n", at: name) }
      let outcome = try harness.mirrorExactly()
      #expect(outcome.refs.updated == Self.names.count)
    }
  }

  /// Sets all refs through standard input: arguments and JSON could not carry the bytes.
  private static func setAll(to oid: ObjectID, in source: TestRepository) throws {
    let commands = names.flatMap { Array("update ".utf8) + $0 + Array(" \(oid)\n".utf8) }
    try source.git.run("update-ref", "--stdin", input: commands)
  }
}
