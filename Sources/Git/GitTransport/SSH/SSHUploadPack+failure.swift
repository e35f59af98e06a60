import ChildProcess
import GitProtocol
import Glibc
import WorkerPool

// What an operator reads when a host cannot be reached over SSH.
extension SSHUploadPack {
  func error(_ code: TransportError.Code, _ cause: String, hint: String? = nil) -> TransportError {
    TransportError(code, operation: "reach", subject: source.redacted, cause: cause, hint: hint)
  }

  /// The error for a way to the host that failed; others, `Cancelled` among them, pass as they are.
  func failure(_ failure: any Error) -> any Error {
    switch failure {
    case let failure as SSHFailure: self.failure(failure)
    case let failure as SSHSystemFailure: self.failure(failure)
    case let failure as ChildFailure: self.failure(failure)
    case let failure as SocketStream.Failure: self.failure(failure, "")
    default: failure
    }
  }

  private func failure(_ failure: SSHFailure) -> TransportError {
    switch failure {
    case .stream(let failure, let phase): return self.failure(failure, " in \(phase.rawValue)")
    case .connectTimedOut(let time, let phase):
      return error(.timeout, "no session within \(time.components.seconds) s: it stood still in \(phase.rawValue)")
    case .disconnected(let phase): return error(.connectionLost, "the host closed the connection in \(phase.rawValue)")
    case .flooded(let phase):
      return error(.limitExceeded, "the host sent more than it was asked for in \(phase.rawValue)")
    case .noCommonAlgorithm(let words):
      return error(
        .sourceUnreachable, "libssh2 has no algorithm in common with the host: \(words)",
        hint: "install ssh, or let the host offer an Ed25519 or ECDSA key")
    case .hostKey(let verdict, let key, let name, let files): return hostKey(verdict, key, name, files)
    case .notAuthenticated(let user, let tried, let notes, _):
      let list = tried.isEmpty ? "there was nothing to try" : "tried \(tried.joined(separator: ", "))"
      return error(
        .authenticationFailed,
        "the host does not believe that we are '\(user)': \((["\(list)"] + notes).joined(separator: "; "))",
        hint: "let the host know one of these keys, or name another")
    case .refused(let phase, let words): return error(.serverRefused, "the host refused in \(phase.rawValue): \(words)")
    case .broken(let phase, let words): return error(.protocolError, "in \(phase.rawValue): \(words)")
    }
  }

  private func hostKey(
    _ verdict: KnownHosts.Verdict, _ key: SSHKey, _ name: String, _ files: [String]
  ) -> TransportError {
    let shown = "\(key.type) \(key.fingerprint)"
    switch verdict {
    case .revoked(let place):
      return error(
        .hostKeyRevoked, "the host showed \(shown), which is revoked in \(place)",
        hint: "another machine may be answering for the host: ask who runs it")
    case .changed(let place):
      return error(
        .hostKeyChanged, "the host showed \(shown), and \(place) has another key for '\(name)'",
        hint: "another machine may be answering for the host; if its key was changed, correct that line")
    case .authorityOnly(let place):
      return error(
        .hostKeyUnknown, "the host showed \(shown), and \(place) knows an authority only, which libssh2 cannot ask",
        hint: "install ssh, or add the host's key to \(files.first ?? "known_hosts")")
    case .unknown, .trusted:
      return error(
        .hostKeyUnknown, "the host showed \(shown), and no known_hosts file has it for '\(name)'",
        hint: "compare it with what the host's owner says, then add it to \(files.first ?? "known_hosts")")
    }
  }

  private func failure(_ failure: SocketStream.Failure, _ when: String) -> TransportError {
    switch failure {
    case .unknownHost(let words): error(.dnsFailed, "the name '\(source.host)' cannot be resolved: \(words)")
    case .notConnected(ECONNREFUSED):
      error(.connectionRefused, "connection refused", hint: "see whether an SSH server runs there")
    case .notConnected(let code): error(.sourceUnreachable, Self.words(code))
    case .connectTimedOut(let time): error(.timeout, "no connection within \(time.components.seconds) s")
    case .silent(let time): error(.timeout, "the host said nothing for \(time.components.seconds) s\(when)")
    case .runTimedOut: error(.timeout, "the time allowed for the whole run is over")
    case .broken(let code): error(.connectionLost, Self.words(code) + when)
    }
  }

