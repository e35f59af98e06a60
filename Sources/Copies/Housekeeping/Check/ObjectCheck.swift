package import DurableFiles
package import Foundation
internal import Git
internal import GitValues
package import Mirroring
internal import RefStore
package import SystemPackage
package import WorkerPool

/// Looks whether a copy still is what it was when it was written: every byte of its packs and loose objects, every ref,
/// and that all is there which refs, HEAD and history reach.
///
/// A pack was hashed object by object when it came; its own digest then shows whether one bit of it has changed since.
/// It takes no lock but to remove a derived file: packs never change, and one that goes away meanwhile was replaced by
/// another that stands. Bounded in memory by the number of objects, some 40 bytes each, not by their size.
package struct ObjectCheck {
  /// How far it is.
  package enum Progress: Sendable {
    /// Bytes that were hashed, of so many.
    case hashing(bytes: Int64, total: Int64)
    case walking(objects: Int)
  }

  let layout: CopyLayout
  let files: any FileSystemPort
  let cancellation: CancellationFlag
  let deadline: Deadline
  let believesProof: Bool
  let now: @Sendable () -> Date
  let report: (Progress) -> Void

  /// - Parameter believesProof: what an earlier check has walked, in packs whose bytes are the same, is not walked
  ///   again.
  package init(
    _ copy: FilePath, through files: any FileSystemPort = RealFileSystem(), deadline: Deadline,
    believesProof: Bool = true, now: @escaping @Sendable () -> Date = { Date() }, cancellation: CancellationFlag,
    report: @escaping (Progress) -> Void = { _ in }
  ) {
    layout = CopyLayout(root: copy)
    self.files = files
    self.believesProof = believesProof
    self.now = now
    self.deadline = deadline
    self.cancellation = cancellation
    self.report = report
  }

  /// Runs and says what it found; every failure is an outcome.
  package func execute() -> CheckOutcome {
    var outcome = CheckOutcome()
    do {
      guard try files.status(of: layout.own) != nil else {
        throw MirrorError(
          .destinationNotACopy, "check '\(layout.root)': it is no copy of remora's",
          hint: "name a directory that 'remora mirror' made")
      }
      let damage = try CopyExamination(layout.root, through: files).damage()
      guard damage.isEmpty else {
        // git cannot read such a copy at all; its objects are checked after it is repaired.
        outcome.findings = damage.map { CheckFinding(kind: .damaged, subject: $0.part, message: $0.message) }
        return outcome
      }
      for attempt in 1... {
        var found = CheckOutcome()
        try checkFiles(&found)
        if !found.isUnreadable { try checkReach(&found) }
        outcome = found
        // The check is repeated if a pack was replaced meanwhile.
        let isSettled = try PackInventory(layout, through: files).packs.count == found.packs
        if found.findings.isEmpty || isSettled || attempt == Self.attempts { break }
      }
      try removeDerived(&outcome)
      if outcome.findings.isEmpty { try recordProof(outcome) }
    } catch {
      outcome.error = MirrorError(error, "check", layout.root.string)
    }
    return outcome
  }

  private static let attempts = 3

  func checkTime() throws {
    try cancellation.check()
    guard !deadline.hasPassed else {
      throw MirrorError(
        .timeout, "check '\(layout.root)': the time that was allowed is over", hint: "give it more with --timeout")
    }
  }

  // MARK: What refs and history reach

  private func checkReach(_ outcome: inout CheckOutcome) throws {
    let view = try RefReader(repository: layout.root, files: files).view()
    outcome.findings += view.broken.map {
      CheckFinding(kind: .unreadable, subject: "\($0.name)", message: $0.reason)
    }
    let proven = try provenObjects(outcome)
    var walk = CompleteWalk(try ObjectDatabase(objectsDirectory: layout.objects.pathText), beyond: proven) {
      [report, checkTime] count in
      try checkTime()
      report(.walking(objects: count))
    }
    var tips = view.refs.map { (name: "\($0.name)", oid: $0.oid) }
    if case .detached(let oid) = view.head { tips.append(("HEAD", oid)) }
    try look(below: tips, &walk, .missing, &outcome)
    let log = try files.contents(of: layout.droppedLog, limit: CopyLayout.maximumFileBytes) ?? []
    let dropped = DroppedLines(log, now: .distantFuture).oids.filter { !$0.isZero }
    try look(below: dropped.map { ("the history's \($0)", $0) }, &walk, .history, &outcome)
    outcome.provenObjects = proven.count
    outcome.objects = walk.count + proven.count
  }

  /// Of many tips that lack the same object only one is reported.
  private func look(
    below tips: [(name: String, oid: ObjectID)], _ walk: inout CompleteWalk, _ kind: CheckFinding.Kind,
    _ outcome: inout CheckOutcome
  ) throws {
    var reported: Set<ObjectID> = []
    for tip in tips {
      do {
        guard let gap = try walk.gap(below: tip.oid), reported.insert(gap.oid).inserted else { continue }
        let needer = gap.neededBy.map { ", which \($0) needs" } ?? ""
        outcome.findings.append(
          CheckFinding(kind: kind, subject: tip.name, message: "object \(gap.oid)\(needer), is missing"))
      } catch let error as GitError {
        // Said once: what cannot be read is found below every tip.
        let finding = CheckFinding(
          kind: kind == .history ? .history : .damaged, subject: tip.name, message: error.message)
        if !outcome.findings.contains(where: { $0.message == finding.message }) { outcome.findings.append(finding) }
      }
    }
  }
}

