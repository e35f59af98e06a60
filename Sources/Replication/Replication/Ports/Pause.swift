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
