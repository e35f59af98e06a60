import Foundation
import GitValues
import TestSupport
import Testing

@Suite("remora verify")
struct VerifyCommandTests {
  static let keys: Set<String> = [
    "source", "copy", "equal", "basis", "head_unknown", "checksum", "refs", "differences", "broken",
  ]

  @Test("an equal copy: status 0, and the checksum of the copy")
  func equal() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let checksum = try GitCommand().checksum(bench.copy)
      let plain = try await bench.remora("verify", bench.source.path, bench.copy)
      #expect(plain.isSuccess)
      #expect(plain.text == "equal: 3 refs as '\(bench.source.path)' advertises them, \(checksum)")
      let json = try await bench.remora("verify", bench.source.path, bench.copy, "--json")
      #expect(json.isSuccess)
      let report = try JSONLine(json.text)
      #expect(report.keys == Self.keys)
      #expect(report.flag("equal") == true)
      #expect(report.text("basis") == "advertisement")
      #expect(report.flag("head_unknown") == false)
      #expect(report.text("checksum") == checksum)
      #expect(report.number("refs") == 3)
      #expect(report.text("source") == bench.source.path)
      #expect(report.text("copy") == bench.copy)
      #expect(report.list("differences").isEmpty && report.list("broken").isEmpty)
    }
  }

  @Test("a different copy: status 1, every ref that differs with both values, nothing written")
  func different() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let old = try bench.forcePush()
      try bench.source.change { builder in
        builder.branch("new", at: builder.commit())
        builder.head = .branch("new")
      }
      let main = try bench.source.oid("refs/heads/main").hex
      let new = try bench.source.oid("refs/heads/new").hex
      let pull = try GitCommand().refs(bench.copy)["refs/pull/1/head"] ?? ""
      let before = try bench.contentsOfCopy()
      let plain = try await bench.remora("verify", bench.source.path, bench.copy)
      #expect(plain.status == 1)
      #expect(
        plain.lines == [
          "HEAD: source ref: refs/heads/new copy ref: refs/heads/main", "refs/heads/main: source \(main) copy \(old)",
          "refs/heads/new: source \(new) copy -", "refs/pull/1/head: source - copy \(pull)",
        ])
      #expect(plain.errorText.contains("different: 4"))
      let json = try await bench.remora("verify", bench.source.path, bench.copy, "--json")
      #expect(json.status == 1)
      let report = try JSONLine(json.text)
      #expect(report.keys == Self.keys)
      #expect(report.flag("equal") == false)
      let differences = report.list("differences")
      #expect(differences.map { $0.text("ref") } == ["HEAD", "refs/heads/main", "refs/heads/new", "refs/pull/1/head"])
      #expect(differences.allSatisfy { $0.keys == ["ref", "source", "copy"] })
      #expect(differences[2].text("source") == new && differences[2].isNull("copy"))
      #expect(differences[3].isNull("source") && differences[3].text("copy") == pull)
      #expect(try bench.contentsOfCopy() == before)
    }
  }

  @Test("a HEAD that version 0 cannot report is left out, and listed as unknown")
  func unknownHead() async throws {
    try await withCommandFixture { builder, _ in
      builder.head = .branch("not/yet")
    } _: { bench in
      var options = GitHTTPServer.Options()
      options.forcesVersion0 = true
      let server = try GitHTTPServer(root: bench.root, options: options)
      let mirrored = try await bench.remora("mirror", server.url("source.git"), bench.copy)
      #expect(mirrored.isSuccess)
      #expect(mirrored.text.contains("(HEAD unknown)"))
      let plain = try await bench.remora("verify", server.url("source.git"), bench.copy)
      #expect(plain.isSuccess)
      #expect(plain.text.hasPrefix("equal, HEAD unknown: 3 refs"), "\(plain.text)")
      let json = try await bench.remora("verify", server.url("source.git"), bench.copy, "--json")
      #expect(try JSONLine(json.text).flag("head_unknown") == true)
      #expect(try JSONLine(json.text).flag("equal") == true)
    }
  }

  @Test("a copy with broken refs: status 3, with their names and reasons")
  func broken() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      try bench.directory.write("rubbish\n", to: "copy.git/refs/heads/bad")
      let plain = try await bench.remora("verify", bench.source.path, bench.copy)
      #expect(plain.status == 3)
      #expect(plain.errorText.contains("'refs/heads/bad' (unreadable content)"))
      let json = try await bench.remora("verify", bench.source.path, bench.copy, "--json")
      #expect(json.status == 3)
      let report = try JSONLine(json.text)
      #expect(report.keys == Self.keys)
      #expect(report.flag("equal") == false)
      #expect(report.isNull("checksum"))
      #expect(report.list("broken").map { $0.text("ref") } == ["refs/heads/bad"])
      #expect(report.list("broken").first?.keys == ["ref", "reason", "side"])
      #expect(report.list("broken").first?.text("side") == "copy")
    }
  }

  @Test("a source or a copy that is not there: status 1, one line")
  func missing() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      for (source, copy) in [("/nonexistent/s.git", bench.copy), (bench.source.path, "/nonexistent/c.git")] {
        let outcome = try await bench.remora("verify", source, copy)
        #expect(outcome.status == 1)
        #expect(outcome.text == "")
        #expect(outcome.errorText.hasPrefix("remora: error: ") && outcome.errorText.contains("/nonexistent/"))
        #expect(!outcome.errorText.contains("\n"))
      }
    }
  }

  @Test("names the side that is broken, the source too")
  func brokenSource() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      let missing = String(repeating: "1", count: 40)
      try bench.directory.write("\(missing)\n", to: "served/source.git/refs/heads/bad")
      let plain = try await bench.remora("verify", bench.source.path, bench.copy)
      #expect(plain.status == 3)
      #expect(plain.errorText.contains("'\(bench.source.path)' is broken: 'refs/heads/bad'"), "\(plain.errorText)")
      #expect(!plain.errorText.contains("'\(bench.copy)' is broken"))
      let json = try await bench.remora("verify", bench.source.path, bench.copy, "--json")
      #expect(try JSONLine(json.text).list("broken").map { $0.text("side") } == ["source"])
    }
  }
}
