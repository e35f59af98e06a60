import Glibc
import WorkerPool

/// Moves bytes between us and a child's standard streams, on one thread, until both outputs have ended.
struct ChildStreams: Sendable {
  /// nil when another owner holds the child's input.
  let input: Int32?
  let pending: [UInt8]
  let output: Int32
  let errors: Int32

  func pump(into state: Monitor<ChildProcess.State>, killing processID: Int32) {
    blockBrokenPipeSignal()
    defer { state.with { $0.isDrained = true } }
    var written = 0
    var inputIsOpen = input != nil
    if let input { _ = fcntl(input, F_SETFL, O_NONBLOCK) }
    func endInput() {
      if inputIsOpen, let input { close(input) }
      inputIsOpen = false
    }
    if pending.isEmpty { endInput() }
    var open = [output, errors]
    var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    while !open.isEmpty {
      var watched = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      if inputIsOpen, let input { watched.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
      if poll(&watched, nfds_t(watched.count), -1) < 0 { continue }
      for entry in watched where entry.revents != 0 {
        if entry.fd == input {
          let count = pending.withUnsafeBytes { bytes in
            write(entry.fd, bytes.baseAddress! + written, min(bytes.count - written, 1 << 20))
          }
          if count > 0 { written += count }
          if written == pending.count || (count < 0 && errno != EAGAIN && errno != EINTR) { endInput() }
          continue
        }
        let count = read(entry.fd, &buffer, buffer.count)
        if count > 0 {
          let isFlood = state.with { state in
            if entry.fd == output {
              state.output.append(contentsOf: buffer[0..<count])
            } else {
              state.errors.append(contentsOf: buffer[0..<count])
            }
            return state.output.count + state.errors.count > ChildProcess.outputLimitBytes
          }
          if isFlood { state.with { if !$0.isReaped { _ = kill(-processID, SIGKILL) } } }
        } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
          close(entry.fd)
          open.removeAll { $0 == entry.fd }
        }
      }
    }
    endInput()
  }

  /// A child that does not read its input to the end must not end the test process. The mask is this thread's alone.
  private func blockBrokenPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
  }
}
