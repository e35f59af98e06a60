import DurableFiles
import Foundation
import RegistryStore
import Replication
import SystemPackage
import TestSupport
import Testing

@Suite("Damaged registries")
struct RegistryDamageTests {
  /// Returns a registry of a few entries, with a document and a journal.
  private static func ground() async throws -> (RegistryFixture, [RegistryEntry]) {
    let fixture = try RegistryFixture(foldBytes: 0)
    for name in ["a", "b/c"] {
      try await fixture.with { registry in
        let id = try ReplicableID(name)
        try await registry.change(id) { entry, make in entry = make(id, at: RegistryFixture.start) }
      }
    }
    let plain = RegistryFixture(fixture, foldBytes: 1 << 40)
    let entries = try await plain.with { registry in
      let id = try ReplicableID("d")
      try await registry.change(id) { entry, make in
        entry = make(id, at: RegistryFixture.start)
        _ = entry?.startSync(at: RegistryFixture.start)
      }
      return try await RegistryFixture.all(registry)
    }
    return (plain, entries)
  }

  @Test("a journal cut at any byte has all whole lines, and no other")
  func cutJournal() async throws {
    let (fixture, entries) = try await Self.ground()
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture.journal))
    let ends = Set(whole.indices.filter { whole[$0] == UInt8(ascii: "\n") }.map { $0 + 1 } + [0])
    for length in 0...whole.count {
      try whole.prefix(length).write(to: URL(fileURLWithPath: fixture.journal))
      let (found, torn) = try await fixture.with { (try await RegistryFixture.all($0), $0.tornLines) }
      #expect(torn == (ends.contains(length) ? 0 : 1), "length \(length)")
      #expect(found.allSatisfy(entries.contains), "length \(length)")
      if length == whole.count { #expect(found == entries) }
    }
  }

  @Test("a document cut at any byte stops the start")
  func cutDocument() async throws {
    let (fixture, _) = try await Self.ground()
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture.document))
    // Without its last newline it is whole; without its check it is an edited one.
    for length in 0..<(whole.count - 1) {
      try whole.prefix(length).write(to: URL(fileURLWithPath: fixture.document))
      await #expect(throws: RegistryStoreError.self, "length \(length)") { try await fixture.with { _ in } }
    }
  }

  @Test("a flipped bit anywhere stops the start or changes nothing", arguments: ["document", "journal"])
  func flipped(file: String) async throws {
    let (fixture, entries) = try await Self.ground()
    let path = file == "document" ? fixture.document : fixture.journal
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for index in whole.indices {
      var changed = whole
      changed[index] ^= 1 << (index % 8)
      try changed.write(to: URL(fileURLWithPath: path))
      do {
        let found = try await fixture.with { try await RegistryFixture.all($0) }
        // A newline that is none any more makes a last line torn; it was whole, and no mark shows it.
        let isLastNewline = file == "journal" && index == whole.count - 1
        #expect(found == entries || isLastNewline, "byte \(index)")
      } catch let error as RegistryStoreError {
        #expect(error.code == .damaged || error.code == .newerFormat, "byte \(index): \(error)")
        #expect(error.description.contains("registry"))
      }
      try whole.write(to: URL(fileURLWithPath: path))
    }
  }

  @Test("a hole in the last group is taken off with what follows, one in an earlier group stops the start")
  func holes() async throws {
    let fixture = try RegistryFixture()
    try await fixture.with { registry in
      for names in [["a"], ["b", "c", "d"]] {
        try await registry.changeAll(try names.map { try ReplicableID($0) }) { id, entry, make in
          entry = make(id, at: RegistryFixture.start)
        }
      }
    }
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture.journal)))
    let lines = whole.split(separator: UInt8(ascii: "\n"))
    #expect(lines.map { $0.starts(with: "{\"group\":".utf8) } == [true, true, false, false])
    for (number, line) in lines.enumerated() {
      // At its beginning, in its middle, over its end.
      for start in [line.startIndex, line.startIndex + line.count / 2, line.endIndex - 10] {
        var bytes = whole
        for index in start..<min(start + 20, bytes.count) { bytes[index] = 0 }
        try Data(bytes).write(to: URL(fileURLWithPath: fixture.journal))
        if number == 0 {
          // Over its end the hole takes the mark of the second group with it, and no byte shows any more that there is
          // one.
          if start == line.endIndex - 10 { continue }
          await #expect {
            try await fixture.with { _ in }
          } throws: { ($0 as? RegistryStoreError)?.code == .damaged }
          #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.journal)) == Data(bytes))
        } else {
          let (found, torn) = try await fixture.with { (try await RegistryFixture.all($0), $0.tornLines) }
          #expect(found.map(\.replicableID.text) == Array(["a", "b", "c", "d"].prefix(number)) && torn == 1)
        }
      }
    }
  }

  @Test("a newer format is refused by name, an older one converted and kept")
  func formats() async throws {
    let (fixture, entries) = try await Self.ground()
    var text = try String(contentsOfFile: fixture.document, encoding: .utf8)
    if let check = text.range(of: ",\"check\"") { text = text[..<check.lowerBound] + "}\n" }
    try text.replacingOccurrences(of: "\"format\":1", with: "\"format\":9")
      .write(toFile: fixture.document, atomically: false, encoding: .utf8)
    await #expect {
      try await fixture.with { _ in }
    } throws: { ($0 as? RegistryStoreError)?.code == .newerFormat }
    try text.replacingOccurrences(of: "\"format\":1,", with: "")
      .write(toFile: fixture.document, atomically: false, encoding: .utf8)
    #expect(try await fixture.with { try await RegistryFixture.all($0) } == entries)
    #expect(FileManager.default.fileExists(atPath: fixture.document + ".v0"))
    #expect(try String(contentsOfFile: fixture.document, encoding: .utf8).contains("\"format\":1"))
  }

  @Test("wherever a call fails, once or for ever, no acknowledged change is lost", arguments: [true, false])
  func everyCall(isPersistent: Bool) async throws {
    var step = 1
    while true {
      let fixture = try RegistryFixture(foldBytes: 0)
      let files = FaultyFileSystem(FaultPlan(call: step, code: .ioError, isPersistent: isPersistent))
      var acknowledged: [String] = []
      do {
        acknowledged = try await fixture.with(files: files) { registry in
          var acknowledged: [String] = []
          for name in ["a", "b", "c", "d"] {
            let id = try ReplicableID(name)
            do {
              try await registry.change(id) { entry, make in entry = make(id, at: RegistryFixture.start) }
              acknowledged.append(name)
            } catch {
              // Refused: nothing was acknowledged.
            }
          }
          return acknowledged
        }
      } catch {
        // It did not even open.
      }
      let found = try await fixture.with { try await RegistryFixture.all($0).map(\.replicableID.text) }
      #expect(Set(acknowledged).isSubset(of: found), "step \(step)")
      if !files.faultFired { break }
      step += 1
    }
    #expect(step > 10)
  }

  @Test("a document that two threads read is read as it says, also where its middle looks like a border and is none")
  func large() async throws {
    let fixture = try RegistryFixture(foldBytes: 0)
    let ids = try (0..<20_000).map { try ReplicableID("group/thing-\($0)") }
    let entries = try await fixture.with { registry in
      try await registry.changeAll(ids) { id, entry, make in entry = make(id, at: RegistryFixture.start) }
      return try await RegistryFixture.all(registry)
    }
    func reopened() async throws -> [RegistryEntry] { try await fixture.with { try await RegistryFixture.all($0) } }
    // A foreign text: laid out wide, the first half of it is one entry's note, in which objects follow each other line
    // by line.
    var text = try String(contentsOfFile: fixture.document, encoding: .utf8)
    let note = Array(repeating: "{\"note\":1}", count: 600_000).joined(separator: ",\n")
    let check = try #require(text.range(of: ",\"check\"", options: .backwards))
    text = text[..<check.lowerBound] + "}\n"
    let first = try #require(text.range(of: "\"created_at\""))
    let noted = text.replacingCharacters(in: first, with: "\"notes\":[\(note)],\"created_at\"")
    try noted.write(toFile: fixture.document, atomically: false, encoding: .utf8)
    #expect(try await reopened() == entries)
    // And entries on both sides of the border.
    let wide = text.replacingOccurrences(
      of: "\"created_at\"", with: "\"note\":\"\(String(repeating: "x", count: 200))\",\"created_at\"")
    #expect(wide.utf8.count > 5 << 20)
    try wide.write(toFile: fixture.document, atomically: false, encoding: .utf8)
    #expect(try await reopened() == entries)
    // An error behind the border is reported with its line.
    let broken = wide.replacingOccurrences(of: "\"thing_id\":\"group/thing-9999\"", with: "\"thing_id\":\"../9999\"")
    try broken.write(toFile: fixture.document, atomically: false, encoding: .utf8)
    await #expect {
      _ = try await reopened()
    } throws: { "\($0)".contains("line 20001:") }
  }

  @Test("jq gives the same counts by state as the library")
  func jq() async throws {
    let (fixture, _) = try await Self.ground()
    let counts = try await fixture.with { try await $0.counts(at: RegistryFixture.start).states }
    let script =
      "jq -n '[inputs | if .entries then .entries[] | {key: .thing_id, value: .state} elif .entry then {key: .entry.thing_id, value: .entry.state} elif .removed then {key: .removed, value: null} else empty end] | reduce .[] as $e ({}; .[$e.key] = $e.value) | [.[] | values] | group_by(.) | map({key: .[0], value: length}) | from_entries' '\(fixture.document)' '\(fixture.journal)'"
    let outcome = try await ChildProcess("sh", ["-c", script]).outcome()
    let found = try JSONDecoder().decode([String: Int].self, from: Data(outcome.output))
    #expect(found == Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }))
  }
}

extension RegistryFixture {
  /// The same place with another bound.
  fileprivate init(_ other: RegistryFixture, foldBytes: Int64) {
    directory = other.directory
    self.foldBytes = foldBytes
  }
}
