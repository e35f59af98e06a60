import DurableFiles
import Foundation
import Mirroring
import SystemPackage
import TestSupport
import Testing

/// A journal that has grown is put aside in the middle of an append: an experiment of its own, for no run of a test comes to
/// sixteen megabytes.
@Suite struct PowerLossRotationTests {
  private let files = RealFileSystem()

  @Test("a journal that is put aside loses nothing, and each fsync of it is needed")
  func rotation() async throws {
    try await OwnThread.run {
      let fixture = try PowerLossScenario.ground()
      let disk = try MemoryDirectory("remora-rotation")
      let copy = disk.path.appending("copy.git")
      try fixture.bring(copy, to: fixture.show(0))
      let written = try #require(try RefJournal(CopyLayout(root: copy), through: files).entries().entries.first)
      let journal = try #require(try files.contents(of: CopyLayout(root: copy).journal, limit: 1 << 20))
      let experiment = experiment(journal, written.id)
      print("rotation: \(try experiment.run())")
      #expect(try experiment.unnoticedSynchronizations() == [])
      withExtendedLifetime(disk) {}
    }
  }

  /// Appends an entry to a journal that has one.
  private func experiment(_ journal: [UInt8], _ first: String) -> PowerLossExperiment {
    PowerLossExperiment { root in
      let layout = CopyLayout(root: root)
      try files.makeDirectories(layout.own)
      try files.replaceFile(layout.journal, with: journal, permissions: FilePermissions(rawValue: 0o644))
    } act: { stage in
      let journal = RefJournal(CopyLayout(root: stage.root), through: stage.files, rotatingAt: 1)
      var entry = try #require(try journal.entries().entries.first)
      entry.id = "second"
      try journal.append(entry)
    } check: { state in
      let (entries, _) = try RefJournal(CopyLayout(root: state.root), through: files).entries()
      let found = entries.map(\.id)
      guard found == [first, "second"] || !state.isFinal && found == [first] else {
        throw TestSupportError("the journal tells of \(found)")
      }
    }
  }
}
