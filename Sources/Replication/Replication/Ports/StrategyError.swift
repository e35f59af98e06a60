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

/// Why work is paused although no replicable failed: the failing party, and the minimum duration of the pause.
///
/// Decided once, where the failure occurs (`StrategyError.origin`, `PrimaryAccessError`); higher layers only read it.
public struct Pause: Hashable, Sendable, CustomStringConvertible {
  /// Whose failure it is.
  public enum Origin: String, Hashable, Sendable {
    /// The host that the content is fetched from: its other replicables would fail in the same way.
    case host
    /// The primary, for requests other than for content.
    case primary
    /// This machine: a full disk, a state that cannot be written, a root that is not mounted. All work is paused.
    case machine
    /// The directory of one kind's copies, which is not the right one (not mounted, say): work of that kind is paused.
    case root
    /// None: the job was cancelled.
    case cancelled
  }

  /// Whose failure it is.
  public var origin: Origin
  /// What was tried, on what, what went wrong.
  public var message: String
  /// The host's `Retry-After`; `nil` where it sent none.
  public var retryAfter: Duration?

  /// A pause.
  public init(_ origin: Origin, _ message: String, retryAfter: Duration? = nil) {
    self.origin = origin
    self.message = message
    self.retryAfter = retryAfter
  }

  /// The message.
  public var description: String { message }
}

extension Pause {
  /// Creates a pause from a failure that is not the replicable's.
  public init(_ error: StrategyError) { self.init(error.origin, error.message, retryAfter: error.retryAfter) }
}

extension StrategyError.Code {
  /// The default origin of an error of this code and of the disposition `host`.
  var usualOrigin: Pause.Origin {
    if self == .cancelled { return .cancelled }
    if rawValue == "root_refused" { return .root }
    return Self.codesOfThisMachine.contains(rawValue) ? .machine : .host
  }

  /// Codes of failures that no host causes.
  private static let codesOfThisMachine: Set<String> = [
    "busy", "destination_io", "destination_unwritable", "disk_full", "file_system", "git_missing", "ssh_missing",
    "out_of_resources",
  ]
}
