internal import CLibssh2
internal import GitProtocol
internal import Glibc
internal import TextBytes
internal import WorkerPool

extension SSHSession {
  /// Exchanges keys, and looks whether the host's is to be trusted.
  func shakeHands(with host: SSHHostConfiguration, _ knownHosts: KnownHosts) throws {
    let known = knownHosts.keyTypes(of: host.knownName)
    if !known.isEmpty {
      // A host has keys of several types, and only known ones can be verified.
      let status = libssh2_session_method_pref(handle, LIBSSH2_METHOD_HOSTKEY, known.joined(separator: ","))
      guard status == 0 else {
        throw SSHFailure.noCommonAlgorithm("the host is known by keys of type \(known.joined(separator: ", "))")
      }
    }
    // The socket's number is not used: reading and writing come to us.
    try perform { Int(libssh2_session_handshake(handle, 0)) }
    var count = 0
    var type: Int32 = 0
    guard let bytes = libssh2_session_hostkey(handle, &count, &type),
      let key = SSHKey(blob: Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    else { throw SSHFailure.broken(.handshake, "the host showed no key") }
    let verdict = knownHosts.verdict(on: key, of: host.knownName)
    guard verdict == .trusted else {
      throw SSHFailure.hostKey(verdict, key, name: host.knownName, files: host.knownHostsFiles)
    }
  }
}

extension SSHSession {
  /// The authentication that succeeded, for display.
  private struct Attempt {
    var tried: [String] = []
    var notes: [String]
    var isAnyLeftOut = false

    init(notes: [String]) { self.notes = notes }

    mutating func leaveOut(_ what: String, _ type: String?) {
      notes.append("\(what) is of type \(type ?? "unknown"), with which libssh2 cannot sign")
      isAnyLeftOut = true
    }
  }

  /// Tries the agent's keys, the key files and the password, in this order, until the host believes one.
  ///
  /// - Throws: `SSHFailure`, `Cancelled`.
  func authenticate(as user: String, with identities: SSHIdentities, _ limits: WaitLimits) throws {
    var attempt = Attempt(notes: identities.notes)
    if let path = identities.agentSocket {
      if try authenticate(as: user, byAgent: path, identities, limits, &attempt) { return }
    }
    for file in identities.files {
      guard identities.mayTry(file.type) else {
        attempt.leaveOut("'\(file.path)'", file.type)
        continue
      }
      attempt.tried.append("'\(file.path)'")
      if try believes(user, file, passphrase: identities.passphrase, &attempt) { return }
    }
    if let password = identities.password {
      attempt.tried.append("the password of the address")
      let isBelieved = try accepted {
        libssh2_userauth_password_ex(
          handle, user, UInt32(user.utf8.count), password, UInt32(password.utf8.count), nil)
      }
      if isBelieved { return }
    }
    throw SSHFailure.notAuthenticated(
      user: user, tried: attempt.tried, notes: attempt.notes, isAnyLeftOut: attempt.isAnyLeftOut)
  }

  private func authenticate(
    as user: String, byAgent path: String, _ identities: SSHIdentities, _ limits: WaitLimits, _ attempt: inout Attempt
  ) throws -> Bool {
    do {
      let agent = try SSHAgent(path: path, limits: limits)
      for key in try agent.identities() where identities.mayAskAgent(for: key) {
        guard identities.mayTry(key.type) else {
          attempt.leaveOut("the agent's key \(key.fingerprint)", key.type)
          continue
        }
        attempt.tried.append("the agent's key \(key.fingerprint)")
        let signer = AgentSignature(agent: agent, key: key)
        if try believes(user, signer) { return true }
        if let refusal = signer.refusal { attempt.notes.append(refusal) }
      }
    } catch let failure as SSHAgent.Failure {
      attempt.notes.append(failure.cause)
    } catch let failure as SocketStream.Failure {
      if case .runTimedOut = failure { throw SSHFailure.stream(failure, .authentication) }
      attempt.notes.append("the agent at '\(path)' does not answer")
    }
    return false
  }

  private func believes(_ user: String, _ signer: AgentSignature) throws -> Bool {
    let isBelieved = try withExtendedLifetime(signer) {
      var context: UnsafeMutableRawPointer? = Unmanaged.passUnretained(signer).toOpaque()
      return try withUnsafeMutablePointer(to: &context) { context in
        try accepted {
          libssh2_userauth_publickey(
            handle, user, signer.key.blob, signer.key.blob.count, AgentSignature.callback, context)
        }
      }
    }
    if let failure = signer.failure { throw failure }
    return isBelieved
  }

  private func believes(
    _ user: String, _ file: SSHKeyFile, passphrase: String?, _ attempt: inout Attempt
  ) throws -> Bool {
    guard !file.isEncrypted || passphrase != nil else {
      attempt.notes.append(
        "'\(file.path)' has a passphrase: add it to an agent, or name the file that holds the passphrase")
      return false
    }
    do {
      return try accepted {
        libssh2_userauth_publickey_frommemory(
          handle, user, user.utf8.count, nil, 0, file.text, file.text.utf8.count, file.isEncrypted ? passphrase : nil)
      }
    } catch SSHFailure.broken(_, let words) {
      attempt.notes.append("'\(file.path)' cannot be used: \(ForeignText.serverLine(Array(words.utf8)))")
      return false
    }
  }

  /// False when the host does not believe it.
  private func accepted(_ call: () -> Int32) throws -> Bool {
    var isRefused = false
    try perform {
      let code = call()
      isRefused = code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED
      return isRefused ? 0 : Int(code)
    }
    return !isRefused
  }
}

/// A signature that libssh2 asks an agent for.
private final class AgentSignature {
  let key: SSHKey
  private let agent: SSHAgent
  /// Why the agent did not sign; libssh2 then goes on as if the key were refused.
  private(set) var refusal: String?
  /// What ended the waiting for the agent.
  private(set) var failure: (any Error)?

  init(agent: SSHAgent, key: SSHKey) {
    self.agent = agent
    self.key = key
  }

  static let callback:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, UnsafeMutablePointer<Int>?,
      UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> Int32 = { _, signature, signatureCount, data, count, context in
      guard let pointer = context?.pointee else { return -1 }
      let signer = Unmanaged<AgentSignature>.fromOpaque(pointer).takeUnretainedValue()
      guard let bytes = signer.sign(Array(UnsafeBufferPointer(start: data, count: count))),
        // libssh2 frees it, with free(3): its sessions are made with the usual allocator.
        let copy = malloc(max(bytes.count, 1))
      else { return -1 }
      copy.copyMemory(from: bytes, byteCount: bytes.count)
      signature?.pointee = copy.assumingMemoryBound(to: UInt8.self)
      signatureCount?.pointee = bytes.count
      return 0
    }

  private func sign(_ data: [UInt8]) -> [UInt8]? {
    do {
      return try agent.sign(data, with: key)
    } catch let failure as SSHAgent.Failure {
      refusal = "the agent did not sign with \(key.fingerprint): \(failure.cause)"
    } catch {
      failure = error
    }
    return nil
  }
}
