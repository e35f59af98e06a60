/// A request as `ScriptedHTTPServer` got it.
package struct ReceivedRequest: Sendable {
  package let method: String
  /// Path and query as sent.
  package let target: String
  /// Names in lower case.
  package let headers: [String: String]
  package let body: [UInt8]
  /// The number of the connection, from 0.
  package let connection: Int

  /// The target without its query.
  package var path: String { String(target.prefix { $0 != "?" }) }

  /// Returns whether the body contains this text, such as `command=fetch`.
  package func says(_ text: String) -> Bool { Bytes.firstIndex(of: Array(text.utf8), in: body) != nil }
}
