internal import ChildProcess
internal import DurableFiles
internal import Foundation
internal import Git
internal import Glibc
package import Mirroring
internal import StateFiles
package import SystemPackage
internal import WorkerPool

/// One housekeeping at work on a copy whose owner lock is held.
///
/// The order of its steps and what a crash between two of them leaves:
///
/// 1. A new pack is made in staging and shown to hold what it is to replace. Crash: a staging directory, which the next
///    run of either kind removes.
/// 2. It is linked into `objects/pack`, pack before index, and is durable there. Crash: objects lie in two packs.
/// 3. The multi-pack-index is replaced by one that does not name the packs that are to go. From here on no new reader
///    is led to them; those who began before may be. Crash: as before.
/// 4. The packs that are to go are noted with the time. Crash: they are there, and readable.
/// 5. An hour later they are removed, index before pack, if their objects still are elsewhere. Crash: a pack without an
///    index, which the note still names.
final class HousekeepingWork {
  let layout: CopyLayout
  let settings: HousekeepingSettings
  let environment: HousekeepingEnvironment
  let cancellation: CancellationFlag
  let enter: @Sendable (HousekeepingPhase) -> Void
  let deadline: Deadline
  let packer: any Packer
  var outcome = HousekeepingOutcome()

  init(
    _ layout: CopyLayout, settings: HousekeepingSettings, environment: HousekeepingEnvironment,
    cancellation: CancellationFlag, report: @escaping @Sendable (HousekeepingPhase) -> Void
  ) {
    self.layout = layout
    self.settings = settings
    self.environment = environment
    self.cancellation = cancellation
    enter = report
    deadline = .after(settings.run)
    packer = PackerChoice.packer(
      for: layout, through: environment.files, in: environment.variables, deadline: deadline, cancellation: cancellation
    )
  }

  var files: any FileSystemPort { environment.files }
  var attempt: String { "housekeep '\(layout.root)'" }
  var staging: PackStaging { PackStaging(layout: layout, files: files) }

  /// Throws when the housekeeping was cancelled or has no time left.
  func checkTime() throws {
    try cancellation.check()
    guard !deadline.hasPassed else { throw HousekeepingFailure.timeout(attempt) }
  }

  func warn(_ code: String, _ message: String) { outcome.warnings.append(.init(code: code, message: message)) }

  /// Runs all steps. Steps done before a failure stay done, and are reported with it.
  func run() -> HousekeepingOutcome {
    do {
      try keepHouse()
      outcome.status = outcome.hasDoneAnything ? .done : .nothing
    } catch {
      outcome.status = .failed
      outcome.error = HousekeepingFailure.translate(error, attempt: attempt, copy: layout.root)
      // A pack of many gigabytes that came to nothing must not lie there until the next run, which else would remove
      // it.
      try? CopyRecovery(layout: layout, files: files).recover(at: environment.now())
    }
    return outcome
  }

  private func keepHouse() throws {
    enter(.sweeping)
    try CopyRecovery(layout: layout, files: files).recover(at: environment.now())
    var record = try ReplacedPacks.load(layout, through: files)
    let before = try PackInventory(layout, through: files)
    outcome.packsBefore = before.without(record).count
    outcome.bytesBefore = before.bytes
    try removeReplaced(&record)
    if settings.scope == .everything { try trim() }
    let isRepacked = settings.scope == .everything ? try repackIfWorthwhile(&record) : false
    if !isRepacked, settings.scope != .removal { try consolidate(&record) }
    enter(.finishing)
    let after = try PackInventory(layout, through: files)
    outcome.packsAfter = after.without(record).count
    outcome.bytesAfter = after.bytes
    outcome.waiting = record.packs.count
    try ServerInfo(layout, through: files).refreshPacks()
    if try files.status(of: layout.staging) != nil { try staging.remove() }
  }
}

extension CopyLayout {
  /// Names the packs that a reader may still have open, and since when others stand in their place.
  package var replacedPacks: FilePath { own.appending("replaced.json") }
  /// When it was last measured how much of the copy is needed.
  package var measurement: FilePath { own.appending("housekeeping.json") }
  /// Of which packs an object check has shown that they are whole, and when.
  package var provenPacks: FilePath { own.appending("check.json") }
  var multiPackIndex: FilePath { packs.appending("multi-pack-index") }
  var commitGraph: FilePath { objects.appending("info").appending("commit-graph") }
}

/// A small JSON file of a copy that can be derived again: an unreadable one counts as missing.
protocol DerivedRecord: Codable, Sendable {
  /// 1.
  var format: Int { get }
}

extension DerivedRecord {
  /// `nil` when there is none that can be used.
  ///
  /// - Parameter limit: bytes; a longer one is as none.
  /// - Throws: `FileError` for a file that is there and cannot be opened.
  static func load(_ path: FilePath, limit: Int, through files: any FileSystemPort) throws(FileError) -> Self? {
    try StateFile(path, format: .json(), limit: limit, through: files).readIfUsable()
  }

  /// The bytes of the file. Its writer stages them, so that a crash leaves no other file beside it.
  func encoded() throws -> [UInt8] { try StateFormat<Self>.json().encode(self) }
}

/// Translates the errors of the targets below into those of commands.
enum HousekeepingFailure {
  static func translate(_ error: any Error, attempt: String, copy: FilePath) -> MirrorError {
    switch error {
    case is Cancelled: MirrorError(.cancelled, "\(attempt): cancelled", hint: "the copy is sound; run again")
    case ChildFailure.runTimedOut, ChildFailure.silent: timeout(attempt)
    case ChildFailure.failed(let what, let code):
      MirrorError(.housekeepingFailed, "\(attempt): \(what) git: \(String(cString: strerror(code)))", hint: "run again")
    case let missing as ConnectivityCheck.Missing: incomplete(missing, attempt)
    case let error as GitError where error.code == .packCorrupt:
      MirrorError(
        .housekeepingFailed, "\(attempt): index the new pack: \(error.message)",
        hint: "the copy is as it was; look at it with 'git fsck'")
    default: MirrorError(error, "housekeep", copy.string)
    }
  }

  static func timeout(_ attempt: String) -> MirrorError {
    MirrorError(.timeout, "\(attempt): it took longer than it may", hint: "give it more time; the copy is sound")
  }

  private static func incomplete(_ missing: ConnectivityCheck.Missing, _ attempt: String) -> MirrorError {
    let needer = missing.neededBy.map { ", which \($0) needs," } ?? ""
    return MirrorError(
      .destinationDamaged, "\(attempt): object \(missing.oid)\(needer) is missing",
      hint: "nothing was removed; look at the copy with 'git fsck'")
  }
}
