import Foundation
import GitTransport
import GitValues
import TestSupport
import Testing
import WorkerPool

@Suite("A child that serves a local source")
struct LocalChildEndTests {
  /// A script that says through a FIFO that it runs, with its process id and that of a child of its own, and then says
  /// nothing more. Opening the FIFO waits for it: no sleeping, no looking again and again.
  private struct SilentChild {
    let fifo: String
    let executable: String

    init(in directory: TemporaryDirectory) throws {
      fifo = directory.path("fifo")
      guard mkfifo(fifo, 0o600) == 0 else { throw TestSupportError("mkfifo \(fifo): errno \(errno)") }
      executable = try script("sleep 1000 & echo $$ $! > '\(fifo)'; wait", in: directory)
    }

    func awaitProcessIDs() throws -> [Int32] {
      let descriptor = open(fifo, O_RDONLY | O_CLOEXEC)
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 100)
      let count = read(descriptor, &bytes, bytes.count)
      guard count > 0 else { throw TestSupportError("read \(fifo): errno \(errno)") }
      let text = String(decoding: bytes[0..<count], as: UTF8.self)
      return text.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }
  }

  /// Returns false for a process that is gone, or dead and waiting for an init process that is slow to collect it.
  private static func isAlive(_ processID: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
    return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  @Test("is gone with all of its own children when the run is cancelled")
  func cancelled() async throws {
    try await withTemporaryDirectory { directory in
      let child = try SilentChild(in: directory)
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit())
      var local = LocalConversations(try builder.build(at: directory.path("source")).path)
      local.gitExecutable = child.executable
      let flag = local.cancellation
      async let ids = OwnThread.run {
        let ids = try child.awaitProcessIDs()
        flag.raise()
        return ids
      }
      // The silence limit is a minute and ends with another error: this one came from the flag.
      let cancelled = local
      await #expect(throws: Cancelled.self) { try await cancelled.connected { _ in } }
      let (shell, sleeper) = (try await ids[0], try await ids[1])
      // Reaped by us: not even a zombie is left. Its own child was killed with it, and dies when the kernel gets to it.
      #expect(kill(shell, 0) == -1)
      let limit = Deadline.after(.seconds(20))
      while Self.isAlive(sleeper), !limit.hasPassed { await Task.yield() }
      #expect(!Self.isAlive(sleeper))
    }
  }

  @Test("is gone when its channel goes away without a word")
  func forgotten() async throws {
    try await withTemporaryDirectory { directory in
      let child = try SilentChild(in: directory)
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit())
      var local = LocalConversations(try builder.build(at: directory.path("source")).path)
      local.gitExecutable = child.executable
      let ids = try await OwnThread.run { [local] in
        let channel = try local.channel()
        _ = try channel.openAdvertisement()
        return try withExtendedLifetime(channel) { try child.awaitProcessIDs() }
      }
      let limit = Deadline.after(.seconds(20))
      while kill(ids[0], 0) == 0 || Self.isAlive(ids[1]), !limit.hasPassed { await Task.yield() }
      #expect(kill(ids[0], 0) == -1)
      #expect(!Self.isAlive(ids[1]))
    }
  }

  @Test("leaves no descriptor and no process behind, however it ends")
  func leavesNothing() async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit()
      builder.branch("main", at: commit)
      let path = try builder.build(at: directory.path("source")).path
      let silent = try script("exec sleep 1000", in: directory)
      // In a process of its own, because other tests open and close descriptors meanwhile.
      await #expect(processExitsWith: .success) { [path = path as String, silent = silent as String] in
        @Sendable func descriptors() throws -> Int {
          try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }
        try await OwnThread.run {
          @Sendable func round() throws {
            var local = LocalConversations(path)
            for asksForVersion2 in [true, false] {
              local.asksForVersion2 = asksForVersion2
              let good = local.conversation()
              try good.connect(to: "")
              _ = try good.pack(wants: try good.view().refs.map(\.oid))
              good.close()
            }
            local.gitExecutable = silent
            local.silence = .milliseconds(20)
            let bad = local.conversation()
            do { try bad.connect(to: "") } catch is TransportError {}
            local.gitExecutable = "/no/such/git"
            do { try local.conversation().connect(to: "") } catch is TransportError {}
          }
          // The first round opens what swift-subprocess keeps for the life of the process.
          try round()
          let before = try descriptors()
          for _ in 0..<5 { try round() }
          let after = try descriptors()
          guard after == before else { exit(3) }
          guard waitpid(-1, nil, WNOHANG) == -1, errno == ECHILD else { exit(4) }
        }
      }
    }
  }
}
