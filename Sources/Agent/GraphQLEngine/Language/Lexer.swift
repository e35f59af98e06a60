internal import TextBytes

/// Cuts a document into tokens (section 2.1), in one walk.
struct Lexer {
  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  private var lineStart = 0

  /// - Throws: `GraphQLError` for invalid UTF-8.
  init(_ bytes: [UInt8]) throws(GraphQLError) {
    self.bytes = bytes
    if String(validating: bytes, as: UTF8.self) == nil { throw notUTF8() }
  }

  private func notUTF8() -> GraphQLError {
    var parser = Unicode.UTF8.ForwardParser()
    var rest = bytes.makeIterator()
    var (offset, line, start) = (0, 1, 0)
    while case .valid(let scalar) = parser.parseScalar(from: &rest) {
      offset += scalar.count
      if scalar.first == UInt8(ascii: "\n") { (line, start) = (line + 1, offset) }
    }
    return GraphQLError("the document is not UTF-8", at: [.init(line: line, column: offset - start + 1)])
  }

  private var location: GraphQLError.Location { .init(line: line, column: index - lineStart + 1) }

  private func peek(_ offset: Int = 0) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }

  private mutating func newLine() {
    line += 1
    lineStart = index
  }

  /// The next token; `.end` from the end on.
  mutating func next() throws(GraphQLError) -> Token {
    skipIgnored()
    let start = location
    guard let byte = peek() else { return Token(kind: .end, location: start) }
    switch byte {
    case UInt8(ascii: "."):
      guard peek(1) == byte, peek(2) == byte else { throw unexpected(start) }
      index += 3
      return Token(kind: .punctuator("..."), location: start)
    case _ where "!$&()=:@[]{|}".utf8.contains(byte):
      index += 1
      return Token(kind: .punctuator(String(decoding: [byte], as: UTF8.self)), location: start)
    case UInt8(ascii: "\""): return Token(kind: .string(try string(start)), location: start)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return Token(kind: try number(start), location: start)
    case _ where Self.beginsName(byte):
      let begin = index
      while let byte = peek(), Self.beginsName(byte) || Self.isDigit(byte) { index += 1 }
      return Token(kind: .name(String(decoding: bytes[begin..<index], as: UTF8.self)), location: start)
    default: throw unexpected(start)
    }
  }

  private func unexpected(_ location: GraphQLError.Location) -> GraphQLError {
    GraphQLError("the document has a character that means nothing here", at: [location])
  }

  /// Section 2.1.1.
  private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != 0x09 }

  private mutating func skipIgnored() {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: ","): index += 1
      case UInt8(ascii: "\n"):
        index += 1
        newLine()
      case UInt8(ascii: "\r"):
        index += peek(1) == UInt8(ascii: "\n") ? 2 : 1
        newLine()
      case UInt8(ascii: "#"):
        // Another control character, or the line's end, is for the next turn.
        while let byte = peek(), !Self.isControl(byte) { index += 1 }
      case 0xef where peek(1) == 0xbb && peek(2) == 0xbf: index += 3
      default: return
      }
    }
  }

  private static func beginsName(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private mutating func number(_ start: GraphQLError.Location) throws(GraphQLError) -> Token.Kind {
    let begin = index
    if peek() == UInt8(ascii: "-") { index += 1 }
    let isZero = peek() == UInt8(ascii: "0")
    var digits = skipDigits()
    guard digits > 0, !isZero || digits == 1 else { throw GraphQLError("a number is malformed", at: [start]) }
    var isFloat = false
    if peek() == UInt8(ascii: ".") {
      isFloat = true
      index += 1
      digits = skipDigits()
    }
    if digits > 0, let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isFloat = true
      index += 1
      if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { index += 1 }
      digits = skipDigits()
    }
    if let byte = peek(), byte == UInt8(ascii: ".") || Self.beginsName(byte) { digits = 0 }
    let text = String(decoding: bytes[begin..<index], as: UTF8.self)
    guard digits > 0 else { throw GraphQLError("a number is malformed", at: [start]) }
    if isFloat, let value = Double(text), value.isFinite { return .float(value) }
    if !isFloat, let value = Int64(text) { return .int(value) }
    throw GraphQLError("the number \(text.prefix(40)) is too large", at: [start])
  }

  private mutating func skipDigits() -> Int {
    let begin = index
    while let byte = peek(), Self.isDigit(byte) { index += 1 }
    return index - begin
  }

  // MARK: Strings

  private mutating func string(_ start: GraphQLError.Location) throws(GraphQLError) -> String {
    index += 1
    if peek() == UInt8(ascii: "\""), peek(1) == UInt8(ascii: "\"") {
      index += 2
      return try block(start)
    }
    var text: [UInt8] = []
    while let byte = peek(), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += try escaped(start)
      case _ where Self.isControl(byte): throw unexpected(start)
      default: text.append(byte)
      }
    }
    throw GraphQLError("a string has no end", at: [start])
  }

  private mutating func escaped(_ start: GraphQLError.Location) throws(GraphQLError) -> [UInt8] {
    guard let byte = peek() else { throw GraphQLError("a string has no end", at: [start]) }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      let scalar =
        peek() == UInt8(ascii: "{")
        ? EscapedScalar.readBraced(bytes, &index) : EscapedScalar.read(bytes, &index)
      if let scalar { return Array(String(scalar).utf8) }
    default: break
    }
    throw GraphQLError("a string has an escape that means nothing", at: [start])
  }

  private mutating func block(_ start: GraphQLError.Location) throws(GraphQLError) -> String {
    var text: [UInt8] = []
    let quotes = Array("\"\"\"".utf8)
    while let byte = peek() {
      if byte == UInt8(ascii: "\\"), bytes[(index + 1)...].starts(with: quotes) {
        text += quotes
        index += 4
      } else if bytes[index...].starts(with: quotes) {
        index += 3
        return BlockString.dedented(text)
      } else if byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") {
        index += byte == UInt8(ascii: "\r") && peek(1) == UInt8(ascii: "\n") ? 2 : 1
        newLine()
        text.append(UInt8(ascii: "\n"))
      } else if Self.isControl(byte) {
        throw unexpected(location)
      } else {
        text.append(byte)
        index += 1
      }
    }
    throw GraphQLError("a string has no end", at: [start])
  }
}

