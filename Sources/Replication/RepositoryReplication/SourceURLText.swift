internal import GitTransport

/// Addresses as they may be written down.
enum SourceURLText {
  /// Without user info and query; `nil` for what is no address.
  static func redacted(_ location: String) -> String? {
    do {
      return try SourceURL(location).redacted
    } catch {
      // The sync says what is wrong with it.
      return nil
    }
  }
}
