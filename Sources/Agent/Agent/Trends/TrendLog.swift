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
