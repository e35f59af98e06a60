internal import Foundation
internal import SiteTokens

/// Settings by their forms.
extension ConfigurationReader {
  mutating func siteName(_ key: String) -> SiteName? {
    value(key, SiteName.init, else: "no name of a site; \(SiteName.rule)")
  }

  mutating func role() -> AgentConfiguration.Role? {
    value("site.role", AgentConfiguration.Role.init, else: "no role; write primary or secondary")
  }

  mutating func listen() -> ListenAddress {
    value("listen", ListenAddress.init, else: "no address; write host:port, such as 127.0.0.1:7170")
      ?? ListenAddress("127.0.0.1:7170")!
  }

  mutating func flag(_ key: String) -> Bool? {
    value(key, { $0 == "true" ? true : $0 == "false" ? false : nil }, else: "neither true nor false")
  }

  mutating func word(_ key: String) -> String? {
    value(
      key, { $0.isEmpty || $0.utf8.contains { $0 <= 0x20 || $0 == 0x7f } ? nil : $0 }, else: "no name; write a word")
  }

  mutating func logLevel() -> String {
    let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
    return value(
      "log.level", { levels.contains($0) ? $0 : nil }, else: "no level; write one of \(levels.joined(separator: ", "))")
      ?? "info"
  }

  mutating func count(_ key: String) -> Int {
    guard case .count(let range)? = Setting.byKey[key]?.form else { preconditionFailure("'\(key)' is no count") }
    let count = value(
      key, { Decimal.number($0).flatMap { range.contains($0) ? $0 : nil } },
      else: "no number from \(range.lowerBound) to \(range.upperBound); write one")
    return Int(count ?? range.lowerBound)
  }

  mutating func size(_ key: String) -> UInt64 {
    guard case .size(let range)? = Setting.byKey[key]?.form else { preconditionFailure("'\(key)' is no size") }
    let size = value(
      key, { Decimal.size($0).flatMap { range.contains($0) ? $0 : nil } },
      else: "no size from \(range.lowerBound) to \(range.upperBound) bytes; write one such as 512B, 64MiB, 1GiB")
    return size ?? range.lowerBound
  }

  mutating func duration(_ key: String) -> Duration {
    guard case .duration(let range)? = Setting.byKey[key]?.form else { preconditionFailure("'\(key)' is no duration") }
    let seconds = (range.lowerBound.components.seconds, range.upperBound.components.seconds)
    let duration = value(
      key, { Decimal.duration($0).flatMap { range.contains($0) ? $0 : nil } },
      else: "no time from \(seconds.0) s to \(seconds.1) s; write one such as 60s, 1h30m, 7d")
    return duration ?? range.lowerBound
  }

  /// `https://git.example.org:7170`.
  mutating func url(_ key: String) -> String? {
    value(
      key,
      { text in
        guard let parts = URLComponents(string: text), ["https", "http"].contains(parts.scheme),
          parts.host?.isEmpty == false,
          parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
          ["", "/"].contains(parts.path)
        else { return nil }
        return text.hasSuffix("/") ? String(text.dropLast()) : text
      }, else: "no agent's address; write https://host:port, without user, path or query")
  }

  /// Reads an address with any path and query. It is often a secret, so errors do not contain it.
  mutating func webURL(_ key: String) -> String? {
    guard let text = word(key) else { return nil }
    guard let parts = URLComponents(string: text), ["https", "http"].contains(parts.scheme),
      parts.host?.isEmpty == false
    else {
      report(origin(of: key), "no address of a web server; write https://host/path")
      return nil
    }
    return text
  }

  /// An absolute path.
  mutating func path(_ key: String) -> String? {
    value(key, Self.absolute, else: "no absolute path; begin with /")
  }

  mutating func file(_ key: String) -> String? {
    path(key).flatMap { readableFile($0, origin(of: key)) }
  }

