internal import AgentAPI
internal import DurableFiles
internal import Foundation
internal import Replication
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// A site's minutes of the last day, kept in `<state>/trends.jsonl` across restarts.
///
/// For display only: a loss of power may lose the last minutes.
final class TrendLog: Sendable {
  /// Seconds that a sample covers.
  static let interval = 60
  private static let samples = 24 * 60

  private let path: FilePath
  private let storage: WorkerPool
  private let rows: Mutex<[TrendRow]>

  init(state: String, storage: WorkerPool) async throws {
    path = FilePath(state).appending("trends.jsonl")
    self.storage = storage
    let path = path
    rows = Mutex(
      try await storage.run { _ in
        guard let bytes = FileManager.default.contents(atPath: path.string) else { return [] }
        // A torn line is a missing minute.
        let rows = bytes.split(separator: UInt8(ascii: "\n")).compactMap {
          try? AgentJSON.decode(TrendRow.self, from: $0)
        }.suffix(Self.samples)
        try RealFileSystem().replaceFile(
          path, with: try rows.flatMap(Self.line), permissions: FilePermissions(rawValue: 0o600))
        return Array(rows)
      })
  }

  private static func line(_ row: TrendRow) throws -> [UInt8] { try AgentJSON.encode(row) + [UInt8(ascii: "\n")] }

  /// Appends a row. The file grows by a line a minute until the next start: 60 MB in a year.
  func add(_ row: TrendRow) async throws {
    rows.withLock { rows in
      rows.append(row)
      if rows.count > Self.samples { rows.removeFirst() }
    }
    let path = path
    try await storage.run { _ in
      let file = try RealFileSystem().openForAppending(path, permissions: FilePermissions(rawValue: 0o600))
      try file.write(try Self.line(row))
      try file.close()
    }
  }

  var page: TrendPage { TrendPage(intervalSeconds: Self.interval, samples: rows.withLock { $0 }) }
}

/// Counts events between two samples of a site's trend.
final class TrendCounter: Sendable {
  struct Counts: Sendable {
    var lags: [Duration] = []
    var syncs = 0
    var bytes: UInt64 = 0
  }

  private let counts = Mutex(Counts())
  /// If a minute has more verifications, its lag is computed from the first of them.
  private static let mostLags = 10_000

  func lag(_ lag: Duration) {
    counts.withLock { if $0.lags.count < Self.mostLags { $0.lags.append(lag) } }
  }

  func synced() { counts.withLock { $0.syncs += 1 } }

  func transferred(_ bytes: UInt64) { counts.withLock { $0.bytes &+= bytes } }

  /// Returns the counts since the last call.
  func take() -> Counts {
    counts.withLock { counts in
      defer { counts = Counts() }
      return counts
    }
  }
}

/// Takes a sample of a site each minute.
struct TrendLoop: Sendable {
  let log: TrendLog
  let counter: TrendCounter
  let observer: any ReplicationObserver
  let environment: SiteEnvironment
  let status: @Sendable () async throws -> StatusRow

  /// Runs until the task is cancelled.
  func run() async {
    var lastEventID = try? await status().lastEventId
    while !Task.isCancelled {
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: .seconds(TrendLog.interval))
      guard !Task.isCancelled else { return }
      do {
        let status = try await status()
        try await log.add(row(status, since: lastEventID))
        lastEventID = status.lastEventId
      } catch {
        if !Task.isCancelled { observer.log(.trouble("keep the numbers of a minute: \(error)")) }
      }
    }
  }

  private func row(_ status: StatusRow, since lastEventID: UInt64?) -> TrendRow {
    let counts = counter.take()
    var row = TrendRow(at: "\(environment.now())", changes: counts.syncs, queue: 0)
    guard status.role == .secondary else {
      if let lastEventID, let end = status.lastEventId, end > lastEventID { row.changes = Int(end - lastEventID) }
      row.queue = status.kinds.reduce(0) { $0 + $1.count(VerificationWord.pending) }
      return row
    }
    row.queue = status.kinds.reduce(0) { $0 + $1.count(SyncWord.pending) + $1.needsVerification }
    row.transferredBytes = counts.bytes
    row.oldestUnsyncedSeconds = status.oldestUnsynced?.seconds ?? 0
    if let lag = ReplicationLag(of: counts.lags) {
      row.lagP50Seconds = AgentMetrics.rounded(lag.median)
      row.lagMaxSeconds = AgentMetrics.rounded(lag.longest)
    }
    return row
  }
}
