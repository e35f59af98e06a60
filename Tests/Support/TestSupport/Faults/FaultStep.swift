/// One thing that a `FaultProxy` does with the bytes that a server answers. A connection follows a list of them; when the
/// list is done, the rest passes.
package enum FaultStep: Sendable {
  /// Lets this many bytes through.
  case passBytes(Int)
  /// Lets bytes through up to and including this many pkt-lines (flush, delimiter and end count), counted in the bodies of
  /// HTTP answers or, for a raw proxy, from here on.
  case passPackets(Int)
  /// Lets this many whole HTTP answers through.
  case passResponses(Int)
  /// Lets all through up to the first occurrence of the bytes and sends others in their place. Lengths should be equal where
  /// something counts them.
  case replace([UInt8], with: [UInt8])
  /// Waits.
  case delay(Duration)
  /// Lets one byte through in each interval, to the end.
  case drip(every: Duration)
  /// Sends nothing more, and keeps the connection open until the client or the test closes it.
  case stall
  /// Ends the connection in order (FIN), wherever the answer is.
  case cut
  /// Breaks the connection (RST).
  case reset
  /// Sends these bytes, which no server sent.
  case answer([UInt8])
  /// Sends these bytes again and again, until the client closes the connection.
  case flood([UInt8])
}
