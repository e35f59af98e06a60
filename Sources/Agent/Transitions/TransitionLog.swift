internal import AgentAPI
internal import DurableFiles
internal import Foundation
internal import Replication
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// What happened to each replicable lately: kept in `<state>/transitions/`, and told to whoever listens.
///
/// For people to look at, and nothing depends on it: it is written once a second, so that a crash takes the last second with
/// it, and no change waits for it. Files are turned at 32 MB, and four are kept: of a site with very much to do the oldest
/// transitions go first.
final class TransitionLog: Sendable {
  private struct Books {
    var unwritten: [TransitionRow] = []
    var listeners: [UInt64: AsyncStream<[TransitionRow]>.Continuation] = [:]
    var nextListener: UInt64 = 0
    var untold: [TransitionRow] = []
  }

  private let directory: FilePath
  private let storage: WorkerPool
  private let now: @Sendable () -> Timestamp
  private let books = Mutex(Books())
  /// Files are written by one and read by others, and turned between.
  private let turning = Mutex(())

  private static let fileBytes = 32 << 20
  private static let files = 4
  /// A burst beyond this between two writes loses its oldest lines rather than the agent's memory.
  private static let longestBacklog = 100_000
  /// Listeners at a time: each holds a connection.
  private static let mostListeners = 64

  init(state: String, storage: WorkerPool, now: @escaping @Sendable () -> Timestamp) async throws {
    directory = FilePath(state).appending("transitions")
    self.storage = storage
    self.now = now
    let directory = directory
    try await storage.run { _ in
      try FileManager.default.createDirectory(
        atPath: directory.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
  }

  /// Transitions whose changes are done.
  func note(_ transitions: [Transition]) {
    guard !transitions.isEmpty else { return }
    let moment = now()
    let rows = transitions.map { $0.row(at: moment) }
    books.withLock { books in
      books.unwritten += rows
      if !books.listeners.isEmpty { books.untold += rows }
      for list in [\Books.unwritten, \Books.untold] where books[keyPath: list].count > Self.longestBacklog {
        books[keyPath: list].removeFirst(books[keyPath: list].count - Self.longestBacklog)
      }
    }
  }

  /// Transitions from now on, a few times a second; ends with the task that reads it. Who reads too slowly misses some.
  ///
  /// - Returns: `nil` when too many listen already.
  func listen() -> AsyncStream<[TransitionRow]>? {
    let (stream, continuation) = AsyncStream.makeStream(of: [TransitionRow].self, bufferingPolicy: .bufferingNewest(16))
    let number = books.withLock { books -> UInt64? in
      guard books.listeners.count < Self.mostListeners else { return nil }
      defer { books.nextListener += 1 }
      books.listeners[books.nextListener] = continuation
      return books.nextListener
    }
    guard let number else { return nil }
    continuation.onTermination = { [weak self] _ in
      _ = self?.books.withLock { $0.listeners.removeValue(forKey: number) }
    }
    return stream
  }

  /// Tells listeners and writes, until the task is cancelled; then writes what is left.
  func run(_ observer: any ReplicationObserver) async {
    var turn = 0
    var failure: String?
    while !Task.isCancelled {
      // Cancelled: the loop sees it.
      try? await Task.sleep(for: .milliseconds(250))
      tell()
      turn += 1
      guard turn.isMultiple(of: 4) || Task.isCancelled else { continue }
      do {
        try await write()
        failure = nil
      } catch {
        if "\(error)" != failure { observer.log(.trouble("write the transitions of replicables: \(error)")) }
        failure = "\(error)"
      }
    }
    for listener in books.withLock({ $0.listeners.values.map { $0 } }) { listener.finish() }
  }

  private func tell() {
    let (rows, listeners) = books.withLock { books in
      defer { books.untold = [] }
      return (books.untold, Array(books.listeners.values))
    }
    guard !rows.isEmpty else { return }
    for listener in listeners { listener.yield(rows) }
  }

  /// Lines that cannot be written stay for the next time.
  private func write() async throws {
    let rows = books.withLock { $0.unwritten }
    guard !rows.isEmpty else { return }
    try await storage.run { [self] _ in
      var bytes: [UInt8] = []
      for row in rows { bytes += try AgentJSON.encode(row) + [UInt8(ascii: "\n")] }
      try turning.withLock { _ in
        let files = RealFileSystem()
        let path = path(0)
        if let length = try files.status(of: path)?.size, length > Self.fileBytes { try turn(files) }
        let file = try files.openForAppending(path, permissions: FilePermissions(rawValue: 0o600))
        try file.write(bytes)
        try file.close()
      }
    }
    books.withLock { $0.unwritten.removeFirst(min(rows.count, $0.unwritten.count)) }
  }

  private func turn(_ files: RealFileSystem) throws {
    for number in (0..<(Self.files - 1)).reversed() where try files.status(of: path(number)) != nil {
      try files.rename(path(number), to: path(number + 1))
    }
  }

  private func path(_ number: Int) -> FilePath { directory.appending("transitions.\(number).jsonl") }

  /// The last ones of one replicable, the newest first.
  func last(_ limit: Int, of name: ReplicableName, _ id: ReplicableID) async throws -> [TransitionRow] {
    let isWanted = { @Sendable (row: TransitionRow) in row.modelRecordId == id.text && row.replicableName == name.text }
    let fresh = books.withLock { $0.unwritten.filter(isWanted) }
    let written = try await storage.run { [self] _ in
      // What is written is searched for by the very bytes that it was written with.
      let value = String(decoding: try AgentJSON.encode([id.text]).dropFirst().dropLast(), as: UTF8.self)
      let needle = Array("\"model_record_id\":\(value)".utf8)
      return try turning.withLock { _ in
        var found: [TransitionRow] = []
        for number in 0..<Self.files where found.count < limit {
          guard FileManager.default.fileExists(atPath: path(number).string) else { break }
          let data = try Data(contentsOf: URL(filePath: path(number).string), options: .mappedIfSafe)
          found =
            LineSearch.lines(in: data, holding: needle, last: limit)
            .compactMap { try? AgentJSON.decode(TransitionRow.self, from: $0) }.filter(isWanted) + found
        }
        return found
      }
    }
    return Array((written + fresh).suffix(limit).reversed())
  }
}
