package import GitValues

/// One upload-pack service of one repository, reached somehow. Used from one thread at a time.
package protocol UploadPackChannel: AnyObject {
  /// True when the server remembers nothing between requests and each must carry the whole state (HTTP).
  var isStateless: Bool { get }
  /// True when `noteVersion2` was called for this origin before in this process, so that the advertisement may be
  /// skipped and `ls-refs` sent at once: one round trip instead of two.
  var mayAssumeVersion2: Bool { get }
  /// Asks for the advertisement, offering version 2. At most once a channel when not stateless.
  func openAdvertisement() throws -> any ByteSource
  /// Sends a whole request; the answer follows. When not stateless, the source is the same stream as before, and
  /// the answer before must have been read to its end.
  func send(_ request: [UInt8]) throws -> any ByteSource
  /// Remembers, for the origin, that it speaks version 2 and understands every word of the `ls-refs` request that
  /// is sent without having seen the advertisement.
  func noteVersion2()
  /// Returns refs that exist and that the server left out of `listing` because it could not read them. Called once,
  /// right after the listing was read. Only a local source can determine them.
  ///
  /// - Throws: `TransportError` (limit_exceeded) when there are too many to name: an unnamed one would look deleted.
  func brokenRefs(leftOutOf listing: RefListing) throws -> [BrokenRef]
  /// What the server's process has said on the side (a child's stderr): one line of sanitised text, empty when
  /// there is none (always, over HTTP).
  var diagnostics: String { get }
  /// Ends in good order. Does not wait longer than a moment, never throws. Calling it twice does nothing more.
  func finish()
  /// Ends at once, from the thread that uses the channel. Nothing is left of it: no process, no descriptor.
  func abort()
}

extension UploadPackChannel {
  /// Remote servers do not report them.
  package func brokenRefs(leftOutOf listing: RefListing) throws -> [BrokenRef] { [] }
}

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
