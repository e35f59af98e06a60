internal import AgentAPI
internal import DurableFiles
internal import Foundation
internal import Replication
internal import Synchronization
internal import SystemPackage
internal import WorkerPool

/// Records the recent transitions of each replicable in `<state>/transitions/`, and sends them to listeners.
///
/// For display only: it is written once a second, so that a crash loses the last second, and no change waits for it.
/// Files are rotated at 32 MB, and four are kept; the oldest transitions are dropped first.
final class TransitionLog: Sendable {
  private struct Books {
    var unwritten: [TransitionRow] = []
    var listeners: [UInt64: AsyncStream<[NumberedTransition]>.Continuation] = [:]
    var nextListener: UInt64 = 0
    /// The last ones, for listeners that reconnect: consecutive numbers.
    var recent: [NumberedTransition] = []
    /// The number of the last one.
    var last: UInt64 = 0
    /// The number of the last one that was sent to listeners.
    var given: UInt64 = 0

    mutating func append(_ rows: [TransitionRow]) {
      unwritten += rows
      for row in rows {
        last += 1
        recent.append(NumberedTransition(number: last, row: row))
      }
      if unwritten.count > TransitionLog.longestBacklog {
        unwritten.removeFirst(unwritten.count - TransitionLog.longestBacklog)
      }
      // Seldom, so that it costs little.
      if recent.count > 2 * TransitionLog.remembered {
        recent.removeFirst(recent.count - TransitionLog.remembered)
      }
    }

    /// Returns those after a number up to another, as far as they are kept.
    func transitions(after number: UInt64, to end: UInt64) -> [NumberedTransition] {
      guard let first = recent.first?.number, number < end, end >= first else { return [] }
      let lower = max(number + 1, first) - first
      let upper = end - first
      guard lower <= upper else { return [] }
      return Array(recent[Int(lower)...Int(upper)])
    }
  }

  private let directory: FilePath
  private let storage: WorkerPool
  private let now: @Sendable () -> Timestamp
  private let mostListeners: Int
  /// Identifies the run of the agent in event ids.
  private let run = String(UInt64.random(in: .min ... .max), radix: 36)
  private let books = Mutex(Books())
  /// Serializes writing, reading and rotation of files.
  private let turning = Mutex(())

  private static let fileBytes = 32 << 20
  private static let files = 4
  /// A larger burst between two writes loses its oldest lines, to bound memory.
  fileprivate static let longestBacklog = 100_000
  /// Transitions kept for listeners that reconnect.
  fileprivate static let remembered = 4_096

  /// - Parameter mostListeners: the maximum of concurrent listeners: each holds a connection.
  init(
    state: String, storage: WorkerPool, mostListeners: Int = 64, now: @escaping @Sendable () -> Timestamp
  ) async throws {
    self.mostListeners = mostListeners
    directory = FilePath(state).appending("transitions")
    self.storage = storage
    self.now = now
    let directory = directory
    try await storage.run { _ in
      try FileManager.default.createDirectory(
        atPath: directory.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
  }

  /// Records transitions whose changes are made.
  func note(_ transitions: [Transition]) {
    guard !transitions.isEmpty else { return }
    let moment = now()
    let rows = transitions.map { $0.row(at: moment) }
    books.withLock { $0.append(rows) }
  }

  /// Returns a listener for transitions from now on, sent a few times a second. A slow reader misses some, which it
  /// detects by their numbers.
  ///
  /// - Parameter id: of the last event that the reader received: the listener continues after it, if it is still kept.
  ///   `nil` for a new reader.
  /// - Returns: `nil` when there are too many listeners.
  func listen(after id: String?) -> TransitionListener? {
    let (stream, continuation) = AsyncStream.makeStream(
      of: [NumberedTransition].self, bufferingPolicy: .bufferingNewest(16))
    let place = id.map(number(of:))
    let found = books.withLock { books -> (listener: UInt64, start: UInt64, isReset: Bool)? in
      guard books.listeners.count < mostListeners else { return nil }
      defer { books.nextListener += 1 }
      books.listeners[books.nextListener] = continuation
      guard case .some(let number?) = place, number <= books.given else {
        return (books.nextListener, books.given, place != nil)
      }
      let missed = books.transitions(after: number, to: books.given)
      if !missed.isEmpty { continuation.yield(missed) }
      return (books.nextListener, number, false)
    }
    guard let found else { return nil }
    let leave = { @Sendable [weak self] in
      let continuation = self?.books.withLock { $0.listeners.removeValue(forKey: found.listener) }
      continuation?.finish()
    }
    return TransitionListener(
      batches: stream, start: found.start, isReset: found.isReset, run: run, leave: leave)
  }

  /// Returns the number in an event's id; `nil` for one of another run, and for an invalid one.
  private func number(of id: String) -> UInt64? {
    let parts = id.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == run, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return UInt64(parts[1])
  }

  /// The number of listeners.
  var listenerCount: Int { books.withLock { $0.listeners.count } }

  /// Notifies listeners and writes, until the task is cancelled; then writes the remaining transitions.
  func run(_ observer: any ReplicationObserver) async {
    var turn = 0
    var failure: String?
    while !Task.isCancelled {
      // Throws only when cancelled, which the loop checks.
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
    let (batch, listeners) = books.withLock { books in
      defer { books.given = books.last }
      return (books.transitions(after: books.given, to: books.last), Array(books.listeners.values))
    }
    guard !batch.isEmpty else { return }
    for listener in listeners { listener.yield(batch) }
  }

  /// Lines that cannot be written are kept for the next write.
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

  /// Returns the last ones of one replicable, the newest first.
  func last(_ limit: Int, of name: ReplicableName, _ id: ReplicableID) async throws -> [TransitionRow] {
    let isWanted = { @Sendable (row: TransitionRow) in row.modelRecordId == id.text && row.replicableName == name.text }
    let fresh = books.withLock { $0.unwritten.filter(isWanted) }
    let written = try await storage.run { [self] _ in
      // The search compares the encoded bytes, so the value is encoded the same way.
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

/// Finds the lines of a file that hold some bytes, by Horspool's search (1980): it skips most bytes of a file of 32 MB.
enum LineSearch {
  /// Returns the last complete lines that contain the needle, in the file's order; a torn line is left out.
  static func lines(in data: Data, holding needle: [UInt8], last limit: Int) -> [[UInt8]] {
    guard !needle.isEmpty else { return [] }
    var skips = [Int](repeating: needle.count, count: 256)
    for (index, byte) in needle.dropLast().enumerated() { skips[Int(byte)] = needle.count - 1 - index }
    var found: [[UInt8]] = []
    data.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) in
      var start = 0
      while start + needle.count <= buffer.count {
        guard buffer[start..<start + needle.count].elementsEqual(needle) else {
          start += skips[Int(buffer[start + needle.count - 1])]
          continue
        }
        let begin = buffer[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) else { return }
        found.append(Array(buffer[begin..<end]))
        if found.count > 2 * limit { found.removeFirst(limit) }
        start = end + 1
      }
    }
    return found.suffix(limit)
  }
}
