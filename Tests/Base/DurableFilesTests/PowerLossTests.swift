import DurableFiles
import SystemPackage
import TestSupport
import Testing

/// The harness itself: that it finds the classic mistakes, and only them.
@Suite struct PowerLossTests {
  private let files = RealFileSystem()

  struct Wrong: Error { let found: String? }

  /// Replaces "old" by "new" in a file, in the way under test.
  private func replacing(_ act: @escaping (PowerLossFixture, FilePath) throws -> Void) -> PowerLossExperiment {
    PowerLossExperiment { root in
      try files.write("file", "the old content")(root)
    } act: { stage in
      try act(stage, stage.root.appending("file"))
    } check: { state in
      let text = try files.text(state.root.appending("file"))
      guard text == "the new content" || !state.isFinal && text == "the old content" else {
        throw Wrong(found: text)
      }
    }
  }

  private func writeNew(_ files: any FileSystemPort, _ path: FilePath, synchronizing: Bool) throws {
    let file = try files.create(path, permissions: .mode(0o644))
    try file.write(Array("the new ".utf8))
    try file.write(Array("content".utf8))
    if synchronizing { try file.synchronize() }
    try file.close()
  }

  @Test("temporary file, fsync, rename, fsync of the directory: passes")
  func acceptsTheRightWay() throws {
    try replacing { stage, path in
      let temporary = stage.root.appending("temporary")
      try writeNew(stage.files, temporary, synchronizing: true)
      try stage.files.rename(temporary, to: path)
      try stage.files.synchronizeDirectory(stage.root)
    }.run()
  }

