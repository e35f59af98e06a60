import WorkerPool

extension Transports {
  /// A child `git upload-pack` for a repository on this machine.
  func localChannel(
    _ path: String, cancellation: CancellationFlag, deadline: Deadline
  ) throws -> any UploadPackChannel {
    throw TransportError(
      .unsupportedSource, operation: "reach", subject: path, cause: "local paths are not supported yet")
  }
}
