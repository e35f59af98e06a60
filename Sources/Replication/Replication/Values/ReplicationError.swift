import TextBytes

/// Errors by which the framework refuses a call, before it changes anything.
public enum ReplicationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A kind's name that breaks the rule of `ReplicableName`.
  case invalidName(String)
  /// An id that breaks the rule of `ReplicableID`.
  case invalidID(String, reason: String)
  /// No kind of that name was registered.
  case unknownReplicable(String)
  /// Two kinds were registered under one name.
  case duplicateName(ReplicableName)
  /// An event that the kind's replicator does not declare.
  case undeclaredEvent(EventName, replicable: ReplicableName)
  /// A secondary was asked to publish, or a primary to consume.
  case wrongRole(operation: String, role: String)
  /// A template of `AddressTemplate` that breaks its rule.
  case invalidAddress(String, reason: String)
  /// An invalid configuration of a kind.
  case invalidConfiguration(String)
  /// An event without a member that its name requires.
  case incompleteEvent(EventName, missing: String)

  /// One line: what was tried, on what, what went wrong, what to do.
  public var description: String {
    switch self {
    case .invalidName(let text):
      "name a kind '\(Self.quoted(text))': use small letters, digits and single underscores, a letter first, at most 63"
    case .invalidID(let text, let reason): "take the id '\(Self.quoted(text))': \(reason); give another path"
    case .unknownReplicable(let name): "find the kind '\(Self.quoted(name))': no such kind is registered on this site"
    case .duplicateName(let name): "register the kind '\(name)': the name is taken; give one of the two another"
    case .undeclaredEvent(let event, let name):
      "handle '\(event)' of '\(name)': its replicator does not declare this event; declare it or do not send it"
    case .wrongRole(let operation, let role): "\(operation): a \(role) site does not do that"
    case .invalidAddress(let text, let reason): "take the address '\(Self.quoted(text))': \(reason)"
    case .invalidConfiguration(let reason): "configure a kind: \(Self.quoted(reason))"
    case .incompleteEvent(let event, let missing): "handle '\(event)': the event has no \(missing)"
    }
  }

  /// Foreign text must not control a terminal or fill a log.
  private static func quoted(_ text: String) -> String {
    ForeignText.withoutControls(text, longest: 200)
  }
}
