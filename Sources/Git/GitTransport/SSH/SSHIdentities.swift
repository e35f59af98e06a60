internal import Foundation
internal import GitValues

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

/// A file with a private key: what it says of itself, and all of it for libssh2. Prints only its name.
struct SSHKeyFile: Sendable {
  let path: String
  let text: String
  /// Of the key, as `SSHKey.type` has it; `nil` when the file does not say.
  let type: String?
  /// Readable without the passphrase in OpenSSH's own format only.
  let publicKey: SSHKey?
  let isEncrypted: Bool

  /// `nil` for text that is no private key.
  init?(path: String, text: String) {
    guard text.contains("PRIVATE KEY-----") else { return nil }
    self.path = path
    self.text = text
    if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----"), let parts = Self.openSSH(text) {
      publicKey = parts.key
      type = parts.key?.type
      isEncrypted = parts.cipher != "none"
    } else {
      publicKey = nil
      type = text.contains("-----BEGIN RSA ") ? "ssh-rsa" : nil
      isEncrypted = text.contains("Proc-Type: 4,ENCRYPTED") || text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    }
  }

  /// The head of OpenSSH's format (PROTOCOL.key): cipher, its key's derivation, how many keys, the public key.
  private static func openSSH(_ text: String) -> (cipher: String, key: SSHKey?)? {
    let body = TextLines.strings(Array(text.utf8)).filter { !$0.hasPrefix("-") }.joined()
    let magic = Array("openssh-key-v1\0".utf8)
    guard let bytes = Data(base64Encoded: body), bytes.starts(with: magic) else { return nil }
    var reader = SSHWireReader(bytes.dropFirst(magic.count))
    guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil, reader.number() == 1,
      let blob = reader.string()
    else { return nil }
    return (String(decoding: cipher, as: UTF8.self), SSHKey(blob: blob))
  }
}

extension SSHKeyFile: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "'\(path)'" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: ["path": path]) }
}
