/// Bytes in one direction, read by a thread that may block.
///
/// Each call ends by bytes, by the end, by the silence deadline, by the whole deadline or by cancellation; none
/// waits for ever.
package protocol ByteSource: AnyObject {
  /// Reads at least one byte into `buffer`, which must not be empty. 0 means the end.
  ///
  /// - Throws: `TransportError` (timeout, connection_lost, …) or `Cancelled`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
