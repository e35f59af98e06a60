internal import Glibc
internal import SystemPackage
internal import WorkerPool

/// Our ends of a child's output and error. All waiting is poll(2) with a deadline, on the one thread that uses it.
///
/// Sockets and not pipes: they close atomically in children that other threads start meanwhile (`SOCK_CLOEXEC`), and
/// shutdown(2) from another thread wakes a poll, which is how cancellation gets through at once.
final class ChildStreams {
  private let input: RequestSpool?
  private let silence: Duration
  private let cancellation: CancellationFlag
  private var registration: CancellationFlag.Registration?
  private let output: (ours: Int32, childs: Int32)
  private let errors: (ours: Int32, childs: Int32)
  private let nothing: Int32
  private var isErrorsOpen = true
  /// The beginning of what the child wrote on its standard error.
  private(set) var complaints: [UInt8] = []

  private static let complaintLimit = 4096
  /// What one read takes at most.
  private static let pieceBytes = 1 << 16

  /// - Throws: the errno of a call that found no descriptor left.
  init(input: RequestSpool?, silence: Duration, cancellation: CancellationFlag) throws(Errno) {
    self.input = input
    self.silence = silence
    self.cancellation = cancellation
    input?.rewind()
    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard nothing >= 0 else { throw Errno(rawValue: errno) }
    do throws(Errno) {
      output = try Self.pair()
    } catch {
      Glibc.close(nothing)
      throw error
    }
    do throws(Errno) {
      errors = try Self.pair()
    } catch {
      for descriptor in [nothing, output.ours, output.childs] { Glibc.close(descriptor) }
      throw error
    }
    // Removed before the descriptors are closed, so the number cannot be another file's by then.
    registration = cancellation.onRaise { [output] in Glibc.shutdown(output.ours, Int32(SHUT_RDWR)) }
  }

  /// The child's standard input, output and error.
  var childEnds: [Int32] { [input?.descriptor ?? nothing, output.childs, errors.childs] }

  /// Once the child has its ends, or it would never seem to end. Once.
  func closeChildEnds() {
    for descriptor in [nothing, output.childs, errors.childs] { Glibc.close(descriptor) }
  }

  /// Once.
  func close() {
    registration?.remove()
    for descriptor in [output.ours, errors.ours] { Glibc.close(descriptor) }
  }

  /// Waits for the next bytes of the output; `nil` at its end.
  ///
  /// - Throws: `Cancelled`, `DeadlineExceeded` for silence too, `Errno`.
  func read(until deadline: Deadline) throws -> [UInt8]? {
    let quiet = Deadline.after(silence).earlier(deadline)
    while true {
      try cancellation.check()
      var code: Int32 = 0
      let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, filled in
        let count = recv(output.ours, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        code = count < 0 ? errno : 0
        filled = max(0, count)
      }
      if !piece.isEmpty { return piece }
      switch code {
      case 0:
        try cancellation.check()
        return nil
      case EAGAIN: try wait(until: quiet)
      case EINTR: continue
      default: throw Errno(rawValue: code)
      }
    }
  }

  private func wait(until deadline: Deadline) throws {
    while true {
      guard !deadline.hasPassed else { throw DeadlineExceeded() }
      var polled = [
        pollfd(fd: output.ours, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isErrorsOpen ? errors.ours : -1, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&polled, nfds_t(polled.count), deadline.pollTimeoutMilliseconds)
      if count < 0, errno != EINTR { throw Errno(rawValue: errno) }
      try cancellation.check()
      if count > 0, polled[1].revents != 0 { drainErrors() }
      if count > 0, polled[0].revents != 0 { return }
    }
  }

  /// Takes what is on the standard error so far, without waiting; a child that complains a lot would stand still otherwise.
  func drainErrors() {
    guard isErrorsOpen else { return }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = recv(errors.ours, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 {
          complaints.append(contentsOf: buffer[0..<min(count, Self.complaintLimit - complaints.count)])
        } else if count < 0, errno == EINTR {
          continue
        } else {
          if count == 0 || errno != EAGAIN { isErrorsOpen = false }
          return
        }
      }
    }
  }

  private static func pair() throws(Errno) -> (ours: Int32, childs: Int32) {
    var ends: (Int32, Int32) = (-1, -1)
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let status = withUnsafeMutableBytes(of: &ends) { raw in
      socketpair(AF_UNIX, type, 0, raw.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    guard status == 0 else { throw Errno(rawValue: errno) }
    return (ends.0, ends.1)
  }
}
