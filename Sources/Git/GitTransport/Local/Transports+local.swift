import ChildProcess
import WorkerPool

extension Transports {
  /// Whether a program is there to serve repositories of this machine.
  package var hasGit: Bool {
    ChildCommand.find(configuration.gitExecutable, in: configuration.environment) != nil
  }

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
