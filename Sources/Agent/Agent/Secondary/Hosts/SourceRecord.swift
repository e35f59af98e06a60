internal import DurableFiles
internal import Replication
internal import Scheduling
internal import StateFiles
internal import SystemPackage
internal import WorkerPool

/// A secondary's record of failing hosts and unreachable repositories (`sources.json`), so that a restart neither asks
/// them all at once nor loses the start of their failures.
struct SourceRecord: Codable, Equatable {
  struct Host: Codable, Equatable {
    var host: String
    var failingSince: String
    var message: String
    var retryAt: String?
    /// The host named `retry_at` itself.
    var isToldWhen: Bool
    var lastAnswerAt: String?
  }

  struct Look: Codable, Equatable {
    var replicableName: String
    var id: String
    var failingSince: String
    var failures: Int
    var message: String
    var retryAt: String
  }

  var format = 1
  var hosts: [Host] = []
  var looks: [Look] = []

  init(_ hosts: [HostTable.Failure], _ looks: [LookFailure]) {
    self.hosts = hosts.filter { $0.host != SourceHost.machine }.map { failure in
      Host(
        host: failure.host, failingSince: "\(failure.since)", message: failure.message,
        retryAt: failure.retryAt.map { "\($0)" }, isToldWhen: failure.hasRetryAfter,
        lastAnswerAt: failure.lastAnswerAt.map { "\($0)" })
    }
    self.looks = looks.map { failure in
      Look(
        replicableName: failure.key.name.text, id: failure.key.id.text, failingSince: "\(failure.since)",
        failures: failure.failures, message: failure.message, retryAt: "\(failure.retryAt)")
    }
  }

  var hostFailures: [HostTable.Failure] {
    hosts.compactMap { host in
      guard let since = Timestamp(host.failingSince) else { return nil }
      return HostTable.Failure(
        host: host.host, since: since, message: host.message, retryAt: host.retryAt.flatMap { Timestamp($0) },
        hasRetryAfter: host.isToldWhen, lastAnswerAt: host.lastAnswerAt.flatMap { Timestamp($0) })
    }
  }

  var lookFailures: [LookFailure] {
    looks.compactMap { look in
      // A kind or id that this version does not accept is polled as a new one.
      guard let name = try? ReplicableName(look.replicableName), let id = try? ReplicableID(look.id),
        let since = Timestamp(look.failingSince), let retryAt = Timestamp(look.retryAt)
      else { return nil }
      return LookFailure(
        key: JobKey(name: name, id: id), since: since, failures: max(1, look.failures), message: look.message,
        retryAt: retryAt)
    }
  }

  /// - Returns: an empty record where there is none, or an unreadable one: then all are polled as new ones.
  static func read(_ path: FilePath, _ files: any FileSystemPort) -> SourceRecord {
    (try? file(path, files).read()) ?? SourceRecord([], [])
  }

  func write(_ path: FilePath, _ files: any FileSystemPort) throws {
    try Self.file(path, files).write(self)
  }

  private static func file(_ path: FilePath, _ files: any FileSystemPort) -> StateFile<SourceRecord> {
    StateFile(path, format: .json(), limit: 1 << 28, through: files)
  }
}

/// A repository that cannot be polled at its host, although the host answers for others.
struct LookFailure: Hashable, Sendable {
  var key: JobKey
  var since: Timestamp
  /// Consecutive failures.
  var failures: Int
  var message: String
  var retryAt: Timestamp
}

/// Writes the record of failing hosts and repositories when it has changed.
struct SourceRecordLoop: Sendable {
  let path: FilePath
  let storage: WorkerPool
  let hosts: SourceHosts
  let looks: @Sendable () async -> [LookFailure]
  let observer: any ReplicationObserver

  private static let tick = Duration.seconds(2)

  /// Runs until the task is cancelled, and writes once more at its end.
  func run() async {
    var written: SourceRecord?
    var hasFailed = false
    while true {
      let isLast = Task.isCancelled
      let record = SourceRecord(hosts.failures, await looks())
      if record != written, written != nil || record != SourceRecord([], []) {
        do {
          try await storage.run { [path] _ in try record.write(path, RealFileSystem()) }
          written = record
          hasFailed = false
        } catch {
          if !hasFailed, !isLast { observer.log(.trouble("write '\(path)': \(error)")) }
          hasFailed = true
        }
      }
      guard !isLast else { return }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.tick)
    }
  }
}
