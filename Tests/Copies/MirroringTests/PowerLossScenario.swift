import DurableFiles
import GitValues
import Mirroring
import SystemPackage
import TestSupport
import Testing

/// One kind of run, small enough to be cut off at every operation.
enum PowerLossScenario: String, CaseIterable, CustomTestStringConvertible {
  case firstCopy = "a first copy"
  case emptyFirstCopy = "a first copy of an empty source, below directories that are not there"
  case update = "an update that creates, moves, rewinds and deletes refs and moves HEAD"
  case takeover = "the takeover of a clone with loose refs"
  case strays = "strays folded and overruled"
  case head = "a change of HEAD alone"
  case deletions = "deletions only, into a dropped log that exists"
  case journalLost = "deletions from a copy whose journal was removed with its directory"

  var testDescription: String { rawValue }

  /// Where the copy lies, relative to the root of the recording.
  var place: FilePath { self == .emptyFirstCopy ? "made/on/the/way/copy.git" : "copy.git" }

  /// State 0 is old, state 1 is new, state 2 lets some refs of state 1 go, state 3 all.
  static func ground() throws -> CrashFixture {
    var dev = BuiltObject.mark(0)
    var main: [BuiltObject] = []
    let fixture = try CrashFixture { builder in
      main = builder.commits(3, label: "main")
      dev = builder.commits(1, onto: main[0], file: "dev", label: "dev")[0]
      builder.branch("main", at: main[1])
      builder.branch("dev", at: dev)
      builder.branch("topic/a", at: main[2])
      builder.branch("gone", at: builder.commits(1, onto: main[0], file: "gone", label: "gone")[0])
      builder.tag("v1", of: main[0])
      builder.ref("refs/notes/commits", at: builder.notes("a note", on: [main[0]]))
    }
    let (base, branch) = (BuiltObject.oid(fixture.source.oid(main[0])), BuiltObject.oid(fixture.source.oid(dev)))
    try fixture.addState { builder in
      let grown = builder.commits(2, onto: .oid(fixture.source.oid(main[1])), label: "more")
      builder.branch("main", at: grown[1])
      builder.branch("topic/a", at: base)
      builder.deleteRef("refs/heads/gone")
      builder.branch("fresh", at: builder.commits(1, onto: branch, file: "fresh", label: "fresh")[0])
      builder.tag("v1", of: grown[0])
      builder.head = .branch("dev")
    }
    try fixture.addState { builder in
      builder.deleteRef("refs/heads/topic/a")
      builder.deleteRef("refs/heads/fresh")
      builder.deleteRef("refs/tags/v1")
    }
    try fixture.addState { builder in
      for name in try fixture.source.view().refs.map(\.name) { builder.deleteRef("\(name)") }
    }
    return fixture
  }

  /// Fsync calls of one directory of which any single one could go in this kind of run, though not in all.
  ///
  /// - First copy: the steps of an update make it, and the last one before the name is given repeats it: a source without
  ///   refs has no such steps.
  /// - Takeover: those after the configuration and after `logs/` was made are repeated by the folding, which changes no
  ///   value yet. An update has no folding.
  /// - Strays: here to lose the folded refs together with the strays is to reach the goal. In a takeover it is not.
  var repeatedSynchronizations: (directory: String, count: Int) {
    switch self {
    case .firstCopy: (".remora-copy.git", 2)
    case .takeover: ("copy.git", 2)
    case .strays: ("copy.git", 1)
    case .emptyFirstCopy, .update, .head, .deletions, .journalLost: ("", 0)
    }
  }

  /// Makes the copy as it is before the run, and shows the source as it is for the run.
  ///
  /// - Returns: what the run makes of the copy.
  func prepare(_ copy: FilePath, _ fixture: CrashFixture) throws -> CopySnapshot {
    switch self {
    case .firstCopy: break
    case .emptyFirstCopy: return try fixture.show(3)
    case .update:
      try fixture.bring(copy, to: fixture.show(0))
    case .takeover:
      try fixture.show(0)
      // A local clone would bring the objects of all states: the loss of a new pack would not be detected.
      try GitCommand().run("clone", "-q", "--mirror", "--no-local", "--template=", fixture.source.path, copy.string)
      let main = try fixture.source.oid("refs/heads/main").hex
      let git = GitCommand(in: copy.string)
      // One over a packed ref with another value, one in a directory of its own, one that the source does not have.
      for name in ["refs/heads/dev", "refs/heads/topic/a", "refs/heads/only/here"] {
        try git.run("update-ref", name, main)
      }
    case .strays:
      try fixture.bring(copy, to: fixture.show(1))
      let git = GitCommand(in: copy.string)
      let gone = try fixture.source.oid("refs/heads/main^").hex
      // The first is overruled by the very packed-refs that is there: no digest of it separates before from after.
      for name in ["refs/heads/dev", "refs/heads/stray/deep/ref"] { try git.run("update-ref", name, gone) }
      return try fixture.show(1)
    case .head:
      try fixture.bring(copy, to: fixture.show(1))
      return try fixture.showHead("refs/heads/main")
    case .deletions:
      for number in 0...1 { try fixture.bring(copy, to: fixture.show(number)) }
      return try fixture.show(2)
    case .journalLost:
      // A dropped log that is there, else its first directory would make the journal's durable as well.
      for number in 0...1 { try fixture.bring(copy, to: fixture.show(number)) }
      try RealFileSystem().removeTree(CopyLayout(root: copy).own)
      return try fixture.show(2)
    }
    return try fixture.show(1)
  }
}
