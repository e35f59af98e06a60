internal import WorkerPool

/// A `git upload-pack` that runs on a thread of its own, as its reader sees it. When this goes away, the child goes too.
final class UploadPackJob: Sendable {
  private let outlet: ByteOutlet
  private let task: Task<Void, Never>
  private let translate: @Sendable (any Error) -> GitServingError

  /// Starts it; a place at the gate has been taken for it, and is given back at its end.
  init(
    _ run: UploadPackRun, threads: WorkerPool, gate: AskerGate, asker: Asker,
    translate: @escaping @Sendable (any Error) -> GitServingError
  ) {
    let outlet = ByteOutlet()
    self.outlet = outlet
    self.translate = translate
    task = Task {
      do {
        try await threads.run { flag in try run.run(into: outlet, cancellation: flag) }
        gate.leave(asker)
        outlet.finish()
      } catch {
        gate.leave(asker)
        outlet.finish(error)
      }
    }
  }

  deinit {
    task.cancel()
    outlet.abandon()
  }

  /// The next that the child says; `nil` when it has ended well.
  func next() async throws(GitServingError) -> [UInt8]? {
    do {
      return try await outlet.next()
    } catch {
      throw translate(error)
    }
  }
}
