/// From where a secondary fetches one replicable.
public struct SourceAddress: Hashable, Sendable {
  /// A URL or a path. May carry user info, which is never written anywhere.
  public var location: String
  /// Sent as `Authorization: Bearer …`; never written anywhere.
  public var bearerToken: String?

  /// An address.
  public init(location: String, bearerToken: String? = nil) {
    self.location = location
    self.bearerToken = bearerToken
  }
}
