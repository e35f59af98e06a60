package import SystemPackage

/// A file that is being written, by one thread at a time.
///
/// Dropping it without `close` closes it and loses the kernel's last complaint; it makes nothing durable.
package protocol WritableFile: AnyObject {
  /// Writes all of the bytes, at the position where the last write ended (at the end of a file opened for appending).
  ///
  /// - Throws: when the bytes are not all there; some of them may be.
  func write(_ bytes: UnsafeRawBufferPointer) throws(FileError)

  /// Cuts or extends (with zeros) to the length in bytes. The next write goes to this new end.
  func truncate(to length: Int) throws(FileError)

  /// Makes all that was written durable, with the length; not the name. A failure is final, as in
  /// `FileSystemPort.synchronizeFile`.
  func synchronize() throws(FileError)

  /// Sets the permissions whatever the process's umask is (fchmod(2)).
  func setPermissions(_ permissions: FilePermissions) throws(FileError)

  /// Ends the use; later calls throw `EBADF`. A failure means that written bytes may be lost.
  func close() throws(FileError)

  /// The length in bytes now.
  var length: Int { get throws(FileError) }
}

extension WritableFile {
  /// Writes all of the bytes of an array.
  package func write(_ bytes: [UInt8]) throws(FileError) {
    // `withUnsafeBytes` rethrows untyped, so the typed error is carried round it.
    var failure: FileError?
    bytes.withUnsafeBytes { buffer in
      do throws(FileError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
