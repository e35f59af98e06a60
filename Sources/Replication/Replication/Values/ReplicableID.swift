internal import TextBytes

/// The id of a replicable within its kind: for a directory of repositories the path below the root without `.git`.
///
/// Refused: more than 1,024 bytes, an absolute path, an empty part, `.` or `..`, NUL and other control characters, a
/// part that ends in `.git` or `.lock` or begins with `.remora` (product contract § 3). An accepted id is a safe
/// relative path.
public struct ReplicableID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The id as text.
  public let text: String

  /// - Throws: `ReplicationError.invalidID` with the rule that the text breaks.
  public init(_ text: String) throws(ReplicationError) {
    if !Self.isPlain(text), let reason = Self.objection(to: text) { throw .invalidID(text, reason: reason) }
    self.text = text
  }

  /// The id as text.
  public var description: String { text }

  /// Bytewise order, as in every listing of ids.
  public static func < (left: ReplicableID, right: ReplicableID) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  /// Compared as bytes, as file names are; two spellings of one character are two ids.
  public static func == (left: ReplicableID, right: ReplicableID) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// Whether a text obviously breaks no rule: no dots, only visible ASCII, short parts. This makes opening a registry
  /// of a million entries a tenth faster.
  private static func isPlain(_ text: String) -> Bool {
    var length = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "/"):
        guard length > 0 else { return false }
        length = 0
      case UInt8(ascii: "."): return false
      case 0x20...0x7e: length += 1
      default: return false
      }
      guard length <= 200 else { return false }
    }
    return length > 0 && text.utf8.count <= 1_024
  }

  private static func objection(to text: String) -> String? {
    if text.isEmpty { return "empty" }
    if text.utf8.count > 1_024 { return "longer than 1024 bytes" }
    if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) { return "control character" }
    if text.unicodeScalars.contains(where: { (0x80...0x9f).contains($0.value) }) { return "control character" }
    if text.utf8.first == UInt8(ascii: "/") { return "absolute path" }
    for part in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if part.isEmpty { return "empty part" }
      if part.elementsEqual(".".utf8) || part.elementsEqual("..".utf8) { return "part '.' or '..'" }
      if part.count > 255 - ".git".utf8.count { return "part longer than 251 bytes" }
      if part.suffix(4).elementsEqual(".git".utf8) { return "part that ends in '.git'" }
      if part.suffix(5).elementsEqual(".lock".utf8) { return "part that ends in '.lock'" }
      if part.starts(with: ".remora".utf8) { return "part that begins with '.remora'" }
    }
    return nil
  }
}

/// The name of a kind of replicable, `project_repository`: used in files, URLs, metrics and the feature flag.
///
/// Small letters, digits and single underscores, a letter first, at most 63 characters.
public struct ReplicableName: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The name as text.
  public let text: String

  /// - Throws: `ReplicationError.invalidName` when the text breaks the rule above.
  public init(_ text: String) throws(ReplicationError) {
    let parts = text.utf8.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    let isWellFormed = parts.allSatisfy { part in
      !part.isEmpty
        && part.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (0x30...0x39).contains($0) }
    }
    guard isWellFormed, text.utf8.count <= 63, text.utf8.first.map({ $0 > 0x39 }) == true else {
      throw .invalidName(text)
    }
    self.text = text
  }

  /// A name written in code.
  public init(stringLiteral text: String) {
    do { self = try ReplicableName(text) } catch { preconditionFailure("\(error)") }
  }

  /// The name as text.
  public var description: String { text }

  /// Bytewise order.
  public static func < (left: ReplicableName, right: ReplicableName) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }
}

/// Distinguishes a replicable from one that was deleted before under the same id. It is a random value that the primary
/// assigns when it first lists the replicable. One incarnation under another id is a rename.
public struct Incarnation: Hashable, Sendable, CustomStringConvertible, LosslessStringConvertible {
  /// The random value.
  public let value: UInt64

  /// The incarnation with that value.
  public init(_ value: UInt64) { self.value = value }

  /// A new one.
  public static func random(using generator: inout some RandomNumberGenerator) -> Incarnation {
    Incarnation(generator.next())
  }

  /// Reads 16 hexadecimal digits.
  public init?(_ description: String) {
    guard let value = Hex.number(description) else { return nil }
    self.init(value)
  }

  /// 16 hexadecimal digits.
  public var description: String { Hex.padded(value) }
}

/// How a kind's replicables are stored, and so which strategy syncs them.
public struct DataType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The word in configuration and files.
  public let rawValue: String

  /// A data type by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A bare git repository.
  public static let repository = DataType(rawValue: "repository")
  /// One file.
  public static let blob = DataType(rawValue: "blob")

  /// The word.
  public var description: String { rawValue }
}
