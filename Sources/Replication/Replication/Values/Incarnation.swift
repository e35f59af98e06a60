import TextBytes

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
