internal import DurableFiles
internal import Replication
internal import Scheduling
internal import SystemPackage
internal import WorkerPool

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
