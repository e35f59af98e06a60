import GitTransport
import Glibc
import TestSupport
import Testing
import WorkerPool

/// `git://` against git's own daemon, and against hosts that fail.
@Suite struct DaemonUploadPackTests {
  private static func failure(_ url: String, _ channel: HTTPChannel = HTTPChannel()) async throws -> TransportError {
    do {
      _ = try await channel.listing(url)
      throw TestSupportError("there was a listing of \(url)")
    } catch let error as TransportError {
      return error
    }
  }

  @Test("a daemon's repository is listed over version 2, by address and by name")
  func listing() async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commits(3)[2])
      let repository = try builder.build(at: directory.path("r.git"))
      let daemon = try GitDaemon(root: directory.path)
      defer { daemon.stop() }
      for url in [daemon.url("r.git"), "git://localhost:\(daemon.port)/r.git"] {
        let listing = try await HTTPChannel().listing(url)
        #expect(listing.view == (try repository.view()))
        #expect(listing.protocolVersion == 2)
      }
    }
  }

  @Test("a repository that the daemon does not have is reported in its words")
  func missing() async throws {
    try await withTemporaryDirectory { directory in
      let daemon = try GitDaemon(root: directory.path)
      defer { daemon.stop() }
      let error = try await Self.failure(daemon.url("nothing.git"))
      #expect(error.code == .serverRefused || error.code == .sourceNotFound, "\(error)")
      #expect("\(error)".contains("git://127.0.0.1:\(daemon.port)/nothing.git"))
    }
  }

  @Test("a user in the address is refused: this protocol has no place for one, and the error does not show it")
  func userInfo() async throws {
    let error = try await Self.failure("git://me:geheim@127.0.0.1:1/r.git")
    #expect(error.code == .invalidURL)
    #expect(!"\(error)".contains("geheim"))
  }

  @Test("a port without a listener, and a name that cannot be resolved")
  func unreachable() async throws {
    let closed = try ClosedPort()
    #expect(try await Self.failure("git://127.0.0.1:\(closed.port)/r.git").code == .connectionRefused)
    #expect(try await Self.failure("git://no-such-host.invalid/r.git").code == .dnsFailed)
  }

  @Test("a host that does not take the connection ends it by the connect timeout")
  func connectTimeout() async throws {
    let full = try FullBacklog()
    var channel = HTTPChannel()
    channel.configuration.connectTimeout = .milliseconds(300)
    let error = try await Self.failure("git://127.0.0.1:\(full.port)/r.git", channel)
    #expect(error.code == .timeout)
    #expect("\(error)".contains("no connection within"))
  }

  @Test("a server that says nothing ends it by the silence timeout, by the deadline, or by cancelling")
  func silence() async throws {
    let (listener, port) = try LoopbackSocket.listen()
    defer { close(listener) }
    let url = "git://127.0.0.1:\(port)/r.git"
    var channel = HTTPChannel()
    channel.configuration.silenceTimeout = .milliseconds(200)
    #expect(try await Self.failure(url, channel).code == .timeout)
    channel.configuration.silenceTimeout = .seconds(60)
    channel.deadline = .after(.milliseconds(200))
    #expect(try await Self.failure(url, channel).code == .timeout)
    channel.deadline = .after(.seconds(60))
    let flag = channel.cancellation
    let waiting = Task { [channel] in try await channel.listing(url) }
    try await Task.sleep(for: .milliseconds(200))
    flag.raise()
    await #expect(throws: Cancelled.self) { try await waiting.value }
  }
}
