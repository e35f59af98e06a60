import BoundedHTTP
import Glibc
import WorkerPool

/// Asks at the terminal for a user and a password. Made only where a terminal was confirmed.
package struct TerminalPrompt: Sendable {
  /// `nil` when there is no terminal.
  package init?() {
    let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    close(descriptor)
  }

  /// What he says; `nil` when he says nothing.
  ///
  /// - Throws: `Cancelled`.
  func ask(_ key: CredentialHelpers.Key, _ limits: WaitLimits) throws -> HTTPBasicCredential? {
    let descriptor = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard
      let user = try key.user ?? line("User for '\(key.origin)': ", isShown: true, descriptor, limits), !user.isEmpty,
      let password = try line("Password of '\(user)' for '\(key.origin)': ", isShown: false, descriptor, limits),
      !password.isEmpty
    else { return nil }
    return HTTPBasicCredential(user: user, password: password)
  }

  private func line(
    _ question: String, isShown: Bool, _ descriptor: Int32, _ limits: WaitLimits
  ) throws -> String? {
    var before = termios()
    tcgetattr(descriptor, &before)
    if !isShown {
      var silent = before
      silent.c_lflag &= ~tcflag_t(ECHO)
      tcsetattr(descriptor, TCSAFLUSH, &silent)
    }
    defer {
      if !isShown {
        tcsetattr(descriptor, TCSAFLUSH, &before)
        write(descriptor, "\n", 1)
      }
    }
    write(descriptor, question, question.utf8.count)
    var bytes: [UInt8] = []
    while bytes.last != UInt8(ascii: "\n"), bytes.count < 4_096 {
      try limits.cancellation.check()
      guard !limits.deadline.hasPassed else { return nil }
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // A tenth of a second: so long a cancellation waits at most.
      guard poll(&polled, 1, min(100, limits.deadline.pollTimeoutMilliseconds)) > 0 else { continue }
      var byte: UInt8 = 0
      guard read(descriptor, &byte, 1) == 1 else { return nil }
      bytes.append(byte)
    }
    return String(decoding: bytes.dropLast(), as: UTF8.self)
  }
}
