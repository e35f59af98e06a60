import GitProtocol
import GitValues
import WorkerPool

extension Conversation {
  /// Whether a failure may come from sending `ls-refs` to a server that no longer supports it, or not for this
  /// repository: then the advertisement is requested, and if that fails too, its error is the more precise one. False
  /// for failures that a second request would only repeat.
  static func mayBeFaultOfAssumption(_ error: any Error) -> Bool {
    if let error = error as? ProtocolError { return error.code != .limitExceeded }
    guard let error = error as? TransportError else { return false }
    let hopeless: Set<TransportError.Code> = [
      .timeout, .dnsFailed, .tlsFailed, .connectionRefused, .sourceUnreachable, .rateLimited, .limitExceeded,
      // A wrong password is not shown twice: some servers count.
      .authenticationFailed,
    ]
    return !hopeless.contains(error.code)
  }

  /// Says in a `TransportError` what the protocol has to complain about; all other errors stay as they are.
  ///
  /// - Parameter diagnostics: what the server's process wrote to its standard error; it says more than an answer that
  ///   just ends.
  func translated(_ error: any Error, operation: String, diagnostics: String) -> any Error {
    guard let error = error as? ProtocolError else { return error }
    let (code, hint) = Self.meaning(of: error.code)
    let isCorrupt = error.code == .refused && error.detail.contains(Self.corruptionWords)
    let addsDiagnostics = !diagnostics.isEmpty && (isCorrupt || error.code == .truncated)
    return TransportError(
      code, operation: operation, subject: settings.subject,
      cause: addsDiagnostics ? "\(error.detail) (\(diagnostics))" : error.detail,
      hint: isCorrupt ? "check the source with 'git fsck'" : hint, reportsCorruption: isCorrupt,
      missingObject: error.object)
  }

  /// How git says that it cannot read its own objects (upload-pack.c): "aborting due to possible repository corruption
  /// on the remote side."
  private static let corruptionWords = "repository corruption"

  private static func meaning(of code: ProtocolError.Code) -> (TransportError.Code, hint: String?) {
    switch code {
    case .malformed: (.protocolError, nil)
    case .truncated: (.connectionLost, nil)
    case .notGit: (.sourceNotARepository, "check the address")
    case .limitExceeded: (.limitExceeded, nil)
    case .refused: (.serverRefused, nil)
    case .wantedObjectMissing: (.wantedObjectMissing, "the refs have moved since they were listed: list again")
    case .unsupportedObjectFormat: (.unsupportedObjectFormat, nil)
    case .shallow: (.sourceShallow, "complete the source with 'git fetch --unshallow'")
    }
  }

  /// The error with the wanted object that its text names, if it names one: a server's git says which object it cannot
  /// read.
  func namingWant(_ error: TransportError) -> TransportError {
    guard error.missingObject == nil, !wants.isEmpty else { return error }
    let words = error.cause.split { !$0.isHexDigit }.filter { $0.utf8.count == ObjectID.hexCount }
    guard !words.isEmpty else { return error }
    let wanted = Set(wants)
    guard let named = words.lazy.compactMap({ ObjectID(String($0)) }).first(where: wanted.contains) else {
      return error
    }
    return TransportError(
      error.code, operation: error.operation, subject: error.subject, cause: error.cause, hint: error.hint,
      reportsCorruption: error.reportsCorruption, missingObject: named, retryAfter: error.retryAfter)
  }
}
