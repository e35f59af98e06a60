internal import Crypto
internal import Foundation
internal import GitValues

/// The known host keys: one or more files in the format of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT".
///
/// Never written: an unknown key is refused, and the operator adds it.
struct KnownHosts: Sendable {
  /// What the files say of a host and the key that it showed.
  enum Verdict: Hashable, Sendable {
    case trusted
    /// No line names the host with a key of this type.
    case unknown
    /// A line names the host with another key of this type.
    case changed(Place)
    /// The key is marked `@revoked`.
    case revoked(Place)
    /// The files have only a certificate authority for the host, and libssh2 does not support certificates.
    case authorityOnly(Place)
  }

  /// Where something is written.
  struct Place: Hashable, Sendable, CustomStringConvertible {
    let file: String
    /// The first is 1.
    let line: Int

    var description: String { "\(file):\(line)" }
  }

  private enum Marker: Substring {
    case authority = "@cert-authority"
    case revoked = "@revoked"
  }

  private struct Entry: Sendable {
    let marker: Marker?
    let names: Substring
    let key: SSHKey
    let place: Place
  }

  private var entries: [Entry] = []

  /// Has no host.
  init() {}

  /// Adds the lines of a text.
  mutating func add(_ text: String, from file: String) { add(Array(text.utf8), from: file) }

  /// Adds the lines of one file. Invalid lines are skipped, as ssh does.
  mutating func add(_ bytes: [UInt8], from file: String) {
    for (number, line) in TextLines.strings(bytes).enumerated() {
      if let entry = Self.entry(line[...], Place(file: file, line: number + 1)) { entries.append(entry) }
    }
  }

  /// What the files say of `key`, shown by the host of this name.
  ///
  /// - Parameter name: as `lookupName` makes it.
  func verdict(on key: SSHKey, of name: String) -> Verdict {
    let matching = entries.filter { Self.matches($0.names, name) }
    if let line = matching.first(where: { $0.marker == .revoked && $0.key == key }) { return .revoked(line.place) }
    let plain = matching.filter { $0.marker == nil }
    if plain.contains(where: { $0.key == key }) { return .trusted }
    if let line = plain.first(where: { $0.key.type == key.type }) { return .changed(line.place) }
    if plain.isEmpty, let line = matching.first(where: { $0.marker == .authority }) {
      return .authorityOnly(line.place)
    }
    return .unknown
  }

  /// Returns the types of the host's known keys, in the order of the files. The host is asked for these, because a key
  /// of another type would be unknown.
  func keyTypes(of name: String) -> [String] {
    var types: [String] = []
    for entry in entries where entry.marker == nil && Self.matches(entry.names, name) {
      if !types.contains(entry.key.type) { types.append(entry.key.type) }
    }
    return types
  }

  /// How the files name a host: with its port only where that is not the usual one.
  static func lookupName(host: String, port: Int) -> String {
    let name = host.lowercased()
    return port == 22 ? name : "[\(name)]:\(port)"
  }

  // MARK: Lines

  private static func entry(_ line: Substring, _ place: Place) -> Entry? {
    var fields = line.split(maxSplits: 4) { $0 == " " || $0 == "\t" }
    guard let first = fields.first, !first.hasPrefix("#") else { return nil }
    var marker: Marker?
    if first.hasPrefix("@") {
      guard let known = Marker(rawValue: first) else { return nil }
      marker = known
      fields.removeFirst()
    }
    guard fields.count >= 3, let bytes = Data(base64Encoded: String(fields[2])), let key = SSHKey(blob: Array(bytes)),
      key.type == fields[1]
    else { return nil }
    return Entry(marker: marker, names: fields[0], key: key, place: place)
  }

  private static func matches(_ names: Substring, _ name: String) -> Bool {
    if names.hasPrefix("|") { return matchesHash(names, name) }
    var isNamed = false
    for pattern in names.split(separator: ",") {
      if pattern.hasPrefix("!") {
        if matchesPattern(pattern.dropFirst(), name) { return false }
      } else if matchesPattern(pattern, name) {
        isNamed = true
      }
    }
    return isNamed
  }

  /// `|1|SALT|HASH`: HMAC-SHA-1 of the name under the salt (`HashKnownHosts` in ssh_config(5)).
  private static func matchesHash(_ field: Substring, _ name: String) -> Bool {
    let parts = field.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[1] == "1", let salt = Data(base64Encoded: String(parts[2])),
      let hash = Data(base64Encoded: String(parts[3]))
    else { return false }
    let code = HMAC<Insecure.SHA1>.authenticationCode(for: Array(name.utf8), using: SymmetricKey(data: salt))
    return Data(code) == hash
  }

  /// `*` stands for any characters, `?` for one. In a time that grows with the product of the lengths, whatever the
  /// pattern.
  private static func matchesPattern(_ pattern: Substring, _ name: String) -> Bool {
    let pattern = Array(pattern.lowercased().utf8)
    let name = Array(name.utf8)
    var (at, inName) = (0, 0)
    var retry: (pattern: Int, name: Int)?
    while inName < name.count {
      if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
        retry = (at + 1, inName)
        at += 1
      } else if at < pattern.count, pattern[at] == UInt8(ascii: "?") || pattern[at] == name[inName] {
        (at, inName) = (at + 1, inName + 1)
      } else if let last = retry {
        retry = (last.pattern, last.name + 1)
        (at, inName) = (last.pattern, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

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
