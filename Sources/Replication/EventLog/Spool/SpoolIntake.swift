package import DurableFiles
package import Replication
package import SystemPackage
internal import TextBytes
package import WorkerPool

/// Reads the files that hooks have written to the spool directory.
///
/// A file is removed only after the handler has returned, so nothing that was spooled is lost; a crash between the two
/// passes it to the handler a second time. A file that is no event is moved to `bad/` for the operator, and is not read
/// again. Only one intake may run per directory: two would pass every event twice.
package struct SpoolIntake: Sendable {
  private let directory: FilePath
  private let pool: WorkerPool
  private let files: any FileSystemPort
  private let batchEvents: Int
  private let now: @Sendable () -> Timestamp

  /// Bytes of the files that are passed to the handler together, without the last of them.
  static let batchBytes = 8 << 20
  /// Maximum files in `bad/`; further invalid files are deleted.
  static let maximumBad = 1_000
  /// How long a writer may take. A hook ends within seconds; an older file was left by one that died.
  static let unfinishedAge = Duration.seconds(3_600)

  /// - Parameters:
  ///   - directory: `<state>/spool`, absolute. Created by `prepare` when missing.
  ///   - pool: where files are read and removed.
  ///   - batchEvents: the maximum of events that are passed to the handler together, 1 or more.
  ///   - now: the clock, to detect files whose writer has died.
  package init(
    _ directory: FilePath, pool: WorkerPool, files: any FileSystemPort = RealFileSystem(), batchEvents: Int = 1_000,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.directory = directory
    self.pool = pool
    precondition(batchEvents > 0, "a part has an event")
    self.files = files
    self.batchEvents = batchEvents
    self.now = now
  }

  /// Creates the directory and its `bad/` where they are missing.
  /// - Parameter permissions: of the spool directory: 0700, or 1730 with a hook group. `bad/` is only accessible to the
  ///   agent.
  package func prepare(permissions: FilePermissions = FilePermissions(rawValue: 0o700)) async throws {
    try await pool.run { _ in
      do throws(FileError) {
        var made = try files.makeDirectories(directory, permissions: permissions)
        made += try files.makeDirectories(bad, permissions: FilePermissions(rawValue: 0o700))
        try files.synchronizeParents(of: made)
      } catch {
        throw EventLogError(error)
      }
    }
  }

  /// Reads all present files, in order of names (that is, of time), in batches of bounded size.
  ///
  /// - Parameter handle: must return only after the events are durable elsewhere. It may receive an event twice.
  /// - Throws: the errors of `handle`, and `Cancelled`; the files of that batch stay. `EventLogError` when the
  ///   directory cannot be listed.
  @discardableResult
  package func take(_ handle: ([SpooledEvent]) async throws -> Void) async throws -> SpoolReport {
    var report = SpoolReport()
    var names = try await pool.run { _ in try self.candidates() }[...]
    while !names.isEmpty {
      let waiting = names
      let part = try await pool.run { _ in self.read(waiting) }
      names = names.dropFirst(part.looked)
      report.add(part.report)
      guard !part.events.isEmpty else { continue }
      try await handle(part.events)
      let (removed, problem) = try await pool.run { _ in self.remove(part.paths) }
      report.taken += part.events.count
      report.stuck += part.paths.count - removed
      if report.firstProblem == nil { report.firstProblem = problem }
    }
    return report
  }

  private var bad: FilePath { directory.appending(SpoolName.bad) }

  private struct Part: Sendable {
    var looked = 0
    var events: [SpooledEvent] = []
    var paths: [FilePath] = []
    var report = SpoolReport()
  }

  /// Returns finished files of any content, and unfinished ones whose writer has died. Other hidden names are skipped:
  /// they belong to an editor or a network file system.
  private func candidates() throws(EventLogError) -> [DirectoryEntry] {
    let entries: [DirectoryEntry]
    do { entries = try files.entries(of: directory) } catch { throw EventLogError(error) }
    return entries.filter { entry in
      guard entry.name.string != SpoolName.bad, entry.nameBytes.first != UInt8(ascii: ".") else { return false }
      return entry.kind != .regular || !SpoolName.ends(entry.name, in: SpoolName.unfinished) || isAbandoned(entry)
    }
  }

  private func isAbandoned(_ entry: DirectoryEntry) -> Bool {
    // A file whose status cannot be read is examined again at the next intake.
    guard let modified = try? files.status(of: directory.appending(entry.name))?.modified else { return false }
    return now() - Timestamp(milliseconds: modified.milliseconds) > Self.unfinishedAge
  }

  private func read(_ names: ArraySlice<DirectoryEntry>) -> Part {
    var part = Part()
    var bytes = 0
    for entry in names {
      guard part.events.count < batchEvents, bytes < Self.batchBytes else { break }
      part.looked += 1
      let path = directory.appending(entry.name)
      do {
        guard entry.kind == .regular, SpoolName.ends(entry.name, in: SpoolName.finished) else {
          try setAside(entry, &part.report)
          continue
        }
        switch try content(path) {
        case .gone: continue
        case .unfit: try setAside(entry, &part.report)
        case .text(let text):
          bytes += text.count
          // The operator can read the file in `bad/`, so no reason is kept.
          guard let event = try? SpooledEvent(text) else {
            try setAside(entry, &part.report)
            continue
          }
          part.events.append(event)
          part.paths.append(path)
        }
      } catch {
        part.report.note(EventLogError(error))
      }
    }
    return part
  }

  private enum Content {
    case text([UInt8])
    /// It was removed since it was listed.
    case gone
    /// It is too large, or became something else since it was listed.
    case unfit
  }

  private func content(_ path: FilePath) throws(FileError) -> Content {
    do {
      return try files.contents(of: path, limit: SpooledEvent.maximumBytes).map { .text($0) } ?? .gone
    } catch {
      switch error.code {
      case .fileTooLarge, .tooManySymbolicLinkLevels, .isDirectory, .invalidArgument: return .unfit
      default: throw error
      }
    }
  }

  private func setAside(_ entry: DirectoryEntry, _ report: inout SpoolReport) throws(FileError) {
    let path = directory.appending(entry.name)
    if try files.entries(of: bad).count >= Self.maximumBad {
      // Members of the hook's group own the files in a directory of the spool, and could redirect a walk: only an empty
      // directory is removed. Any other stays, and is reported.
      if entry.kind == .directory { try files.removeDirectory(path) } else { try files.unlink(path) }
      report.discarded += 1
    } else {
      // The random suffix distinguishes two files of one name.
      let suffix = Hex.padded(.random(in: .min ... .max))
      let name = String(entry.name.string.prefix(150))
      try files.rename(path, to: bad.appending("\(name).\(suffix)"))
    }
    report.setAside += 1
  }

  /// - Returns: how many were removed. A remaining one is passed to the handler again.
  private func remove(_ paths: [FilePath]) -> (removed: Int, problem: EventLogError?) {
    var removed = 0
    var problem: EventLogError?
    for path in paths {
      do {
        try files.unlink(path)
        removed += 1
      } catch {
        if error.code == .noSuchFileOrDirectory { removed += 1 } else { problem = problem ?? EventLogError(error) }
      }
    }
    return (removed, problem)
  }
}

/// The result of one intake of the spool.
package struct SpoolReport: Hashable, Sendable {
  /// Events that were handled, and whose files were removed.
  package internal(set) var taken = 0
  /// Files moved to `bad/`: not an event, too large, no regular file, or left unfinished for an hour.
  package internal(set) var setAside = 0
  /// Of those, how many were removed because `bad/` was full.
  package internal(set) var discarded = 0
  /// Files that could be neither read nor moved; with the first error.
  package internal(set) var stuck = 0
  package internal(set) var firstProblem: EventLogError?

  /// Nothing happened.
  package init() {}
}

extension SpoolReport {
  mutating func note(_ problem: EventLogError) {
    stuck += 1
    if firstProblem == nil { firstProblem = problem }
  }

  mutating func add(_ other: SpoolReport) {
    taken += other.taken
    setAside += other.setAside
    discarded += other.discarded
    stuck += other.stuck
    if firstProblem == nil { firstProblem = other.firstProblem }
  }
}
