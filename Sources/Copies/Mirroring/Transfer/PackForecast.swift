/// Estimates the disk space that a pack will still need while it is received.
///
/// The size of its index is known as soon as the header is: gitformat-pack(5), version 2: for each object its id, a
/// checksum and an offset. The remainder of the pack is estimated from the received part, once a quarter of the objects
/// is received. Git sends commits and trees before blobs and deltas after their bases, so the later objects are larger
/// than the mean, and the estimate is low.
struct PackForecast {
  let receivedObjects: Int
  let totalObjects: Int
  /// Bytes of the pack that have come.
  let bytes: Int

  /// The index's header, fan-out and trailers.
  private static let indexBytes = 8 + 4 * 256 + 2 * 20
  /// An id, a CRC-32, an offset.
  private static let indexBytesAnObject = 20 + 4 + 4

  /// Bytes of the index, and of the part of the pack that has not come, as far as anything can be said.
  var remainingBytes: UInt64 {
    guard totalObjects > 0 else { return 0 }
    let index = UInt64(Self.indexBytes) + UInt64(totalObjects) * UInt64(Self.indexBytesAnObject)
    guard receivedObjects < totalObjects, receivedObjects >= totalObjects / 4, receivedObjects > 0 else { return index }
    let left = Double(bytes) / Double(receivedObjects) * Double(totalObjects - receivedObjects)
    return index + UInt64(left)
  }
}
