package import AgentAPI
internal import DurableFiles
internal import Foundation
package import Replication
internal import Synchronization
internal import SystemPackage

/// The epoch of this site and what follows from it, durable before anybody acts on it.
///
/// A primary that hears of a higher epoch than its own was replaced while nobody could tell it: from then on it refuses everything
/// and says why (a fence). After a crash at any line the file has the old record or the new one.
package final class SiteEpoch: Sendable {
  private let path: FilePath
  private let now: @Sendable () -> Timestamp
  private let state: Mutex<EpochRecord>
  private let restart = Signal()
  private let isRestartWanted = Mutex(false)

  /// Reads the record; a state directory without one was never part of a promotion.
  ///
  /// - Throws: `AgentFault` for a file that is not of this version.
  package init(state directory: String, now: @escaping @Sendable () -> Timestamp) throws {
    path = FilePath(directory).appending("epoch.json")
    self.now = now
    guard FileManager.default.fileExists(atPath: path.string) else {
      state = Mutex(EpochRecord())
      return
    }
    // One that cannot be read is no missing one: a fenced primary would be none.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path.string))
    guard let record = try? JSONDecoder().decode(EpochRecord.self, from: bytes), record.format == 1 else {
      throw AgentFault(
        500, "damaged", "read '\(path)': it is not this version's record of promotions",
        hint: "bring it back from a backup, or run the version that wrote it")
    }
    state = Mutex(record)
  }

  /// What is known now.
  package var record: EpochRecord { state.withLock { $0 } }

  /// - Throws: `AgentFault` 409 on a primary that was replaced.
  package func checkNotFenced(_ operation: String) throws(AgentFault) {
    guard let fence = record.fence else { return }
    throw AgentFault(
      409, "fenced", "\(operation): this primary was replaced by '\(fence.by)' at \(fence.at), epoch \(record.epoch)",
      hint: "ask '\(fence.by)'; to use this site again, make it a secondary of it")
  }

  /// A site that asks this primary has shown its epoch.
  ///
  /// - Throws: `AgentFault` 409 when this site was replaced, which may be known only now.
  package func hear(of epoch: UInt64, from site: String) throws {
    if epoch > record.epoch { try fence(epoch, by: site) }
    try checkNotFenced("answer '\(site)'")
  }

  /// This site's primary has shown its epoch.
  ///
  /// - Throws: `AgentFault` for one that was replaced and does not know.
  func learn(_ epoch: UInt64, of primary: String) throws {
    let known = record.epoch
    guard epoch >= known else {
      throw AgentFault(
        409, "old_epoch",
        "follow the primary at '\(primary)': its epoch is \(epoch), and a primary of epoch \(known) is known",
        hint: "it was replaced by a promotion; name the new primary in the configuration")
    }
    try checkPlausible(epoch, of: primary)
    if epoch > known { try change { $0.epoch = epoch } }
  }

  /// More promotions than there can have been: another one must still have a number.
  private static let endless: UInt64 = 1 << 53

  private func checkPlausible(_ epoch: UInt64, of site: String) throws(AgentFault) {
    guard epoch < Self.endless else {
      throw AgentFault(400, "invalid_request", "take the epoch \(epoch) of '\(site)': nobody was promoted so often")
    }
  }

  /// Another site is the primary from now on.
  func fence(_ epoch: UInt64, by site: String) throws {
    try checkPlausible(epoch, of: site)
    let at = "\(now())"
    try change { record in
      record.epoch = max(record.epoch, epoch)
      if record.fence?.by != site { record.fence = .init(at: at, by: site) }
    }
  }

  /// What a fence was set for did not come about.
  func liftFence(to epoch: UInt64) throws {
    try change { record in
      record.epoch = epoch
      record.fence = nil
    }
  }

  /// This site is the primary from the next opening on, which `restartIsWanted` asks for.
  func promote(_ epoch: UInt64, _ promotion: EpochRecord.Promotion?) throws {
    try change { record in
      record.epoch = epoch
      record.promotion = promotion
      record.fence = nil
    }
    askForRestart()
  }

  /// The site shall be opened again, by the same process.
  package func askForRestart() {
    isRestartWanted.withLock { $0 = true }
    restart.raise()
  }

  /// The former primary knows.
  func formerIsFenced() throws { try change { $0.promotion?.isFormerFenced = true } }

  /// Whether the site was promoted since it was opened, or has other kinds: it is opened again, as what it is now.
  package var wantsRestart: Bool { isRestartWanted.withLock { $0 } }

  /// Returns when it was, or when the task is cancelled.
  package func waitForRestart() async {
    while !wantsRestart, !Task.isCancelled { await restart.wait(atMost: .seconds(3_600)) }
  }

  private func change(_ body: (inout EpochRecord) -> Void) throws {
    try state.withLock { current in
      var record = current
      body(&record)
      guard record != current else { return }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      let bytes = [UInt8](try encoder.encode(record)) + [UInt8(ascii: "\n")]
      try RealFileSystem().replaceFile(path, with: bytes, permissions: FilePermissions(rawValue: 0o600))
      current = record
    }
  }
}
