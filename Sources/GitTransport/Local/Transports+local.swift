import WorkerPool

extension Transports {
  /// A child `git upload-pack` for a repository on this machine.
  func localChannel(
    _ path: String, cancellation: CancellationFlag, deadline: Deadline
  ) throws -> any UploadPackChannel {
    try LocalUploadPack(
      path: path, subject: path,
      settings: LocalUploadPack.Settings(
        gitExecutable: configuration.gitExecutable, environment: configuration.environment,
        silenceTimeout: configuration.silenceTimeout),
      cancellation: cancellation, deadline: deadline)
  }
}
