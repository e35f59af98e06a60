import Glibc
import SystemPackage

/// What the last failed call of this thread left behind.
func lastErrno() -> Errno { Errno(rawValue: errno) }

/// Calls again as long as a signal interrupts: signals carry no meaning for file calls of ours, cancellation has its
/// own flag.
///
/// - Returns: the first result that is not a failure with `EINTR`. `errno` is still that of the failed call.
func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// One call on one path that answers 0 or fails.
func checkCall(
  _ operation: String, _ path: FilePath, _ call: (UnsafePointer<CChar>) -> CInt
) throws(FileError) {
  let result = path.withPlatformString { name in retryingInterrupts { call(name) } }
  guard result != -1 else { throw FileError.last(operation, path) }
}

/// Opens close-on-exec, never follows a link in the last component, never waits for a peer (a FIFO in place of a file
/// would otherwise hold the thread for ever).
func openDescriptor(
  _ path: FilePath, _ flags: CInt, _ permissions: FilePermissions, _ operation: String
) throws(FileError) -> CInt {
  let descriptor = path.withPlatformString { name in
    retryingInterrupts { open(name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, permissions.rawValue) }
  }
  guard descriptor != -1 else { throw FileError.last(operation, path) }
  return descriptor
}

/// Closes and gives the kernel's complaint, if any.
///
/// Never repeated: on Linux the descriptor is free even after `EINTR`, and its number may already belong to another
/// thread (close(2)).
func closeDescriptor(_ descriptor: CInt, _ operation: String, _ path: FilePath) throws(FileError) {
  guard close(descriptor) == -1, errno != EINTR else { return }
  throw FileError.last(operation, path)
}

/// The status of an open file.
func descriptorStatus(_ descriptor: CInt, _ operation: String, _ path: FilePath) throws(FileError) -> FileStatus {
  var raw = stat()
  guard fstat(descriptor, &raw) == 0 else { throw FileError.last(operation, path) }
  return FileStatus(raw)
}
