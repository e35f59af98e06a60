import Crypto
import Foundation

/// A public key: its type, and the bytes that a host or an agent shows (RFC 4253, section 6.6).
struct SSHKey: Hashable, Sendable {
  /// "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa" …
  let type: String
  let blob: [UInt8]

  /// `nil` for bytes that do not begin with a type.
  init?(blob: [UInt8]) {
    var reader = SSHWireReader(blob)
    guard let name = reader.string(), !name.isEmpty, name.count <= 64,
      name.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    type = String(decoding: name, as: UTF8.self)
    self.blob = blob
  }

  /// As ssh and the hosts' own pages print it: `SHA256:` and base64 without its padding.
  var fingerprint: String {
    let text = Data(SHA256.hash(data: blob)).base64EncodedString()
    return "SHA256:\(text.prefix { $0 != "=" })"
  }

  /// Those that libssh2 1.10 can sign with in a way that today's hosts take: RSA only with SHA-1, which OpenSSH refuses since 8.8;
  /// certificates and keys in hardware not at all.
  static let signable: Set<String> = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
  ]
}
