import Foundation
import TestSupport
import Testing

@Suite("remora housekeep")
struct HousekeepCommandTests {
  static let keys: Set<String> = [
    "copy", "status", "packs", "bytes", "replaced", "waiting", "removed", "loose_objects", "trimmed", "repacked",
    "dropped_objects", "seconds", "error", "warnings",
  ]

  private static func update(_ bench: CommandFixture, _ number: Int) async throws {
    try bench.source.change { builder in
      builder.branch(
        "main", at: builder.commit(["f": "\(number)\n"], parents: [.oid(try bench.source.oid("refs/heads/main"))]))
    }
    try await bench.mirror()
  }

  @Test("puts packs together, says so in a line and in JSON, and has nothing to do the next time")
  func tells() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror()
      for number in 0..<4 { try await Self.update(bench, number) }
      let first = try await bench.remora("housekeep", bench.copy)
      #expect(first.isSuccess, "\(first.errorText)")
      #expect(first.text.hasPrefix("done \(bench.copy): 5 packs became 1, 5 replaced packs stay for an hour, "))
      try await Self.update(bench, 4)
      let second = try await bench.remora("housekeep", bench.copy, "--json")
      let line = try JSONLine(second.text)
      #expect(line.keys == Self.keys)
      #expect(line.text("status") == "nothing")
      #expect(line["packs"].number("after") == 2)
      #expect(line.number("waiting") == 5)
      #expect(line.isNull("error"))
      #expect(try GitCommand().fsck(bench.copy) == [])
      #expect(try await bench.remora("housekeep", bench.copy, "--quiet").text.isEmpty)
    }
  }

  @Test("refuses what is no copy, reports it in JSON too, and answers wrong numbers with 64")
  func refuses() async throws {
    try await withCommandFixture { bench in
      let outcome = try await bench.remora("housekeep", bench.source.path, "--json")
      #expect(outcome.end == .exited(1))
      #expect(try JSONLine(outcome.text)["error"].text("code") == "destination_not_a_copy")
      #expect(outcome.errorText.contains("it is no copy of remora's"))
      for option in ["--retention=0", "--wait=-1", "--timeout=0"] {
        #expect(try await bench.remora("housekeep", bench.copy, option).end == .exited(64))
      }
    }
  }

  @Test("a mirror run consolidates the packs of a crowded copy, unless an option forbids it")
  func maintenance() async throws {
    try await withCommandFixture { bench in
      try await bench.mirror("--maintenance", "0")
      for number in 0..<51 {
        try bench.source.change { builder in
          builder.branch(
            "main", at: builder.commit(["f": "\(number)\n"], parents: [.oid(try bench.source.oid("refs/heads/main"))]))
        }
        try await bench.mirror("--maintenance", "0")
      }
      let packs = { try TemporaryDirectory.files(below: bench.copy + "/objects/pack").count { $0.hasSuffix(".idx") } }
      #expect(try packs() == 52)
      let unchanged = try await bench.remora("mirror", bench.source.path, bench.copy)
      #expect(unchanged.text.hasPrefix("unchanged"))
      #expect(try packs() == 52)
      try await Self.update(bench, 99)
      #expect(try packs() == 54)
      let told = try JSONLine(try await bench.remora("housekeep", bench.copy, "--json").text)
      #expect(told["packs"].number("before") == 1)
      #expect(told.number("waiting") == 53)
      #expect(try GitCommand().fsck(bench.copy) == [])
    }
  }
}
