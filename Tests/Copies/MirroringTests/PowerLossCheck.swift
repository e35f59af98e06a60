import DurableFiles
import Synchronization
import SystemPackage
import TestSupport

/// What must hold of a copy after a loss of power at any moment of one run, and after the run that comes next.
final class PowerLossCheck: Sendable {
  private let fixture: CrashFixture
  /// Relative to the root of a state.
  private let place: FilePath
  /// nil when there was no copy before.
  private let old: CopySnapshot?
  private let new: CopySnapshot
  /// The copy's history before the run, and what the run adds.
  private let history: [String]
  private let added: [String]
  private let dropped: Set<String>
  private let progress = Mutex(Progress())

  private struct Progress {
    var states = 0
    var oldStates = 0
    var newStates = 0
    var newRefsOldHead = 0
    var healed = 0
    /// States without a copy, by the names that lie about: what half-made files contain is never read.
    var namesSeen: Set<Set<String>> = []
  }

  private let nextRunInEvery: Int

  /// - Parameters:
  ///   - root: of the recording, as it is before the run.
  ///   - place: where the copy lies below it; where nothing is, the run is a first copy.
  ///   - new: what the run makes of it.
  ///   - nextRunInEvery: 1 to see in each state what the next run makes of it; else in each that has a multiple of this
  ///     number, in the last ones, and in those that a removed fsync would have prevented.
  init(_ fixture: CrashFixture, root: FilePath, place: FilePath, new: CopySnapshot, nextRunInEvery: Int) throws {
    self.place = place
    let copy = root.pushing(place)
    self.nextRunInEvery = nextRunInEvery
    self.fixture = fixture
    self.new = new
    let exists = try RealFileSystem().status(of: copy) != nil
    old = exists ? try CopySnapshot(of: copy) : nil
    history = exists ? try CopySnapshot.history(of: copy) : []
    added = CopySnapshot.changes(from: old, to: new)
    let released = old.map { CopySnapshot.dropped(from: $0, to: new) } ?? []
    dropped = released.union(exists ? try CopySoundness.dropped(copy) : [])
  }

  /// States by what was found in them.
  var summary: String {
    progress.withLock {
      "\($0.states) states: \($0.oldStates) old, \($0.newRefsOldHead) new refs with old HEAD, \($0.newStates) new; "
        + "\($0.healed) brought to the source"
    }
  }

  func check(_ state: CrashState) throws {
    let number = progress.withLock { progress in
      progress.states += 1
      return progress.states
    }
    let copy = state.root.pushing(place)
    if try RealFileSystem().status(of: copy) == nil {
      guard old == nil, !state.isFinal else { throw TestSupportError("the copy is gone") }
      let names = try CopySoundness.names(below: state.root.string)
      let isNew = progress.withLock { progress in
        progress.oldStates += 1
        return progress.namesSeen.insert(names).inserted
      }
      guard isNew else { return }
    } else {
      try checkCopy(copy, isFinal: state.isFinal)
      if number.isMultiple(of: 50) { try askGit(copy) }
    }
    guard number.isMultiple(of: nextRunInEvery) || state.isFinal || state.removed != nil else { return }
    try fixture.bring(copy, to: new)
    try requireHistory(copy, history + added)
    try requireDropped(copy)
    progress.withLock { $0.healed += 1 }
  }

  private func checkCopy(_ copy: FilePath, isFinal: Bool) throws {
    let found = try CopySnapshot(of: copy)
    let isNew = found == new
    let isHalf = old.map { found.refs == new.refs && found.head == $0.head } ?? false
    guard isNew || !isFinal && (found == old || isHalf) else {
      throw TestSupportError("neither old nor new: \(found)\n  old: \(old as Any)\n  new: \(new)")
    }
    progress.withLock {
      if isNew { $0.newStates += 1 } else if found == old { $0.oldStates += 1 } else { $0.newRefsOldHead += 1 }
    }
    try CopySoundness.requireReachable(copy)
    // Also of an empty copy: a later run puts its pack there.
    guard try RealFileSystem().status(of: copy.appending("objects/pack")) != nil else {
      throw TestSupportError("objects/pack is lost")
    }
    let refsMove = old?.refs != new.refs
    if isNew || isHalf && refsMove {
      try requireProtection(copy)
      try requireHistory(copy, history + added)
      try requireDropped(copy)
    } else if refsMove {
      try requireHistory(copy, history)
    }
    // Else HEAD alone moves: whether it is still to move or not, the journal decides when the copy is opened next.
  }

  private func requireHistory(_ copy: FilePath, _ expected: [String]) throws {
    let told = try CopySnapshot.history(of: copy)
    guard told == expected.sorted() else {
      throw TestSupportError("the history is not true: it tells \(told), what happened is \(expected.sorted())")
    }
  }

  private func requireDropped(_ copy: FilePath) throws {
    let missing = dropped.subtracting(try CopySoundness.dropped(copy))
    guard missing.isEmpty else { throw TestSupportError("not kept in the dropped log: \(missing)") }
  }

  /// Requires that dropped objects are protected from collection by the configuration before the refs move.
  private func requireProtection(_ copy: FilePath) throws {
    let bytes = try RealFileSystem().contents(of: copy.appending("config"), limit: 1 << 16) ?? []
    guard String(decoding: bytes, as: UTF8.self).contains("reflogExpireUnreachable = never") else {
      throw TestSupportError("refs moved before gc was told to keep what they drop")
    }
  }

  private func askGit(_ copy: FilePath) throws {
    let complaints = try GitCommand().fsck(copy.string, connectivityOnly: true)
    guard complaints.isEmpty else { throw TestSupportError("git fsck: \(complaints)") }
  }
}
