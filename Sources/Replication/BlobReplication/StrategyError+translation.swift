import BoundedHTTP
import DurableFiles
import Replication
import SystemPackage
import WorkerPool

extension StrategyError.Code {
  /// The source changed each time it was read.
  static let sourceBusy = Self(rawValue: "source_busy")
  /// The source is there and does not give the content.
  static let sourceRefused = Self(rawValue: "source_refused")
  /// The source, or the way to it, does not answer.
  static let sourceUnreachable = Self(rawValue: "source_unreachable")
  /// The source's server sent something that HTTP does not allow, or that we did not ask for.
  static let badAnswer = Self(rawValue: "bad_answer")
  /// The connection ended, or fell silent, in the middle of the content.
  static let interrupted = Self(rawValue: "interrupted")
  /// The content is larger, or takes longer, than the settings allow.
  static let limitExceeded = Self(rawValue: "limit_exceeded")
  /// The address is of no form that a file can be fetched from.
  static let unsupportedSource = Self(rawValue: "unsupported_source")
}

extension StrategyError {
  /// - Parameters:
  ///   - operation: the operation and its object.
  ///   - cause: the lower layer's error.
  ///   - hint: the remedy.
  init(
    _ code: Code, trying operation: String, _ cause: String, hint: String? = nil,
    disposition: Disposition = .replicable
  ) {
    self.init(code, "\(operation): \(cause)\(hint.map { "; \($0)" } ?? "")", disposition: disposition)
  }

  /// Says in the words of this room what a layer below threw; our own errors pass.
  init(translating error: any Error, trying operation: String) {
    switch error {
    case let error as StrategyError: self = error
    case let error as FileError: self.init(error, trying: operation)
    case is Cancelled, is CancellationError:
      // No failure: the entry keeps its place.
      self.init(.cancelled, trying: operation, "cancelled", disposition: .host)
    case let error as WorkerPoolError:
      self.init(.busy, trying: operation, error.description, disposition: .host)
    default: self.init(.fileSystem, trying: operation, "\(error)")
    }
  }

  private init(_ error: FileError, trying operation: String) {
    switch error.code {
    case .noSpace, .diskQuotaExceeded:
      self.init(.diskFull, trying: operation, error.description, disposition: .host)
    case .readOnlyFileSystem, .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory:
      self.init(.fileSystem, trying: operation, error.description, disposition: .host)
    default: self.init(.fileSystem, trying: operation, error.description)
    }
  }
}
