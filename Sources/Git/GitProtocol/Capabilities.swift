import TextBytes

/// What a server says it can do: names, some with a value. Bytes, because a `symref` value is a ref name.
package struct Capabilities: Sendable {
  /// More than any server sends; git 2.39 has about 20.
  static let maximumCount = 512

  /// `name` or `name=value`, in the order sent.
  package private(set) var entries: [[UInt8]] = []

  package init() {}

  mutating func append(_ entry: UnsafeRawBufferPointer) throws(ProtocolError) {
    guard !entry.isEmpty else { return }
    guard entries.count < Self.maximumCount else {
      throw ProtocolError(.limitExceeded, "the server names more than \(Self.maximumCount) capabilities")
    }
    entries.append(Array(entry))
  }

  /// True when the capability is there, with or without a value.
  package func contains(_ name: String) -> Bool { entries.contains { Self.matches($0, name) } }

  /// The value of the first of that name; `nil` when it is not there or has none.
  package func value(of name: String) -> [UInt8]? { values(of: name).first }

  /// All values of that name, in the order sent; v0 has one `symref` a symbolic ref.
  package func values(of name: String) -> [[UInt8]] {
    let count = name.utf8.count
    return entries.compactMap { Self.matches($0, name) && $0.count > count ? Array($0[(count + 1)...]) : nil }
  }

  /// True when the value of `name`, taken as words with spaces between, has `word`: v2's `ls-refs=unborn`.
  package func value(of name: String, hasWord word: String) -> Bool {
    value(of: name)?.split(separator: UInt8(ascii: " ")).contains { $0.elementsEqual(word.utf8) } ?? false
  }

  /// Whether a server of version 0 or 1 would say where a symbolic HEAD points (`symref=HEAD:TARGET`). Without the
  /// capability only a detached HEAD of a git or JGit server is certain: both have named targets since 2013 (git
  /// 1.8.4.3, JGit 3.3).
  var namesHeadTarget: Bool { contains("symref") || isOfGit }

  /// The server says that it is git or JGit.
  package var isOfGit: Bool { isAgent("git/") || isAgent("JGit/") }

  /// The server says that it is dulwich, which refuses clients that do not name `thin-pack`.
  package var isOfDulwich: Bool { isAgent("dulwich/") }

  private func isAgent(_ name: String) -> Bool { value(of: "agent")?.starts(with: name.utf8) ?? false }

  /// For display: each as one sanitized line.
  package var descriptions: [String] { entries.map { ForeignText.serverLine($0) } }

  private static func matches(_ entry: [UInt8], _ name: String) -> Bool {
    let count = name.utf8.count
    guard entry.count >= count, entry.prefix(count).elementsEqual(name.utf8) else { return false }
    return entry.count == count || entry[count] == UInt8(ascii: "=")
  }

  /// - Throws: `unsupportedObjectFormat` when the repository is not of SHA-1 objects. v0 servers that support only
  ///   SHA-1 do not send the capability.
  func checkObjectFormat() throws(ProtocolError) {
    guard let format = value(of: "object-format"), !format.elementsEqual("sha1".utf8) else { return }
    throw .objectFormat(ForeignText.serverLine(format, limit: 40))
  }
}

extension ProtocolError {
  /// The error for a repository whose objects are not named by SHA-1; the usual other one by its common name.
  static func objectFormat(_ name: String) -> ProtocolError {
    let shown = name == "sha256" ? "SHA-256" : "'\(name)'"
    return ProtocolError(
      .unsupportedObjectFormat, "the repository has \(shown) object ids; only SHA-1 is supported")
  }
}