  /// Reads the absolute path of a file, whether it can be read or not; errors are reported.
  mutating func readableFile(_ text: String, _ origin: Origin) -> String? {
    guard let path = Self.absolute(text) else {
      report(origin, "'\(text.prefix(100))' is no absolute path; begin with /")
      return nil
    }
    if checksFiles, access(path, R_OK) != 0 {
      report(origin, "'\(path)' cannot be read (\(String(cString: strerror(errno)))); make it, or correct the path")
    }
    return path
  }

  mutating func secretFile(_ key: String) -> String? {
    guard let path = path(key) else { return nil }
    check(secret: path, origin(of: key))
    return path
  }

  /// Reads the secret for a comparison only; `nil` when it cannot be read.
  @discardableResult
  mutating func check(secret path: String, _ origin: Origin) -> SiteSecret? {
    guard checksFiles else { return nil }
    do {
      return try SiteSecret(file: path)
    } catch {
      report(origin, "'\(path)': \(error.reason); \(error.hint)")
      return nil
    }
  }

  /// Reads the path of a private key or the like: readable for the agent, and not for other users; a shared group is
  /// allowed.
  mutating func privateFile(_ key: String) -> String? {
    path(key).flatMap { privateFile($0, origin(of: key)) }
  }

  mutating func privateFile(_ text: String, _ origin: Origin) -> String? {
    guard let path = readableFile(text, origin) else { return nil }
    var status = stat()
    if checksFiles, stat(path, &status) == 0, status.st_mode & 0o007 != 0 {
      report(origin, "'\(path)' can be used by everybody; chmod 600 it")
    }
    return path
  }

  /// Reads the words of a list.
  mutating func words(_ key: String) -> [String] {
    texts(compounds[key], key).compactMap { text, origin in
      if !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) { return text }
      report(origin, "'\(text.prefix(100))' is no name; write a word")
      return nil
    }
  }

  /// Reads the addresses of a list, each with or without a prefix length.
  mutating func addressRanges(_ key: String) -> [AddressRange] {
    texts(compounds[key], key).compactMap { text, origin in
      if let range = AddressRange(text) { return range }
      report(origin, "'\(text.prefix(100))' is no address; write one such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32")
      return nil
    }
  }

  /// Returns the normalized path; `nil` for one that is not absolute.
  static func absolute(_ text: String) -> String? {
    guard text.hasPrefix("/"), !text.utf8.contains(0), text.utf8.count <= 4_096 else { return nil }
    let parts = text.split(separator: "/").filter { $0 != "." }
    return parts.contains("..") ? nil : "/" + parts.joined(separator: "/")
  }
}

/// Whole numbers with units, as in configuration files.
enum Decimal {
  /// Parses digits only; `nil` on overflow.
  static func number(_ text: some StringProtocol) -> UInt64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt64(text)
  }

  /// `60s`, `1h30m`, `7d`: units w, d, h, m, s, ms, the larger before the smaller.
  static func duration(_ text: String) -> Duration? {
    let units: [(name: String, milliseconds: UInt64)] = [
      ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    var rest = text[...]
    var smallest = UInt64.max
    var total: UInt64 = 0
    repeat {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard let count = number(digits), count < 1_000_000_000, let unit = units.first(where: { $0.name == name }),
        unit.milliseconds < smallest
      else { return nil }
      smallest = unit.milliseconds
      total += count * unit.milliseconds
    } while !rest.isEmpty
    return .milliseconds(total)
  }

  /// `512`, `512B`, `64KiB`, `64MiB`, `1GiB`, `1TiB`.
  static func size(_ text: String) -> UInt64? {
    let units: [(name: String, shift: UInt64)] = [
      ("B", 0), ("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("", 0),
    ]
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let count = number(digits), let unit = units.first(where: { $0.name == text.dropFirst(digits.count) }),
      count <= UInt64(Int64.max) >> unit.shift
    else { return nil }
    return count << unit.shift
  }
}
