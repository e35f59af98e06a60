import Glibc
import WorkerPool

/// Our ends of three socket pairs whose other ends are a child's standard input, output and error. All waiting is
/// poll(2) with a deadline, on the thread that uses it.
///
/// Sockets and not pipes because `SOCK_CLOEXEC` closes them atomically in children that other threads start meanwhile
/// (Glibc's module has no `pipe2`): a leaked copy would keep the child from seeing the end of its input. Because
/// `MSG_NOSIGNAL` spares us SIGPIPE. And because `shutdown(2)` from another thread wakes a poll, which is how
/// cancellation gets through at once without another descriptor. Input and output are two pairs so that a descendant
/// that outlives the child and holds its input does not hide the end of the output.
final class ChildSockets {
  /// The other ends; closed here by `closeChildEnds` once the child has them, or else it would never seem to end.
  private let childInput: Int32
  private let childOutput: Int32
  private let childErrors: Int32
  private let input: Int32
  private let output: Int32
  private let errors: Int32
  private var isErrorsOpen = true
  private var isClosed = false
  private var areChildEndsClosed = false

  private let cancellation: CancellationFlag
  private let registration: CancellationFlag.Registration
  private let deadline: Deadline
  private let silence: Duration
  /// What the child has written on its standard error, as far as it was read.
  private(set) var complaints: ChildComplaints

  /// Makes the pairs.
  ///
  /// - Parameters:
  ///   - silence: how long to wait for the child to send or take a byte.
  ///   - deadline: when all must be over.
  ///   - maximumBrokenRefs: how many broken refs of the child's complaints are kept by name.
  /// - Throws: `ChildFailure` when the process has no descriptors left.
  init(
    silence: Duration, deadline: Deadline, cancellation: CancellationFlag, maximumBrokenRefs: Int = 0
  ) throws(ChildFailure) {
    var pairs: [(ours: Int32, childs: Int32)] = []
    for _ in 0..<3 {
      do throws(ChildFailure) {
        pairs.append(try Self.pair())
      } catch {
        for pair in pairs {
          Glibc.close(pair.ours)
          Glibc.close(pair.childs)
        }
        throw error
      }
    }
    let (input, output) = (pairs[0].ours, pairs[1].ours)
    (self.input, childInput) = pairs[0]
    (self.output, childOutput) = pairs[1]
    (errors, childErrors) = pairs[2]
    self.silence = silence
    self.deadline = deadline
    self.cancellation = cancellation
    complaints = ChildComplaints(brokenLimit: maximumBrokenRefs)
    // The registration is removed before the descriptors are closed, so the numbers cannot be another file's by then.
    registration = cancellation.onRaise {
      Glibc.shutdown(input, Int32(SHUT_RDWR))
      Glibc.shutdown(output, Int32(SHUT_RDWR))
    }
  }

  deinit { close() }

  /// The child's standard input, output and error.
  var childEnds: [Int32] { [childInput, childOutput, childErrors] }

  /// Closes our ends. The child sees the end of its input. Calling it twice does nothing more.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    registration.remove()
    closeChildEnds()
    for descriptor in [input, output, errors] { Glibc.close(descriptor) }
  }

  /// Closes the child's ends on our side. Calling it twice does nothing more.
  func closeChildEnds() {
    guard !areChildEndsClosed else { return }
    areChildEndsClosed = true
    for descriptor in childEnds { Glibc.close(descriptor) }
  }

  /// Says to the child that no more input comes; its output can still be read.
  func endInput() {
    guard !isClosed else { return }
    Glibc.shutdown(input, Int32(SHUT_WR))
  }

  /// Reads at least one byte; 0 is the end.
  ///
  /// - Throws: `Cancelled`, `ChildFailure`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    precondition(!buffer.isEmpty, "a read needs room")
    let quiet = Deadline.after(silence)
    while true {
      try cancellation.check()
      let count = recv(output, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 { return count }
      if count == 0 { return try ended() }
      switch errno {
      case EAGAIN: try wait(for: POLLIN, on: output, quiet: quiet)
      case EINTR: continue
      default: throw ChildFailure.failed("read", errno)
      }
    }
  }

  /// Writes all bytes. A child that has gone is no error here: what it said before is still to be read.
  ///
  /// - Throws: `Cancelled`, `ChildFailure`.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    var quiet = Deadline.after(silence)
    while !rest.isEmpty {
      try cancellation.check()
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
      let count = Glibc.send(input, rest.baseAddress, rest.count, flags)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        quiet = Deadline.after(silence)
        continue
      }
      switch errno {
      case EAGAIN: try wait(for: POLLOUT, on: input, quiet: quiet)
      case EINTR: continue
      case EPIPE, ECONNRESET:
        try cancellation.check()
        return
      default: throw ChildFailure.failed("write", errno)
      }
    }
  }

  /// Reads what the child has written on its standard error so far, without waiting.
  func drainErrors() {
    guard !isClosed, isErrorsOpen else { return }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = recv(errors, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 {
          complaints.append(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
        } else if count < 0, errno == EINTR {
          continue
        } else {
          if count == 0 || errno != EAGAIN { isErrorsOpen = false }
          return
        }
      }
    }
  }

  /// The end of the child's output, or our own shutdown by cancellation, which looks the same.
  private func ended() throws(Cancelled) -> Int {
    try cancellation.check()
    return 0
  }

  /// Waits until the descriptor is ready. Standard error is drained meanwhile, or a child that complains a lot would
  /// stand still.
  private func wait(for events: Int32, on descriptor: Int32, quiet: Deadline) throws {
    while true {
      guard !deadline.hasPassed else { throw ChildFailure.runTimedOut }
      guard !quiet.hasPassed else { throw ChildFailure.silent(silence) }
      var polled = [
        pollfd(fd: descriptor, events: Int16(events), revents: 0),
        pollfd(fd: isErrorsOpen ? errors : -1, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&polled, nfds_t(polled.count), deadline.earlier(quiet).pollTimeoutMilliseconds)
      if count < 0, errno != EINTR { throw ChildFailure.failed("wait for", errno) }
      try cancellation.check()
      if count > 0, polled[1].revents != 0 { drainErrors() }
      if count > 0, polled[0].revents != 0 { return }
    }
  }

  private static func pair() throws(ChildFailure) -> (Int32, Int32) {
    var ends: (Int32, Int32) = (-1, -1)
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let status = withUnsafeMutableBytes(of: &ends) { raw in
      socketpair(AF_UNIX, type, 0, raw.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    guard status == 0 else { throw .failed("open a socket to", errno) }
    return ends
  }
}
