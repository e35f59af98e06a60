internal import Git
internal import RefStore
internal import SystemPackage
internal import WorkerPool

extension GitServingError {
  /// The error of a layer below in the words of this room.
  init(_ error: any Error, _ path: FilePath, _ settings: GitServingSettings) {
    switch error {
    case let error as GitServingError: self = error
    case is Cancelled, is CancellationError: self.init(.cancelled, path, "given up")
    case let error as WorkerPoolError:
      self.init(
        error.code == .full ? .busy : .cancelled, path, "\(error)",
        retryAfter: error.code == .full ? settings.retryAfter : nil)
    case let error as GitError: self.init(error, path)
    case let error as RefStoreError: self.init(error, path, settings)
    default: self.init(.failed, path, "\(error)")
    }
  }

  private init(_ error: GitError, _ path: FilePath) {
    switch error.code {
    case .notARepository, .notFound: self.init(.notARepository, path, "\(error)")
    case .notOwned: self.init(.notOwned, path, "\(error)", hint: "add its owner to trusted_owners if you trust it")
    default: self.init(.failed, path, "\(error)")
    }
  }

  private init(_ error: RefStoreError, _ path: FilePath, _ settings: GitServingSettings) {
    switch error {
    case .notARepository: self.init(.notARepository, path, "\(error)")
    case .changing: self.init(.busy, path, "\(error)", retryAfter: settings.retryAfter)
    case .unsupportedFormat, .file: self.init(.failed, path, "\(error)")
    }
  }
}
