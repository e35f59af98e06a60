import ChildProcess
import Glibc

// What an operator reads when a local source cannot be served.
extension LocalUploadPack {
  private static let operation = "read"

  static func gitMissing(_ subject: String, executable: String) -> TransportError {
    TransportError(
      .gitMissing, operation: operation, subject: subject, cause: "no program '\(executable)' was found",
      hint: "install git: local sources are served by 'git upload-pack'")
  }

  /// The error for a child that could not be talked to; others, `Cancelled` among them, pass as they are.
  func failure(_ error: any Error) -> any Error {
    guard let error = error as? ChildFailure else { return error }
    switch error {
    case .silent(let silence):
      return timeout("git upload-pack said nothing for \(silence.components.seconds) s")
    case .runTimedOut:
      return timeout("the time allowed for the whole run is over")
    case .failed(let what, let code):
      let cause = "cannot \(what) git upload-pack: \(String(cString: strerror(code)).lowercased())"
      // Not a program, or not for this machine: git is as good as missing.
      guard [ENOENT, ENOEXEC, EACCES, ENOTDIR].contains(code) else {
        return TransportError(.sourceUnreachable, operation: Self.operation, subject: subject, cause: cause)
      }
      return TransportError(
        .gitMissing, operation: Self.operation, subject: subject, cause: cause,
        hint: "see whether '\(settings.gitExecutable)' runs")
    }
  }

  private func timeout(_ cause: String) -> TransportError {
    TransportError(.timeout, operation: Self.operation, subject: subject, cause: cause)
  }

  /// The error for the way the child ended; `nil` for a good end.
  func failure(_ ending: Child.Ending?, _ errorText: ErrorText) -> TransportError? {
    switch ending {
    case .exited(0): return nil
    case .signaled(let signal):
      return TransportError(
        .connectionLost, operation: Self.operation, subject: subject,
        cause: "git upload-pack was ended by signal \(signal)")
    case nil:
      return TransportError(
        .connectionLost, operation: Self.operation, subject: subject,
        cause: "git upload-pack closed its output and went on running")
    case .exited(let status): return exitFailure(status, errorText)
    }
  }

  /// The words are those of git 2.39 (path.c, setup.c, upload-pack.c) under `LC_ALL=C`; other words count as a lost
  /// connection, which is retried.
  private func exitFailure(_ status: Int32, _ errorText: ErrorText) -> TransportError {
    let said = errorText.description
    let cause = said.isEmpty ? "git upload-pack ended with status \(status)" : said
    func error(_ code: TransportError.Code, hint: String? = nil) -> TransportError {
      TransportError(code, operation: Self.operation, subject: subject, cause: cause, hint: hint)
    }
    if errorText.contains("dubious ownership") {
      return error(
        .sourceAccessDenied, hint: "if you trust its owner: git config --global --add safe.directory '\(subject)'")
    }
    if errorText.contains("ermission denied") { return error(.sourceAccessDenied) }
    let formats = ["unknown repository extension", "unknown value for 'extensions.", "Expected git repo version"]
    if formats.contains(where: errorText.contains) {
      return error(
        .unsupportedSource, hint: "the git of this machine cannot read its format: install a newer git, or convert it")
    }
    let strangers = ["not a git repository", "not appear to be a git repository", "invalid gitfile format"]
    if strangers.contains(where: errorText.contains) { return error(.sourceNotARepository) }
    return error(.connectionLost)
  }
}
