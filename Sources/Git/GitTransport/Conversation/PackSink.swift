/// Takes a packfile as it arrives.
package protocol PackSink: AnyObject {
  /// Gets the next bytes, in order. They are lent: the pointer must not be kept. An error stops the transfer
  /// and comes out of `Conversation.downloadPack` as it is.
  func receive(_ bytes: UnsafeRawBufferPointer) throws
}
