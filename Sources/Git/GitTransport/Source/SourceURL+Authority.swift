internal import BoundedHTTP
internal import GitValues
internal import TextBytes

extension SourceURL {
  /// The part of a URL between `//` and the path.
  struct Authority {
    var host = ""
    var port: Int?
    var credential: HTTPBasicCredential?

    /// No host: a path on this machine.
    init() {}

    /// Takes `[user[:password]@]host[:port]` apart.
    /// - Throws: `Flaw`, in words that do not hold the user info.
    init(_ text: Substring) throws(Flaw) {
      var place = text
      if let at = text.lastIndex(of: "@") {
        place = text[text.index(after: at)...]
        credential = try Self.credential(text[..<at])
      }
      if place.hasPrefix("[") {
        guard let end = place.firstIndex(of: "]") else { throw Flaw("the bracket of the address is not closed") }
        host = place[place.index(after: place.startIndex)..<end].lowercased()
        guard !host.isEmpty, host.contains(":"), host.utf8.allSatisfy(Self.isAddressByte) else {
          throw Flaw("no IPv6 address stands between the brackets")
        }
        place = place[place.index(after: end)...]
        guard place.isEmpty || place.hasPrefix(":") else { throw Flaw("after the bracket comes no port") }
      } else {
        let name = place.prefix { $0 != ":" }
        host = try Self.checkedHost(name)
        place = place[name.endIndex...]
      }
      let digits = place.dropFirst()
      guard !digits.isEmpty else { return }
      guard let number = Int(digits), (1...65535).contains(number), digits.utf8.allSatisfy(Self.isDigit) else {
        throw Flaw("the port is no number from 1 to 65535")
      }
      port = number
    }

    /// A host name or an IPv4 address, lower case.
    static func checkedHost(_ name: Substring) throws(Flaw) -> String {
      guard !name.isEmpty else { throw Flaw("it has no host") }
      guard !name.hasPrefix("-") else { throw Flaw("a host must not begin with '-'") }
      guard name.utf8.allSatisfy(isNameByte) else {
        throw Flaw("the host holds a character that no host name has; write other scripts in their 'xn--' form")
      }
      return name.lowercased()
    }

    private static func credential(_ text: Substring) throws(Flaw) -> HTTPBasicCredential {
      let user = text.prefix { $0 != ":" }
      guard let decodedUser = PercentCoding.decodeText(user),
        let password = PercentCoding.decodeText(text[user.endIndex...].dropFirst())
      else { throw Flaw("its user info is not properly percent-encoded") }
      guard !decodedUser.hasPrefix("-") else { throw Flaw("a user must not begin with '-'") }
      return HTTPBasicCredential(user: decodedUser, password: password)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "_"):
        true
      default: isDigit(byte)
      }
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: ":"), UInt8(ascii: "."): true
      default: isDigit(byte)
      }
    }
  }

  /// The error of an address, in words that are safe to show.
  struct Flaw: Error {
    let reason: String
    let hint: String?
    let code: TransportError.Code

    init(_ reason: String, hint: String? = nil, code: TransportError.Code = .invalidURL) {
      self.reason = reason
      self.hint = hint
      self.code = code
    }
  }
}

// What the parts of a repository's URL ask of percent-encoding in addition to RFC 3986.
extension PercentCoding {
  /// Undoes the encoding. `nil` when a `%` is not followed by two digits, or the result is not UTF-8 or holds a control
  /// character.
  static func decodeText(_ text: some StringProtocol) -> String? {
    decodeBytes(text).flatMap { String(validating: $0, as: UTF8.self) }
  }

  /// The same for a path, which need not be UTF-8, as `PathText`.
  static func decodePath(_ text: some StringProtocol) -> String? { decodeBytes(text).map { PathText.text($0) } }

  private static func decodeBytes(_ text: some StringProtocol) -> [UInt8]? {
    decode(PathText.bytes(String(text))).flatMap { $0.contains(where: ForeignText.isControl) ? nil : $0 }
  }

  /// Encodes characters that are not allowed in the path or query of a request line, and leaves encoded ones.
  static func encodeIllegal(_ text: some StringProtocol) -> String {
    encode(PathText.bytes(String(text))) { $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }
  }
}