  @Test("without the file's fsync: some state has a torn or empty file")
  func catchesMissingFileSynchronization() throws {
    let failure = #expect(throws: CrashStateFailure.self) {
      try replacing { stage, path in
        let temporary = stage.root.appending("temporary")
        try writeNew(stage.files, temporary, synchronizing: false)
        try stage.files.rename(temporary, to: path)
        try stage.files.synchronizeDirectory(stage.root)
      }.run()
    }
    #expect("\(try #require(failure))".contains("rename 'temporary' to 'file'"))
  }

  @Test("without the directory's fsync: the old content is there after success was returned")
  func catchesMissingDirectorySynchronization() throws {
    let failure = #expect(throws: CrashStateFailure.self) {
      try replacing { stage, path in
        let temporary = stage.root.appending("temporary")
        try writeNew(stage.files, temporary, synchronizing: true)
        try stage.files.rename(temporary, to: path)
      }.run()
    }
    let state = try #require(failure).state
    #expect(state.isFinal)
  }

  @Test("without a temporary file: the content is torn")
  func catchesWritingInPlace() throws {
    #expect(throws: CrashStateFailure.self) {
      try replacing { stage, path in
        let file = try stage.files.openForAppending(path, permissions: .mode(0o644))
        try file.truncate(to: 0)
        try file.write(Array("the new content".utf8))
        try file.synchronize()
        try file.close()
      }.run()
    }
  }

  @Test("removing before writing: nothing is there")
  func catchesRemovingFirst() throws {
    #expect(throws: CrashStateFailure.self) {
      try replacing { stage, path in
        try stage.files.unlink(path)
        try writeNew(stage.files, path, synchronizing: true)
        try stage.files.synchronizeDirectory(stage.root)
      }.run()
    }
  }

  @Test("an exchange is there as a whole or not at all")
  func followsExchange() throws {
    try replacing { stage, path in
      let other = stage.root.appending("other")
      try writeNew(stage.files, other, synchronizing: true)
      try stage.files.synchronizeDirectory(stage.root)
      try stage.files.exchange(path, with: other)
      try stage.files.synchronizeDirectory(stage.root)
    }.run()
  }

  @Test("what others write past the port is not durable until it is synchronised", arguments: [false, true])
  func noticesOthers(synchronizing: Bool) throws {
    let experiment = replacing { stage, path in
      let temporary = stage.root.appending("pack")
      try writeNew(RealFileSystem(), temporary, synchronizing: false)
      if synchronizing { try stage.files.synchronizeFile(temporary) }
      try stage.files.rename(temporary, to: path)
      try stage.files.synchronizeDirectory(stage.root)
    }
    if synchronizing {
      try experiment.run()
    } else {
      #expect(throws: CrashStateFailure.self) { try experiment.run() }
    }
  }

  @Test("a rename that others make stays one step")
  func noticesRenamesOfOthers() throws {
    try replacing { stage, path in
      let temporary = stage.root.appending("temporary")
      try writeNew(stage.files, temporary, synchronizing: true)
      try RealFileSystem().rename(temporary, to: path)
      try stage.files.synchronizeDirectory(stage.root)
    }.run()
  }

  @Test("a directory that others made and filled is as volatile as a file")
  func noticesDirectoriesOfOthers() throws {
    let experiment = PowerLossExperiment { _ in
    } act: { stage in
      let staging = stage.root.appending("staging")
      try RealFileSystem().makeDirectories(staging.appending("objects").appending("pack"))
      try RealFileSystem().write("config", "[core]\n")(staging)
      try stage.files.rename(staging, to: stage.root.appending("copy.git"))
      try stage.files.synchronizeDirectory(stage.root)
    } check: { state in
      let copy = state.root.appending("copy.git")
      guard try files.status(of: copy) != nil else { return }
      let text = try files.text(copy.appending("config"))
      guard text == "[core]\n" else { throw Wrong(found: text) }
    }
    #expect(throws: CrashStateFailure.self) { try experiment.run() }
  }

  @Test("a file synchronised in a directory whose name is lost is not there")
  func losesDirectoriesWithTheirFiles() throws {
    var outcomes: Set<String> = []
    try PowerLossExperiment { _ in
    } act: { stage in
      let directory = stage.root.appending("directory")
      try stage.files.makeDirectory(directory, permissions: .mode(0o755))
      try writeNew(stage.files, directory.appending("file"), synchronizing: true)
      try stage.files.synchronizeDirectory(directory)
    } check: { state in
      guard state.isFinal else { return }
      let directory = state.root.appending("directory")
      let there = try files.status(of: directory) != nil
      outcomes.insert(there ? try files.text(directory.appending("file")) ?? "empty" : "lost")
    }.run()
    #expect(outcomes == ["lost", "the new content"])
  }

  @Test("a guarantee is checked from its mark on, in every state behind it")
  func knowsMarks() throws {
    let experiment = PowerLossExperiment { _ in
    } act: { stage in
      try writeNew(stage.files, stage.root.appending("one"), synchronizing: true)
      try stage.mark("told")
      try stage.files.synchronizeDirectory(stage.root)
    } check: { state in
      guard state.marks == ["told"] else { return }
      guard try files.status(of: state.root.appending("one")) != nil else { throw Wrong(found: nil) }
    }
    #expect(throws: CrashStateFailure.self) { try experiment.run() }
  }

  @Test("with nothing lost the last state is what the real directory holds")
  func endsInTheRealDirectory() throws {
    let fixture = try MemoryDirectory("remora-real")
    try files.write("a", "1")(fixture.path)
    let recording = try RecordingFileSystem(root: fixture.path)
    let root = recording.root
    try recording.makeDirectories(root.appending("x").appending("y"))
    try recording.link(root.appending("a"), to: root.appending("x").appending("b"))
    try recording.rename(root.appending("x"), to: root.appending("z"))
    try recording.write("c", "3")(root.appending("z"))
    try recording.unlink(root.appending("a"))
    try recording.removeTree(root.appending("z").appending("y"))
    try SystemLink.make(root.appending("link"), to: "z")
    var last: [String] = []
    try recording.crashStates().check { state in
      if state.isFinal && last.isEmpty { last = try listing(state.root) }
    }
    #expect(try last == listing(root))
    #expect(last == ["link", "z", "z/b=1", "z/c=3"])
  }

  private func listing(_ root: FilePath, _ prefix: String = "") throws -> [String] {
    try files.entries(of: root).flatMap { entry -> [String] in
      let path = root.appending(entry.name)
      let name = prefix + entry.name.string
      return switch entry.kind {
      case .directory: [name] + (try listing(path, name + "/"))
      case .regular: ["\(name)=\(try files.text(path) ?? "")"]
      case .symbolicLink, .other: [name]
      }
    }
  }

  @Test("a planned fault strikes its call alone, or all from it on; reads never run out of space")
  func plansFaults() throws {
    let fixture = try MemoryDirectory("remora-fault")
    let once = FaultyFileSystem(FaultPlan(call: 4, code: .noSpace))
    try once.write("a")(fixture.path)
    _ = try once.status(of: fixture.path)
    #expect(!once.faultFired)
    expect(.noSpace) { () throws(FileError) in try once.synchronizeDirectory(fixture.path) }
    try once.synchronizeDirectory(fixture.path)
    let always = FaultyFileSystem(FaultPlan(call: 1, code: .ioError, isPersistent: true))
    for _ in 0..<2 { expect(.ioError) { () throws(FileError) in _ = try always.status(of: fixture.path) } }
    #expect(once.faultFired && always.faultFired)
  }
}