  private func failure(_ failure: ChildFailure) -> TransportError {
    switch failure {
    case .silent(let time): error(.timeout, "ssh said nothing for \(time.components.seconds) s")
    case .runTimedOut: error(.timeout, "the time allowed for the whole run is over")
    case .failed(let what, let code): error(.sourceUnreachable, "cannot \(what) ssh: \(Self.words(code))")
    }
  }

  private func failure(_ failure: SSHSystemFailure) -> TransportError {
    switch failure {
    case .missing: error(.sshMissing, "no program 'ssh' was found", hint: "install it, or use --ssh libssh2")
    case .configuration(let words): error(.sourceUnreachable, "ssh cannot read its configuration: \(words)")
    case .unsupported(let words): error(.unsupportedSource, words)
    case .notConnected(let errorText, let ending):
      self.failure(ending, errorText) ?? error(.connectionLost, "ssh ended without a connection")
    }
  }

  /// The error for the way the command ended; `nil` for a good end.
  func failure(_ ending: Child.Ending?, _ errorText: ErrorText) -> TransportError? {
    let said = errorText.description
    switch ending {
    case .exited(0): return nil
    case .signaled(let signal): return error(.connectionLost, "git-upload-pack there was ended by signal \(signal)")
    case nil: return error(.connectionLost, said.isEmpty ? "the command closed its output and went on running" : said)
    case .exited(255): return connectionFailure(said, errorText)
    case .exited(let status): return commandFailure(status, said, errorText)
    }
  }

  /// What ssh says when it does not get through, in the words of OpenSSH 9.2 (sshconnect.c, clientloop.c).
  private func connectionFailure(_ said: String, _ errorText: ErrorText) -> TransportError {
    let words = said.isEmpty ? "ssh ended with status 255" : said
    if errorText.contains("HOST IDENTIFICATION HAS CHANGED") {
      return error(
        .hostKeyChanged, words,
        hint: "another machine may be answering for the host; if its key was changed, correct that line")
    }
    if errorText.contains("is marked as revoked") || errorText.contains("REVOKED HOST KEY") {
      return error(.hostKeyRevoked, words, hint: "another machine may be answering for the host: ask who runs it")
    }
    if errorText.contains("Host key verification failed") {
      return error(
        .hostKeyUnknown, words, hint: "compare its key with what the host's owner says, then add it to known_hosts")
    }
    if errorText.contains("Permission denied") || errorText.contains("Too many authentication failures") {
      return error(.authenticationFailed, words, hint: "let the host know one of your keys, or name another")
    }
    if errorText.contains("Could not resolve hostname") { return error(.dnsFailed, words) }
    if errorText.contains("Connection refused") {
      return error(.connectionRefused, words, hint: "see whether an SSH server runs there")
    }
    if errorText.contains("timed out") { return error(.timeout, words) }
    return error(.connectionLost, words)
  }

  /// What the command there says: git's own words (path.c, upload-pack.c), and those of hosts that stand before it.
  private func commandFailure(_ status: Int32, _ said: String, _ errorText: ErrorText) -> TransportError {
    let words = said.isEmpty ? "the command there ended with status \(status)" : said
    if status == 127 {
      return error(.sourceNotARepository, words, hint: "see whether git is installed there, in the path of that user")
    }
    if errorText.contains("dubious ownership") {
      return error(.sourceAccessDenied, words, hint: "there: git config --global --add safe.directory '\(source.path)'")
    }
    let missing = ["not appear to be a git repository", "not found", "does not exist", "no such"]
    if missing.contains(where: errorText.contains) { return error(.sourceNotFound, words) }
    let denied = ["ermission denied", "DENIED", "access denied", "ccess denied"]
    if denied.contains(where: errorText.contains) { return error(.sourceAccessDenied, words) }
    return error(.connectionLost, words)
  }

  private static func words(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }
}
