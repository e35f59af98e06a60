import DurableFiles
import Foundation
import GitValues
import Mirroring
import Replication
import RepositoryReplication
import Synchronization
import SystemPackage
import TestSupport

/// What must hold of a root of copies wherever a change of it was broken off, and after the calls that come next.
final class CrashCheck: Sendable {
  private let scenario: CrashScenario
  private let fixture: CrashFixture
  private let healingInEvery: Int
  private let refereeInEvery: Int
  private let counts = Mutex<[String: Int]>([:])

  /// - Parameters:
  ///   - healingInEvery: 1 to see in each state what the next calls make of it; else in each that has a multiple of this
  ///     number and in all in which the change is under way or done.
  ///   - refereeInEvery: the same for asking git about the end.
  init(_ scenario: CrashScenario, _ fixture: CrashFixture, healingInEvery: Int = 1, refereeInEvery: Int = 1) {
    self.scenario = scenario
    self.fixture = fixture
    self.healingInEvery = healingInEvery
    self.refereeInEvery = refereeInEvery
  }

  /// States by what was found in them.
  var summary: String {
    counts.withLock { $0.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ") }
  }

  /// - Parameter isDone: the change had returned without an error.
  func check(_ root: FilePath, isDone: Bool) throws {
    let found = try Found(root, fixture)
    let number = counts.withLock { counts in
      counts[found.description, default: 0] += 1
      return counts.values.reduce(0, +)
    }
    do {
      try judge(found, root, isDone)
      guard isDone || found.isUnderWay || number.isMultiple(of: healingInEvery) else { return }
      try heal(root, asksGit: isDone || number.isMultiple(of: refereeInEvery))
    } catch {
      throw TestSupportError("\(found), done \(isDone): \(error)")
    }
  }

  private func judge(_ found: Found, _ root: FilePath, _ isDone: Bool) throws {
    func require(_ condition: Bool, _ what: String) throws {
      guard condition else { throw TestSupportError(what) }
    }
    let places = [found.held, found.renamed, found.displaced] + found.trashed
    let olds = places.count { $0 == .old }
    switch scenario {
    case .swap:
      try require(found.held == .old || found.held == .new, "neither old nor new")
      try require(olds == 1, "the old copy is lost, or there twice")
      if found.held == .new { try requireHistoryCarryOver(root) }
      try require(!isDone || found.held == .new && found.trashed == [.old] && found.displaced == nil, "not done")
    case .discard:
      try require(olds == 1 && places.compactMap(\.self).count == 1, "the copy is lost, or there twice")
      try require(!isDone || found.trashed == [.old], "not done")
    case .restore:
      try require(olds == 1 && places.compactMap(\.self).count == 1, "the copy is lost, or there twice")
      try require(!isDone || found.held == .old, "not done")
    case .rename:
      try require(olds == 1 && places.compactMap(\.self).count == 1, "the copy is lost, or there twice")
      try require(!isDone || found.renamed == .old, "not done")
    case .emptying:
      try require(found.trashed.allSatisfy { $0 == .old }, "half a copy is offered")
      try require(!isDone || found.trashed.isEmpty, "not done")
    }
  }

  /// Requires what the swap carries over: the old copy's history, and the objects that it names.
  private func requireHistoryCarryOver(_ root: FilePath) throws {
    let copy = root.pushing(FilePath(CrashFixture.id + ".git"))
    let files = RealFileSystem()
    let journal = try files.contents(of: copy.pushing("remora/refs.journal.jsonl"), limit: 1 << 20) ?? []
    guard journal.starts(with: fixture.journal), journal.count > fixture.journal.count else {
      throw TestSupportError("the journal did not come along")
    }
    let log = try files.contents(of: copy.pushing("logs/refs/remora/dropped"), limit: 1 << 20) ?? []
    let text = String(decoding: log, as: UTF8.self)
    for oid in fixture.dropped where !text.contains(" \(oid.hex) ") {
      throw TestSupportError("not in the dropped log: \(oid)")
    }
    let tips = (0..<fixture.new.refs.count).map { fixture.new.refs.oid(at: $0) }
    let judgement = try GitCommand().attempt(
      ["-C", copy.string, "fsck", "--full", "--no-dangling", "--no-progress"] + (tips + fixture.dropped).map(\.hex))
    guard judgement.isSuccess else { throw TestSupportError("git fsck: \(judgement.errorText)") }
  }

  /// Makes the same change again to its end; the next sync makes the copy exact; nothing stays for ever.
  private func heal(_ root: FilePath, asksGit: Bool) throws {
    let strategy = CrashFixture.strategy(root)
    if scenario != .swap { try scenario.act(root, strategy, source: fixture.source) }
    let found = try Found(root, fixture)
    let parts: Set<String>
    switch scenario {
    case .swap: parts = ["group"]
    case .discard: parts = []
    case .restore:
      guard found.held == .old, found.trashed.isEmpty else { throw TestSupportError("not healed: \(found)") }
      parts = ["group"]
    case .rename:
      guard found.renamed == .old else { throw TestSupportError("not healed: \(found)") }
      parts = ["new"]
    case .emptying:
      guard found.trashed.isEmpty else { throw TestSupportError("not healed: \(found)") }
      parts = []
    }
    let present = Set(try FileManager.default.contentsOfDirectory(atPath: root.string))
    guard present.subtracting([".remora-trash"]) == parts else { throw TestSupportError("there is \(present)") }
    if asksGit || scenario == .swap { try requireExact(root, asksGit: asksGit) }
    // By age alone: nothing is too broken to go.
    _ = try CrashFixture.blocking {
      try await strategy.emptyTrash(before: Timestamp(milliseconds: 4_000_000_000_000))
    }
    let left = try FileManager.default.subpathsOfDirectory(atPath: root.string).filter { $0.contains(".remora") }
    guard left.filter({ $0 != ".remora-trash" }).isEmpty else { throw TestSupportError("left for ever: \(left)") }
  }

  private func requireExact(_ root: FilePath, asksGit: Bool) throws {
    try CrashFixture.sync(fixture.source, in: root)
    let copy = root.pushing(FilePath(CrashFixture.id + ".git"))
    guard try RepositoryReading.view(of: copy) == fixture.new else { throw TestSupportError("not synced") }
    guard asksGit else { return }
    let git = GitCommand()
    guard try git.view(copy.string) == git.view(fixture.source), try git.fsck(copy.string) == [] else {
      throw TestSupportError("git says otherwise: \(try git.fsck(copy.string))")
    }
  }
}

/// Where copies are in a root.
private struct Found: CustomStringConvertible {
  enum Copy: String { case old, new, half }

