import BoundedHTTP
import Foundation

@testable import GitTransport

/// Addresses, and the files with client credentials and known hosts.
enum AddressCheck {
  /// Checks that an address that is accepted cannot become an option of a program, shows no password, and means the
  /// same when what is shown of it is read again.
  static func url(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    // What is refused is fine, if it does not show what may be a password.
    guard let url = try? SourceURL(text) else {
      let shown = SourceURL.withoutUserInfo(text)
      try Disagreement.unless(!shown.unicodeScalars.contains { $0.value < 0x20 }, "a control character is shown")
      return
    }
    try Disagreement.unless(!url.host.hasPrefix("-"), "the host '\(url.host)' is an option")
    try Disagreement.unless(url.credential?.user.hasPrefix("-") != true, "the user is an option")
    if case .file = url.kind { return }
    try Disagreement.unless(
      !url.host.isEmpty && url.host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }, "'\(url.host)' is no host")
    try Disagreement.unless(url.port.map { (1...65_535).contains($0) } ?? true, "no port")
    if case .ssh = url.kind {
      try Disagreement.unless(!url.path.hasPrefix("-"), "the path is an option")
      let quoted = SSHCommandLine.uploadPack(url.path)
      try Disagreement.unless(ShellWord.words(quoted) == ["git-upload-pack", url.path], "'\(quoted)' is no two words")
    }
    // Not whether the password can be found in it: "ssh:", "1]:22" and "/a" may be in any address.
    var stranger = SourceURL.Authority()
    (stranger.host, stranger.port) = (url.host, url.port)
    let shown = SourceURL(kind: url.kind, authority: stranger, path: url.path).redacted
    try Disagreement.unless(shown == url.redacted, "what is shown depends on who we are")
    guard url.kind == .http || url.kind == .https, !url.path.contains("?") else { return }
    let again = try SourceURL(url.redacted)
    try Disagreement.unless(
      again.host == url.host && again.port == url.port && again.path == url.path && again.kind == url.kind,
      "'\(url.redacted)' means something else than '\(text)'")
  }

  /// Checks that a login is found for a host however its name is spelt, and only with a password.
  static func netrc(_ bytes: [UInt8]) throws {
    let parts = InputParts.split(bytes, count: 2).map { String(decoding: $0 ?? [], as: UTF8.self) }
    let netrc = Netrc(parts[0])
    let (one, other) = (netrc.credential(host: parts[1]), netrc.credential(host: parts[1].lowercased()))
    try Disagreement.unless(
      one?.password == other?.password && one?.user == other?.user, "the case of '\(parts[1])' counts")
    if let one { try Disagreement.unless(parts[0].contains("password"), "'\(one.user)' has a password from nowhere") }
  }

  /// Of a file of known hosts each line counts by itself: a host is trusted because of one line; a host that is refused
  /// because of another key or of a revocation is refused by the line that is named.
  static func knownHosts(_ bytes: [UInt8]) throws {
    let parts = InputParts.split(bytes, count: 3).map { String(decoding: $0 ?? [], as: UTF8.self) }
    guard let blob = Data(base64Encoded: parts[1]), let key = SSHKey(blob: Array(blob)) else { return }
    let name = KnownHosts.lookupName(host: parts[2], port: 22)
    let lines = parts[0].split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
    let verdict = verdict(lines, key, name)
    let alone = lines.map { Self.verdict([$0], key, name) }
    switch verdict {
    case .trusted:
      try Disagreement.unless(alone.contains(.trusted), "nobody says that the key is the host's")
    case .changed(let place), .revoked(let place), .authorityOnly(let place):
      try Disagreement.unless(lines.indices.contains(place.line - 1), "line \(place.line) is none")
      let said = alone[place.line - 1]
      try Disagreement.unless(
        said != .trusted && said != .unknown,
        "line \(place.line) says nothing against the key: \(lines[place.line - 1])")
    case .unknown:
      try Disagreement.unless(!alone.contains(.trusted), "a line that trusts the key was passed over")
    }
  }

  private static func verdict(_ lines: [String], _ key: SSHKey, _ name: String) -> KnownHosts.Verdict {
    var known = KnownHosts()
    known.add(lines.joined(separator: "\n"), from: "f")
    return known.verdict(on: key, of: name)
  }
}

/// What a POSIX shell makes of a command line of plain words, quotes and backslashes.
private enum ShellWord {
  static func words(_ line: String) -> [String] {
    var words = [String.UnicodeScalarView()]
    var isQuoted = false
    var isEscaped = false
    for scalar in line.unicodeScalars {
      if isEscaped {
        words[words.count - 1].append(scalar)
        isEscaped = false
      } else if scalar == "'" {
        isQuoted.toggle()
      } else if !isQuoted, scalar == "\\" {
        isEscaped = true
      } else if !isQuoted, scalar == " " {
        words.append(String.UnicodeScalarView())
      } else {
        words[words.count - 1].append(scalar)
      }
    }
    return words.map(String.init)
  }
}
