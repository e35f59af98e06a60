import DurableFiles
import DurableJournal
import SystemPackage
import TestSupport
import Testing

@Suite struct JournalFileTests {
  struct Wrong: Error { let found: String }

  private static let permissions = FilePermissions(rawValue: 0o600)
  private static let groups = ["1!\n2\n", "3!\n", "4!\n5\n6\n"]

  private static func path(_ root: FilePath) -> FilePath { root.appending("journal") }

  private static func text(_ root: FilePath) throws -> String? {
    try RealFileSystem().contents(of: path(root), limit: 1 << 20).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Reads the journal as its owner does when it starts.
  private static func scan(_ text: String) throws -> JournalScan {
    try Array(text.utf8).withUnsafeBytes { bytes throws(Wrong) in
      try JournalScan(bytes, beginsGroup: { $0.last == UInt8(ascii: "!") }) { (line, _, _) throws(Wrong) in
        let digits = line.last == UInt8(ascii: "!") ? line.count - 1 : line.count
        return digits > 0 && line.prefix(digits).allSatisfy { (0x30...0x39).contains($0) } ? nil : Wrong(found: text)
      }
    }
  }

  private static func open(_ root: FilePath, through files: any FileSystemPort) throws -> JournalFile {
    let length = try scan(try text(root) ?? "").length
    return try JournalFile(opening: path(root), length: length, permissions: permissions, through: files)
  }

  /// Opens a journal with a torn tail and appends three groups, each with a mark when it is acknowledged.
  private static func appending() -> PowerLossExperiment {
    .init { root in
      let file = try RealFileSystem().create(path(root), permissions: permissions)
      try file.write(Array("0!\n9".utf8))
      try file.close()
    } act: { stage in
      var journal = try open(stage.root, through: stage.files)
      for group in groups {
        try journal.append(Array(group.utf8))
        try stage.mark(group)
      }
      try journal.close()
    } check: { state in
      let found = try text(state.root) ?? ""
      let whole = String(decoding: Array(found.utf8).prefix(try scan(found).length), as: UTF8.self)
      let acknowledged = "0!\n" + groups.prefix(state.marks.count).joined()
      // Whole lines of the group that was being written may follow.
      guard whole.hasPrefix(acknowledged), ("0!\n" + groups.joined()).hasPrefix(whole),
        !state.isFinal || found == "0!\n" + groups.joined()
      else { throw Wrong(found: found) }
    }
  }

  @Test("after a loss of power at any place the journal has every acknowledged group and no damage")
  func powerLoss() throws {
    try Self.appending().run()
  }

  @Test("every fsync of a group is needed")
  func synchronizations() throws {
    let unnoticed = try Self.appending().checkEverySynchronization().unnoticed
    // Those of opening: the first group's fsync makes the cut durable too, and here the name was durable before.
    #expect(unnoticed.count <= 2, "\(unnoticed)")
  }

  @Test("whatever call fails, mend leaves the acknowledged groups and no other byte")
  func faults() throws {
    try PowerLossExperiment { _ in
    } act: { stage in
      var journal = try Self.open(stage.root, through: stage.files)
      var acknowledged = ""
      for group in Self.groups {
        do {
          try journal.append(Array(group.utf8))
          acknowledged += group
        } catch {
          do { _ = try journal.mend() } catch { return }  // the disk still fails
          guard try Self.text(stage.root) == acknowledged else { throw Wrong(found: try Self.text(stage.root) ?? "") }
        }
      }
      guard try Self.text(stage.root) == acknowledged else { throw Wrong(found: try Self.text(stage.root) ?? "") }
    } check: { _ in
    }.failEachCall { plan, _, error in
      #expect(!(error is Wrong), "\(plan)")
    }
  }

  @Test("mend cuts off the failed group, and says whether an fsync had failed", arguments: [2, 3])
  func mend(call: Int) throws {
    let directory = try TemporaryDirectory()
    let root = FilePath(directory.path)
    // 1 creates the file, 2 writes, 3 synchronizes.
    let files = FaultyFileSystem(FaultPlan(call: call, code: .noSpace))
    var journal = try JournalFile(creating: Self.path(root), permissions: Self.permissions, through: files)
    let error = #expect(throws: FileError.self) { try journal.append(Array("1!\n".utf8)) }
    #expect(error?.code == .noSpace)
    #expect(journal.length == 0)
    #expect(try journal.mend() == (call == 3))
    #expect(try Self.text(root) == "")
    #expect(try !journal.mend())
    try journal.append(Array("2!\n".utf8))
    #expect(try Self.text(root) == "2!\n")
    withExtendedLifetime(directory) {}
  }

  @Test("a new file is empty, and its name must be free")
  func creating() throws {
    let directory = try TemporaryDirectory()
    let root = FilePath(directory.path)
    var journal = try JournalFile(
      creating: Self.path(root), permissions: Self.permissions, through: RealFileSystem())
    #expect(journal.length == 0)
    try journal.append(Array("1!\n".utf8))
    #expect(journal.length == 3)
    #expect(throws: FileError.self) {
      try JournalFile(creating: Self.path(root), permissions: Self.permissions, through: RealFileSystem())
    }
    #expect(try Self.text(root) == "1!\n")
    withExtendedLifetime(directory) {}
  }
}
