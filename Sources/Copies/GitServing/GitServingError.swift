internal import Git
internal import RefStore
package import SystemPackage
internal import WorkerPool

/// Why a repository was not served. Shown to the operator; a client gets `summary`, which contains no path.
package struct GitServingError: Error, Sendable {
  /// What kind of failure, and with it the status of the answer.
  package enum Code: String, Sendable {
    /// Not a bare repository, or none at all.
    case notARepository = "not_a_repository"
    /// It belongs to a user whom we do not trust.
    case notOwned = "not_owned"
    case badRequest = "bad_request"
    case requestTooLarge = "request_too_large"
    case requestTimeout = "request_timeout"
    /// A `Content-Encoding` other than gzip.
    case unsupportedEncoding = "unsupported_encoding"
    /// As many are served as may be served.
    case busy
    /// git said nothing for too long, or took too long in all.
    case timeout
    /// The client left unread what it asked for.
    case clientStalled = "client_stalled"
    /// The request was given up, or we are about to stop.
    case cancelled
    /// git failed, or the disk did.
    case failed
  }

  package let code: Code
  /// The repository that was requested.
  package let path: FilePath
  /// What went wrong, for the operator; one line, the beginning of git's standard error included.
  package let cause: String
  /// What to do about it; nil where the cause says it all.
  package let hint: String?
  /// When to come again, for `busy`.
  package let retryAfter: Duration?

  init(_ code: Code, _ path: FilePath, _ cause: String, hint: String? = nil, retryAfter: Duration? = nil) {
    self.code = code
    self.path = path
    self.cause = cause
    self.hint = hint
    self.retryAfter = retryAfter
  }

  /// The status of the answer (RFC 9110 § 15).
  package var httpStatus: Int {
    switch code {
    case .notARepository: 404
    case .notOwned: 403
    case .badRequest: 400
    case .requestTooLarge: 413
    case .requestTimeout, .clientStalled: 408
    case .unsupportedEncoding: 415
    case .busy, .cancelled: 503
    case .timeout: 504
    case .failed: 500
    }
  }

  /// One line for the client.
  package var summary: String {
    switch code {
    case .notARepository: "there is no such repository"
    case .notOwned: "the repository belongs to a user whom this server does not trust"
    case .badRequest: "the request is not one of git's"
    case .requestTooLarge: "the request is too large"
    case .requestTimeout: "the request took too long to arrive"
    case .clientStalled: "the answer was not read"
    case .unsupportedEncoding: "only gzip is understood as Content-Encoding"
    case .busy: "too many are being served; try again later"
    case .cancelled: "the server stops"
    case .timeout: "git took too long"
    case .failed: "git failed; the server's log says more"
    }
  }
}

extension GitServingError: CustomStringConvertible {
  package var description: String { "serve '\(path)': \(cause)" + (hint.map { "; \($0)" } ?? "") }
}

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