  let held: Copy?
  let renamed: Copy?
  /// Beside the copy, by a swap.
  let displaced: Copy?
  /// Those of the trash that are listed.
  let trashed: [Copy]

  init(_ root: FilePath, _ fixture: CrashFixture) throws {
    func look(_ path: String) throws -> Copy? {
      let path = root.pushing(FilePath(path))
      guard try RealFileSystem().status(of: path) != nil else { return nil }
      guard let view = try? RepositoryReading.view(of: path) else { return .half }  // how it is broken does not matter
      if view == fixture.old, try CrashFixture.names(in: path) == fixture.files { return .old }
      return view == fixture.new ? .new : .half
    }
    held = try look(CrashFixture.id + ".git")
    renamed = try look(CrashFixture.newID + ".git")
    displaced = try look("group/.remora-displaced-app.git")
    let strategy = CrashFixture.strategy(root)
    let tickets = try CrashFixture.blocking { try await strategy.trash() }
    guard tickets.allSatisfy({ $0.replicableID.text == CrashFixture.id }) else {
      throw TestSupportError("tickets of others: \(tickets)")
    }
    trashed = try tickets.compactMap { try look(".remora-trash/\($0.name)/repository.git") }
  }

  /// Not as it was before.
  var isUnderWay: Bool { held != .old || displaced != nil || !trashed.isEmpty }

  var description: String {
    var parts = [held.map { "\($0) in place" }, renamed.map { "\($0) renamed" }, displaced.map { "\($0) displaced" }]
    parts += trashed.map { "\($0) in the trash" }
    let text = parts.compactMap(\.self).joined(separator: " + ")
    return text.isEmpty ? "none" : text
  }
}
