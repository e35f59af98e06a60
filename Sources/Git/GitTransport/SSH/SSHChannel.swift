import CLibssh2
import ChildProcess
import Glibc
import WorkerPool

/// A command on a channel of a libssh2 session. While it runs the session is its own; afterwards it gives the session back, if that
/// is still good for another.
final class SSHChannel: RemoteCommand {
  private let session: SSHSession
  private let giveBack: (SSHSession) -> Void
  private var handle: OpaquePointer?
  private var errorTextSoFar = ErrorText()

  /// What a command may send before we take it: enough for a long way at a good rate.
  private static let window: UInt32 = 4 << 20
  /// OpenSSH sends no longer packets.
  private static let packet: UInt32 = 32 << 10
  /// How long a command gets to end when it has nothing more to do, and to say by its status why it did.
  private static let farewell = Duration.seconds(2)

  /// Starts `command` there.
  ///
  /// - Parameter giveBack: gets the session when the command has ended in good order.
  /// - Throws: `SSHFailure`, `Cancelled`; the session is then of no use.
  init(
    _ command: String, environment: [(name: String, value: String)], over session: SSHSession,
    giveBack: @escaping (SSHSession) -> Void
  ) throws {
    self.session = session
    self.giveBack = giveBack
    session.enter(.channel)
    var opened: OpaquePointer?
    try session.perform {
      opened = libssh2_channel_open_ex(session.handle, "session", 7, Self.window, Self.packet, nil, 0)
      guard opened == nil else { return 0 }
      // An error that libssh2 does not number would look like success.
      return min(Int(libssh2_session_last_errno(session.handle)), -1)
    }
    handle = opened
    for (name, value) in environment {
      do {
        try session.perform {
          Int(libssh2_channel_setenv_ex(handle, name, UInt32(name.utf8.count), value, UInt32(value.utf8.count)))
        }
      } catch SSHFailure.refused {
        // A host that takes no variables (AcceptEnv in sshd_config(5)) speaks version 0 with us.
      }
    }
    try session.perform {
      Int(libssh2_channel_process_startup(handle, "exec", 4, command, UInt32(command.utf8.count)))
    }
    session.enter(.data)
  }

  deinit { abort() }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let handle else { return 0 }
    let bytes = buffer.assumingMemoryBound(to: CChar.self)
    let count = try session.perform {
      let count = libssh2_channel_read_ex(handle, 0, bytes.baseAddress, bytes.count)
      guard count == Int(LIBSSH2_ERROR_EAGAIN) else { return count }
      // A command that writes a lot to its standard error would block when it is not read.
      drainErrors()
      // That has read from the connection too, and what it found for us lies in memory, where no poll sees it.
      return libssh2_channel_read_ex(handle, 0, bytes.baseAddress, bytes.count)
    }
    session.noteDelivered(count)
    return count
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let handle else { return }
    var rest = bytes.assumingMemoryBound(to: CChar.self)[...]
    while !rest.isEmpty {
      let part = UnsafeBufferPointer(rebasing: rest)
      var isEnded = false
      let count = try session.perform {
        let count = libssh2_channel_write_ex(handle, 0, part.baseAddress, part.count)
        isEnded = count == Int(LIBSSH2_ERROR_CHANNEL_CLOSED) || count == Int(LIBSSH2_ERROR_CHANNEL_EOF_SENT)
        // A full window: the host has to read first, and says so in a packet that has to be read.
        if count == 0, !isEnded { return libssh2_channel_eof(handle) == 1 ? 0 : Int(LIBSSH2_ERROR_EAGAIN) }
        return isEnded ? 0 : count
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  var errorText: ErrorText {
    drainErrors()
    return errorTextSoFar
  }

  private func drainErrors() {
    guard let handle else { return }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      let bytes = buffer.assumingMemoryBound(to: CChar.self)
      while true {
        let count = libssh2_channel_read_ex(handle, SSH_EXTENDED_DATA_STDERR, bytes.baseAddress, bytes.count)
        guard count > 0 else { return }
        session.noteDelivered(count)
        errorTextSoFar.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  func ending() throws -> Child.Ending? {
    guard let handle, try close() else { return nil }
    var signal: UnsafeMutablePointer<CChar>?
    var count = 0
    libssh2_channel_get_exit_signal(handle, &signal, &count, nil, nil, nil, nil)
    if let signal {
      defer { libssh2_free(session.handle, signal) }
      return .signaled(Self.number(ofSignal: String(cString: signal)))
    }
    return .exited(libssh2_channel_get_exit_status(handle))
  }

  /// The names of RFC 4254, section 6.10.
  private static func number(ofSignal name: String) -> Int32 {
    let numbers = ["HUP": SIGHUP, "INT": SIGINT, "KILL": SIGKILL, "PIPE": SIGPIPE, "SEGV": SIGSEGV, "ABRT": SIGABRT]
    return numbers[name] ?? SIGTERM
  }

  func finish() {
    guard let handle else { return }
    do {
      guard try close() else { return abort() }
      drainErrors()
      try session.perform { Int(libssh2_channel_free(handle)) }
      self.handle = nil
      giveBack(session)
    } catch {
      abort()
    }
  }

  /// Ends both directions; false when the host does not do its part within a moment.
  private func close() throws -> Bool {
    let end = Deadline.after(Self.farewell)
    while true {
      // Before, and not after: it reads from the connection, and may find the answer that the attempt waits for.
      drainErrors()
      if try session.attempt({ Int(libssh2_channel_close(handle)) }) != nil { return true }
      guard !end.hasPassed else { return false }
      try session.pause(until: end)
    }
  }

  func abort() {
    guard handle != nil else { return }
    // With the session all of its channels are gone; libssh2 frees them.
    handle = nil
    session.abandon()
  }
}