/// What an object check came to.
package struct CheckOutcome: Sendable {
  package var findings: [CheckFinding] = []
  package var packs = 0
  package var looseObjects = 0
  /// Bytes that were read and hashed.
  package var bytes: Int64 = 0
  /// Objects that were walked, and those that an earlier check had proven.
  package var objects = 0
  /// Of these, those that needed no walk.
  package var provenObjects = 0
  /// Packs whose bytes are what their digests say.
  var soundPacks: [ProvenPacks.Pack] = []
  /// Some of it cannot be read from the disk. The walk is skipped then: a read error of a mapped file ends the process
  /// (SIGBUS).
  var isUnreadable = false
  /// Why the check could not be made; then `findings` are not all.
  package var error: MirrorError?

  /// Whether there is no damage, or all of it was repaired.
  package var isSound: Bool { error == nil && findings.allSatisfy(\.isRepaired) }
}

/// One thing that an object check found wrong with a copy.
package struct CheckFinding: Hashable, Sendable {
  package enum Kind: String, Sendable {
    /// A pack, its index or a loose object is not what it was when it was written.
    case damaged
    /// Something that a ref or HEAD needs is not there.
    case missing
    /// A ref or HEAD cannot be read.
    case unreadable
    /// Something that only the history names is not there: no source brings it back.
    case history
    /// A file that git can derive again (multi-pack-index, bitmap, reverse index, commit-graph) is damaged.
    case derived
  }

  package let kind: Kind
  /// A path within the copy, a ref, or an oid.
  package let subject: String
  /// The problem, on one line.
  package let message: String
  /// Whether it was repaired: a derived file was removed.
  package var isRepaired = false

  /// Whether a fresh download puts it right.
  package var isRepairable: Bool { [.damaged, .missing, .unreadable].contains(kind) }
}

extension CheckFinding: CustomStringConvertible {
  /// One line: subject, problem, remedy.
  package var description: String {
    let hint =
      switch kind {
      case .damaged, .missing:
        "move the copy aside and mirror again; 'remora restore' still reads what is whole of the old one"
      case .unreadable: "'remora mirror' puts it right"
      case .history: "it cannot be restored any more; all that refs need is judged by itself"
      case .derived: isRepaired ? "it was removed, git makes it anew" : "remove it, git makes it anew"
      }
    return "\(subject): \(message); \(hint)"
  }
}
