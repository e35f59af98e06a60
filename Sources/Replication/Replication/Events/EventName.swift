/// What happened to a replicable: the framework's event names.
public struct EventName: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The word in the event log.
  public let rawValue: String

  /// An event name by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// It exists now.
  public static let created = EventName(rawValue: "created")
  /// Its content changed.
  public static let updated = EventName(rawValue: "updated")
  /// It is gone; the secondary asks the primary before it acts on that.
  public static let deleted = EventName(rawValue: "deleted")
  /// The primary has a new checksum of it.
  public static let checksumSucceeded = EventName(rawValue: "checksum_succeeded")

  /// The word.
  public var description: String { rawValue }
}
