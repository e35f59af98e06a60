/// Why work is paused although no replicable failed: the failing party, and the minimum duration of the pause.
///
/// Decided once, where the failure is understood (`StrategyError.origin`, `PrimaryAccessError`); everything above only
/// reads it.
public struct Pause: Hashable, Sendable, CustomStringConvertible {
  /// Whose failure it is.
  public enum Origin: String, Hashable, Sendable {
    /// The host that the content is fetched from: its other replicables would fail in the same way.
    case host
    /// The primary, where it is asked for anything but content.
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
  /// How long the host asked to be left alone (`Retry-After`); `nil` where it did not say.
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
  /// Of a failure that is no replicable's.
  public init(_ error: StrategyError) { self.init(error.origin, error.message, retryAfter: error.retryAfter) }
}

extension StrategyError.Code {
  /// Whose failure an error of this code and of the disposition `host` is, where its maker does not say.
  var usualOrigin: Pause.Origin {
    if self == .cancelled { return .cancelled }
    if rawValue == "root_refused" { return .root }
    return Self.codesOfThisMachine.contains(rawValue) ? .machine : .host
  }

  /// What no host has anything to do with.
  private static let codesOfThisMachine: Set<String> = [
    "busy", "destination_io", "destination_unwritable", "disk_full", "file_system", "git_missing", "ssh_missing",
    "out_of_resources",
  ]
}
