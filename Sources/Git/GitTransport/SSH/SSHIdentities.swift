import GitValues

/// Keys that authenticate us to a host. Read when a session is opened and not kept: an operator may change a key while we run.
struct SSHIdentities: Sendable {
  var agentSocket: String?
  /// The agent is asked for the keys of the files only.
  var isLimitedToFiles: Bool
  var files: [SSHKeyFile] = []
  var passphrase: String?
  /// Of the address.
  var password: String?
  /// Whether keys that libssh2 can only sign with in an old way are left out, because the system's ssh can do it better.
  var leavesOldSignatures: Bool
  /// What could not be used, for messages.
  var notes: [String] = []

  /// Reads the key files.
  ///
  /// - Throws: `TransportError` (authentication_failed) for a file that is there and cannot be read, or a passphrase's file that is
  ///   missing.
  init(
    _ host: SSHHostConfiguration, _ settings: SSHSettings, password: String?, leavesOldSignatures: Bool,
    subject: String
  ) throws(TransportError) {
    agentSocket = host.agentSocket
    isLimitedToFiles = host.isLimitedToIdentityFiles
    self.leavesOldSignatures = leavesOldSignatures
    self.password = password
    for path in host.identityFiles {
      guard let text = try SecretFile.read(path, for: subject) else {
        if settings.identityFiles.contains(path) { notes.append("'\(path)' does not exist") }
        continue
      }
      guard let file = SSHKeyFile(path: path, text: text) else {
        notes.append("'\(path)' holds no private key")
        continue
      }
      files.append(file)
    }
    if let path = settings.passphraseFile {
      guard let text = try SecretFile.read(path, for: subject) else {
        throw TransportError(
          .authenticationFailed, operation: "authenticate to", subject: subject,
          cause: "the passphrase's file '\(path)' does not exist", hint: "write the passphrase into it, on one line")
      }
      passphrase = TextLines.strings(Array(text.utf8)).first ?? ""
    }
  }

  /// Whether libssh2 should sign with a key of this type; `nil` for an unknown type.
  func mayTry(_ type: String?) -> Bool {
    guard let type, !SSHKey.signable.contains(type) else { return true }
    return type == "ssh-rsa" && !leavesOldSignatures
  }

  /// Whether the agent's key is one of those that may be used.
  func mayAskAgent(for key: SSHKey) -> Bool {
    !isLimitedToFiles || files.contains { $0.publicKey == key }
  }
}
