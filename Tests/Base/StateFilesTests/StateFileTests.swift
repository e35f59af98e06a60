import DurableFiles
import StateFiles
import SystemPackage
import TestSupport
import Testing

@Suite struct StateFileTests {
  private struct Record: Codable, Equatable, Sendable {
    var format = 1
    var place: String
    var count: Int?
  }

  struct Wrong: Error { let found: String }

  private static func file(
    _ root: FilePath, limit: Int = 1 << 20, through files: any FileSystemPort = RealFileSystem()
  ) -> StateFile<Record> {
    StateFile(root.appending("record.json"), format: .json(), limit: limit, through: files)
  }

  private static func text(_ root: FilePath) throws -> String? {
    try RealFileSystem().contents(of: root.appending("record.json"), limit: 1 << 20).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  @Test("a value comes back; the file is one sorted line, for its owner only")
  func roundTrip() throws {
    let directory = try TemporaryDirectory()
    let root = FilePath(directory.path)
    let file = Self.file(root)
    #expect(try file.read() == nil && file.readIfUsable() == nil)
    try file.write(Record(place: "a/b", count: 2))
    #expect(try Self.text(root) == "{\"count\":2,\"format\":1,\"place\":\"a/b\"}\n")
    #expect(try RealFileSystem().status(of: file.path)?.permissions == FilePermissions(rawValue: 0o600))
    #expect(try file.read() == Record(place: "a/b", count: 2))
    withExtendedLifetime(directory) {}
  }

  @Test(
    "a layout changes white space and slashes, and reads every other one",
    arguments: [
      (JSONLayout.oneLine, "{\"format\":1,\"place\":\"a/b\"}\n"),
      (.escapedSlashes, "{\"format\":1,\"place\":\"a\\/b\"}\n"),
      (.indented, "{\n  \"format\" : 1,\n  \"place\" : \"a\\/b\"\n}\n"),
    ])
  func layouts(layout: JSONLayout, text: String) throws {
    let bytes = try StateFormat<Record>.json(layout: layout).encode(Record(place: "a/b"))
    #expect(String(decoding: bytes, as: UTF8.self) == text)
    #expect(try StateFormat<Record>.json().decode(bytes) == Record(place: "a/b"))
  }

  @Test(
    "a file that is not of this version has no value, and says why",
    arguments: [
      ("", nil), ("{", nil), ("[]", nil), ("{\"place\":\"a\"}", nil), ("{\"format\":1}", nil),
      ("{\"format\":\"1\",\"place\":\"a\"}", nil), ("{\"format\":0,\"place\":\"a\"}", nil),
      ("{\"format\":2}", 2), ("{\"format\":3,\"place\":{}}", 3),
    ])
  func flaws(text: String, newer: Int?) throws {
    let directory = try TemporaryDirectory()
    let file = Self.file(FilePath(directory.path))
    try directory.write(text, to: "record.json")
    let flaw = #expect(throws: StateFileError.self) { try file.read() }
    if let newer {
      #expect(flaw == .newerFormat(newer))
    } else if case .newerFormat = flaw {
      Issue.record("no newer version wrote it")
    }
    #expect(try file.readIfUsable() == nil)
  }

  @Test("without a version any format is read; unknown members are skipped")
  func anyVersion() throws {
    let bytes = Array("{\"format\":7,\"new\":[],\"place\":\"a\"}".utf8)
    #expect(try StateFormat<Record>.json(version: nil).decode(bytes) == Record(format: 7, place: "a"))
  }

  @Test("a file that is too long, or is none, is an error of the file system also for state that can be made anew")
  func notReadable() throws {
    let directory = try TemporaryDirectory()
    let root = FilePath(directory.path)
    try Self.file(root).write(Record(place: "a"))
    #expect(throws: FileError.self) { try Self.file(root, limit: 4).readIfUsable() }
    try RealFileSystem().unlink(root.appending("record.json"))
    try RealFileSystem().makeDirectory(root.appending("record.json"), permissions: .ownerReadWriteExecute)
    #expect(throws: FileError.self) { try Self.file(root).read() }
    #expect(throws: FileError.self) { try Self.file(root).readIfUsable() }
    withExtendedLifetime(directory) {}
  }

  @Test("after a loss of power the file has the old value or the new one, and the new one once it was written")
  func powerLoss() throws {
    try PowerLossExperiment { root in
      try Self.file(root).write(Record(place: "old"))
    } act: { stage in
      try Self.file(stage.root, through: stage.files).write(Record(place: "new"))
    } check: { state in
      let found = try Self.file(state.root).read()?.place ?? "nothing"
      guard found == "new" || !state.isFinal && found == "old" else { throw Wrong(found: found) }
    }.run()
  }

  @Test("whatever call fails, the file has a whole value")
  func faults() throws {
    try PowerLossExperiment { root in
      try Self.file(root).write(Record(place: "old"))
    } act: { stage in
      try Self.file(stage.root, through: stage.files).write(Record(place: "new"))
    } check: { _ in
    }.failEachCall { plan, root, error in
      let found = try Self.file(root).read()?.place
      #expect(found == "old" || found == "new", "\(plan)")
      #expect(found == "new" || error != nil, "\(plan)")
    }
  }
}
