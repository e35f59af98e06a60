/// One request as a server saw it.
package struct AccessRecord: Codable, Hashable, Sendable {
  /// Which connection of the server it came over; numbers only distinguish connections.
  package let connection: Int
  /// How many requests that connection has carried, this one included.
  package let requestOnConnection: Int
  package let method: String
  /// Path and query as sent.
  package let target: String
  package let status: Int
  /// Bytes of the answer, header included.
  package let sentBytes: Int
  /// Bytes of the request, header included.
  package let receivedBytes: Int
  /// The `Git-Protocol` header; empty when there was none.
  package let gitProtocol: String
  /// The `Authorization` header; empty when there was none.
  package let authorization: String
  package let userAgent: String
}
