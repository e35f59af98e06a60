internal import Glibc
internal import WorkerPool

/// This process's ends of the socket pairs whose other ends are a child's standard input, output and error. All waiting
/// is poll(2) with a deadline, on the thread that uses it.
///
/// Sockets and not pipes because `SOCK_CLOEXEC` closes them atomically in children that other threads start meanwhile
/// (Glibc's module has no `pipe2`): a leaked copy would keep the child from seeing the end of its input. Because
/// `MSG_NOSIGNAL` avoids SIGPIPE. And because `shutdown(2)` from another thread wakes a poll, so that cancellation needs
/// no other descriptor. Input and output are two pairs so that a descendant that outlives the child and holds its input
/// does not hide the end of the output.
final class ChildStreams {
  private let limits: WaitLimits
  private let onErrorOutput: ((UnsafeRawBufferPointer) -> Void)?
  private var input: Int32 = -1
  private var output: Int32 = -1
  private var errors: Int32 = -1
  private var registration: CancellationFlag.Registration?
  /// The child's standard input, output and error.
  private(set) var childEnds: [Int32] = []
  /// Those of them that were opened here.
  private var openedChildEnds: [Int32] = []
  private var isErrorsOpen = false
  private(set) var errorText = ErrorText()

  /// - Throws: `ChildFailure.failed` when the process has no descriptors left.
  init(
    _ input: Child.Input, _ output: Child.Output, _ limits: WaitLimits,
    _ onErrorOutput: ((UnsafeRawBufferPointer) -> Void)?
  ) throws(ChildFailure) {
    self.limits = limits
    self.onErrorOutput = onErrorOutput
    switch input {
    case .stream: self.input = try openPair()
    case .descriptor(let descriptor): childEnds.append(descriptor)
    case .nothing: try openNothing()
    }
    switch output {
    case .stream:
      self.output = try openPair()
      errors = try openPair()
      isErrorsOpen = true
    case .descriptor(let descriptor): childEnds += [descriptor, descriptor]
    }
    // Removed before the descriptors are closed, so the numbers cannot be another file's by then.
    registration = limits.cancellation.onRaise { [input = self.input, output = self.output] in
      for descriptor in [input, output] where descriptor >= 0 { Glibc.shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  deinit { close() }

  /// Closes this process's ends. The child sees the end of its input. Calling it twice does nothing more.
  func close() {
    registration?.remove()
    registration = nil
    closeChildEnds()
    for descriptor in [input, output, errors] where descriptor >= 0 { Glibc.close(descriptor) }
    (input, output, errors, isErrorsOpen) = (-1, -1, -1, false)
  }

  /// Closes the child's ends in this process once the child has them, or its output would never seem to end.
  func closeChildEnds() {
    for descriptor in openedChildEnds { Glibc.close(descriptor) }
    openedChildEnds = []
  }

  func endInput() {
    if input >= 0 { Glibc.shutdown(input, Int32(SHUT_WR)) }
  }

  /// Reads at least one byte; 0 is the end.
  ///
  /// - Throws: `Cancelled`, `ChildFailure`.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    precondition(!buffer.isEmpty, "a read needs room")
    precondition(output >= 0, "the output of the child goes elsewhere")
    let quiet = Deadline.after(limits.silence)
    while true {
      try limits.cancellation.check()
      // A child that always has output is never waited for.
      guard !limits.deadline.hasPassed else { throw ChildFailure.runTimedOut }
      let count = recv(output, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
      if count > 0 { return count }
      if count == 0 {
        // A shutdown by cancellation looks the same.
        try limits.cancellation.check()
        return 0
      }
      switch errno {
      case EAGAIN: try wait(for: POLLIN, on: output, quiet: quiet)
      case EINTR: continue
      default: throw ChildFailure.failed("read", errno)
      }
    }
  }

  /// Writes all bytes. A child that has exited is no error: its output is still to be read.
  ///
  /// - Throws: `Cancelled`, `ChildFailure`.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    precondition(input >= 0, "the input of the child comes from elsewhere")
    var rest = bytes
    var quiet = Deadline.after(limits.silence)
    while !rest.isEmpty {
      try limits.cancellation.check()
      let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
      let count = Glibc.send(input, rest.baseAddress, rest.count, flags)
      if count >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        quiet = Deadline.after(limits.silence)
        continue
      }
      switch errno {
      case EAGAIN: try wait(for: POLLOUT, on: input, quiet: quiet)
      case EINTR: continue
      case EPIPE, ECONNRESET:
        try limits.cancellation.check()
        return
      default: throw ChildFailure.failed("write", errno)
      }
    }
  }

  /// Reads the standard error so far, without waiting.
  func drainErrors() {
    guard isErrorsOpen else { return }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = recv(errors, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 {
          let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<count])
          errorText.append(bytes)
          onErrorOutput?(bytes)
        } else if count < 0, errno == EINTR {
          continue
        } else {
          if count == 0 || errno != EAGAIN { isErrorsOpen = false }
          return
        }
      }
    }
  }

  /// Waits until the descriptor is ready. Drains the standard error meanwhile: a child that writes a lot there would
  /// block.
  private func wait(for events: Int32, on descriptor: Int32, quiet: Deadline) throws {
    while true {
      guard !limits.deadline.hasPassed else { throw ChildFailure.runTimedOut }
      guard !quiet.hasPassed else { throw ChildFailure.silent(limits.silence) }
      var polled = [
        pollfd(fd: descriptor, events: Int16(events), revents: 0),
        pollfd(fd: isErrorsOpen ? errors : -1, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&polled, nfds_t(polled.count), limits.deadline.earlier(quiet).pollTimeoutMilliseconds)
      if count < 0, errno != EINTR { throw ChildFailure.failed("wait for", errno) }
      try limits.cancellation.check()
      if count > 0, polled[1].revents != 0 { drainErrors() }
      if count > 0, polled[0].revents != 0 { return }
    }
  }

  /// Opens a pair and adds its second end to those of the child.
  ///
  /// - Returns: the first end.
  private func openPair() throws(ChildFailure) -> Int32 {
    var ends: (Int32, Int32) = (-1, -1)
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let status = withUnsafeMutableBytes(of: &ends) { raw in
      socketpair(AF_UNIX, type, 0, raw.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    guard status == 0 else { throw .failed("open a socket to", errno) }
    addChildEnd(ends.1)
    return ends.0
  }

  private func openNothing() throws(ChildFailure) {
    let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .failed("open an input for", errno) }
    addChildEnd(descriptor)
  }

  private func addChildEnd(_ descriptor: Int32) {
    childEnds.append(descriptor)
    openedChildEnds.append(descriptor)
  }
}