/// A word of a document.
struct Token: Hashable {
  enum Kind: Hashable {
    case end
    /// `!`, `$`, `(`, `...` and so on.
    case punctuator(String)
    case name(String)
    case int(Int64)
    case float(Double)
    case string(String)
  }

  let kind: Kind
  let location: GraphQLError.Location

  /// Its name in messages.
  var text: String {
    switch kind {
    case .end: "the end"
    case .punctuator(let text), .name(let text): "'\(text.prefix(40))'"
    case .int(let value): "'\(value)'"
    case .float(let value): "'\(value)'"
    case .string: "a string"
    }
  }
}

/// What stands behind `\u` in a string of a document (section 2.9.4).
enum EscapedScalar {
  /// Reads four hexadecimal digits, and another `\uXXXX` where the first are half of a pair.
  ///
  /// - Parameter index: after the `u`; then after the digits that were read.
  /// - Returns: `nil` for other digits, and for halves without the other half.
  static func read(_ bytes: [UInt8], _ index: inout Int) -> Unicode.Scalar? {
    guard let high = unit(bytes, &index) else { return nil }
    guard (0xd800..<0xdc00).contains(high) else { return Unicode.Scalar(high) }
    guard bytes[index...].starts(with: "\\u".utf8) else { return nil }
    index += 2
    guard let low = unit(bytes, &index), (0xdc00..<0xe000).contains(low) else { return nil }
    return Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
  }

  /// Reads `{…}` with one to eight hexadecimal digits, as documents may have it.
  ///
  /// - Returns: `nil` for anything else.
  static func readBraced(_ bytes: [UInt8], _ index: inout Int) -> Unicode.Scalar? {
    guard let close = bytes[index...].prefix(10).firstIndex(of: UInt8(ascii: "}")) else { return nil }
    let digits = bytes[(index + 1)..<close]
    index = close + 1
    return number(digits).flatMap { Unicode.Scalar($0) }
  }

  private static func unit(_ bytes: [UInt8], _ index: inout Int) -> UInt32? {
    let digits = bytes[index...].prefix(4)
    guard digits.count == 4 else { return nil }
    index += 4
    return number(digits)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard (1...8).contains(digits.count) else { return nil }
    var number: UInt32 = 0
    for byte in digits {
      guard let digit = Hex.value(byte, allowsCapitals: true) else { return nil }
      number = number << 4 | UInt32(digit)
    }
    return number
  }
}

/// The meaning of a block string (section 2.9.4, BlockStringValue).
enum BlockString {
  /// Takes the indentation that all lines but the first have in common away, and blank lines at both ends.
  ///
  /// - Parameter text: with `\n` as the only line end.
  static func dedented(_ text: [UInt8]) -> String {
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    let indent = lines.dropFirst().filter { !isBlank($0) }.map { $0.prefix(while: isSpace).count }.min() ?? 0
    for index in lines.indices.dropFirst() { lines[index] = lines[index].dropFirst(indent) }
    // Slices get shorter without being moved: a document may be nothing but blank lines.
    lines = lines.drop(while: isBlank)
    while let last = lines.last, isBlank(last) { lines.removeLast() }
    return String(decoding: Array(lines.joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool { line.allSatisfy(isSpace) }
}
