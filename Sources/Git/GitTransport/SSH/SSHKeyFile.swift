import Foundation
import GitValues

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
