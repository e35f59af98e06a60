import DurableFiles
import SystemPackage
import TestSupport
import Testing

@Suite struct ReplaceFileTests {
  private let files = RealFileSystem()

  /// Replaces "old" by "new" in a file; after a loss of power it must be one of both, and "new" once it returned.
  private var experiment: PowerLossExperiment {
    PowerLossExperiment { root in
      try files.write("HEAD", "the old content")(root)
    } act: { stage in
      try stage.files.replaceFile(
        stage.root.appending("HEAD"), with: Array("the new content".utf8), permissions: .mode(0o644))
    } check: { state in
      try require(state.root, isNew: state.isFinal)
    }
  }

  private func require(_ root: FilePath, isNew: Bool) throws {
    let text = try files.text(root.appending("HEAD"))
    guard text == "the new content" || !isNew && text == "the old content" else {
      throw UnexpectedContent(text: text)
    }
  }

  struct UnexpectedContent: Error { let text: String? }

  @Test("a replaced file has the new content and mode, and nothing is left beside it")
  func replaces() throws {
    let fixture = try MemoryDirectory("remora-replace")
    let path = fixture.path.appending("HEAD")
    for text in ["one", "two"] {
      try files.replaceFile(path, with: Array(text.utf8), permissions: .mode(0o600))
      #expect(try files.text(path) == text)
      #expect(try files.status(of: path)?.permissions == .mode(0o600))
      #expect(try files.entries(of: fixture.path).count == 1)
    }
  }

  @Test("a loss of power at any step leaves the old or the new content")
  func survivesLossOfPower() throws {
    let report = try experiment.run()
    #expect(report.statesChecked >= 8)
  }

  @Test("each fsync of it is needed")
  func needsEachSynchronization() throws {
    #expect(try experiment.unnoticedSynchronizations() == [])
  }

  @Test("any call may fail: the old content or the new is there, whole, and no leftover that could be removed")
  func survivesFaults() throws {
    let tried = try experiment.failEachCall { plan, root, error in
      #expect(error != nil, "\(plan)")
      try require(root, isNew: false)
      if !plan.isPersistent { #expect(try files.entries(of: root).count == 1, "\(plan)") }
    }
    #expect(tried >= 40)
  }

  @Test("leftovers of a crash are recognized by their names, whatever the file is called")
  func knowsLeftovers() throws {
    let report = try experiment.run()
    #expect(report.statesChecked > 0)
    var leftovers = 0
    var walk = experiment
    walk.check = { state in
      for entry in try files.entries(of: state.root) where entry.name != "HEAD" {
        guard files.isLeftover(entry.name) else { throw UnexpectedContent(text: entry.name.string) }
        leftovers += 1
      }
    }
    try walk.run()
    #expect(leftovers > 0)
    #expect(!files.isLeftover("HEAD"))
    #expect(!files.isLeftover("HEAD.remora-tmp-0123456789abcdeF"))
    #expect(!files.isLeftover(".remora-tmp-0123456789abcdef"))
    #expect(files.isLeftover("HEAD.remora-tmp-0123456789abcdef"))
  }
}
