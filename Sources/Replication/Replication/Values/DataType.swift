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
