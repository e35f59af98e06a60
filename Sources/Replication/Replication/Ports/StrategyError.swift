/// A failure of a strategy.
public struct StrategyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A word for the failure that scripts may match. Open: lower layers may define more.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The word.
    public let rawValue: String

    /// A code by its word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The word.
    public var description: String { rawValue }

    /// The source does not have it.
    public static let missingOnPrimary = Code(rawValue: "missing_on_primary")
    /// There is no copy.
    public static let missing = Code(rawValue: "missing")
    /// The content is damaged, with its reason.
    public static let broken = Code(rawValue: "broken")
    /// The received content does not have the primary's checksum.
    public static let checksumMismatch = Code(rawValue: "checksum_mismatch")
    /// The destination path exists.
    public static let occupied = Code(rawValue: "occupied")
    /// Another process works on the copy.
    public static let busy = Code(rawValue: "busy")
    /// The job was cancelled.
    public static let cancelled = Code(rawValue: "cancelled")
    /// The disk is full, or would be.
    public static let diskFull = Code(rawValue: "disk_full")
    /// A file system call failed.
    public static let fileSystem = Code(rawValue: "file_system")
  }

  /// Whose failure it is.
  public enum Disposition: String, Hashable, Sendable {
    /// The replicable's: its entry fails and is retried with back-off.
    case replicable
    /// The host's or this machine's (unreachable, TLS, 401, 429, disk full): work pauses, and no failure of an entry is
    /// counted. `origin` distinguishes them.
    case host
    /// A connection broke, or timed out, during this replicable's transfer: it is retried at once a few times. It is
    /// the host's failure if the host does not answer for others either, and else the replicable's.
    case connection
  }

  /// The word.
  public var code: Code
  /// One line: what was tried, on what, what went wrong in the lower layer, and what to do next. Contains no secrets.
  public var message: String
  /// Whose failure it is.
  public var disposition: Disposition
  /// Whose failure an error of the disposition `host` is.
  public var origin: Pause.Origin
  /// The `Retry-After` of the host; `nil` where it sent none.
  public var retryAfter: Duration?

  /// - Parameter origin: the usual one of the code unless given.
  public init(
    _ code: Code, _ message: String, disposition: Disposition = .replicable, origin: Pause.Origin? = nil,
    retryAfter: Duration? = nil
  ) {
    self.code = code
    self.message = message
    self.disposition = disposition
    self.origin = origin ?? code.usualOrigin
    self.retryAfter = retryAfter
  }

  /// The message.
  public var description: String { message }
}
