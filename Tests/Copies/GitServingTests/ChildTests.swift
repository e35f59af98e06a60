import Foundation
import GitServing
import GitValues
import SystemPackage
import TestSupport
import Testing
import WorkerPool

@Suite("The child that serves a fetch")
struct ChildTests {
  /// Returns a script in git's place; `$PIDS` names a FIFO that it may write its process ids to.
  private static func script(_ text: String, in directory: TemporaryDirectory) throws -> String {
    let path = directory.path("fake-git")
    guard mkfifo(directory.path("pids"), 0o600) == 0 else { throw TestSupportError("mkfifo: errno \(errno)") }
    // Written by a child: a file that is open for writing here may be inherited by another test's, and then is busy.
    let text = "#!/bin/sh\nPIDS='\(directory.path("pids"))'\n\(text)\n"
    let outcome = try ChildProcess(
      "sh", ["-c", "cat > '\(path)' && chmod 755 '\(path)'"], input: .bytes(Array(text.utf8))
    ).outcome()
    guard outcome.isSuccess else { throw TestSupportError(outcome.errorText) }
    return path
  }

  private func withFake(
    _ text: String, _ change: (inout GitServingSettings) -> Void = { _ in },
    _ body: (ServingFixture, ServedRepository) async throws -> Void
  ) async throws {
    try await withFixture { settings, directory in
      settings.gitExecutable = try Self.script(text, in: directory)
      change(&settings)
    } _: { fixture in
      let repository = try RepositoryBuilder().build(at: fixture.directory.path("r.git"))
      try await body(fixture, .init(site: repository))
    }
  }

  private func processIDs(_ fixture: ServingFixture) async throws -> [Int32] {
    let fifo = fixture.directory.path("pids")
    return try await OwnThread.run {
      // Opening it waits for the script: no sleeping, no looking again and again.
      let descriptor = open(fifo, O_RDONLY | O_CLOEXEC)
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 100)
      let count = read(descriptor, &bytes, bytes.count)
      guard count > 0 else { throw TestSupportError("read \(fifo): errno \(errno)") }
      return text(Array(bytes[0..<count])).split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }
  }

  /// Returns false for a process that is gone, or dead and waiting for an init process that is slow to collect it.
  private func isAlive(_ processID: Int32) -> Bool {
    // Without an entry the process is gone.
    guard let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
    return stat.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  private func expectGone(_ processIDs: [Int32], sourceLocation: SourceLocation = #_sourceLocation) async {
    #expect(!processIDs.isEmpty, sourceLocation: sourceLocation)
    let limit = Deadline.after(.seconds(20))
    while processIDs.contains(where: isAlive), !limit.hasPassed { await Task.yield() }
    #expect(processIDs.filter(isAlive) == [], sourceLocation: sourceLocation)
  }

  private func error(_ fixture: ServingFixture, _ repository: ServedRepository) async -> GitServingError? {
    do {
      _ = try await fixture.post(repository, ServingFixture.fetch(ObjectID.zero.hex))
      return nil
    } catch {
      return error as? GitServingError
    }
  }

  @Test("a fetch gives the pack that git gives, and the request came through whole")
  func fetch() async throws {
    try await withFixture { fixture in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commits(50)[49])
      let repository = try builder.build(at: fixture.directory.path("r.git"))
      // Two threads need not find the same deltas twice.
      try await repository.git.run("config", "pack.threads", "1")
      let request = ServingFixture.fetch(try repository.oid("refs/heads/main").hex)
      let ours = try ServingFixture.pack(in: try await fixture.post(.init(site: repository), request))
      let gits = try ServingFixture.pack(in: try await fixture.git(repository.path, request))
      #expect(ours == gits)
      #expect(ours.starts(with: Array("PACK".utf8)))
    }
  }

  @Test("silence is ended at its limit, with the child's own children, and its standard error is reported")
  func silent() async throws {
    try await withFake("echo 'fatal: looking' >&2; sleep 1000 & echo $$ $! > $PIDS; wait") {
      $0.silenceTimeout = .milliseconds(300)
    } _: { fixture, repository in
      async let ids = processIDs(fixture)
      let failure = await error(fixture, repository)
      #expect(failure?.code == .timeout)
      #expect(failure?.httpStatus == 504)
      #expect(failure?.cause.contains("fatal: looking") == true)
      await expectGone(try await ids)
    }
  }

  @Test("a child that sends output for ever is ended at the total limit")
  func endless() async throws {
    try await withFake("echo $$ > $PIDS; while :; do echo talk; done") {
      $0.totalTimeout = .milliseconds(500)
    } _: { fixture, repository in
      async let ids = processIDs(fixture)
      #expect(await error(fixture, repository)?.code == .timeout)
      await expectGone(try await ids)
    }
  }

  @Test("a client that disconnects ends the child, before the first byte and in the middle of a pack")
  func clientGone() async throws {
    try await withFake("sleep 1000 & echo $$ $! > $PIDS; wait") { fixture, repository in
      let asking = Task { await error(fixture, repository) }
      let ids = try await processIDs(fixture)
      asking.cancel()
      #expect(await asking.value?.code == .cancelled)
      await expectGone(ids)
    }
    try await withFake("echo $$ > $PIDS; while :; do echo talk; done") { fixture, repository in
      async let ids = processIDs(fixture)
      var pieces: GitReply.Pieces? = try await fixture.service.uploadPack(
        of: repository, protocolHeader: "version=2", contentEncoding: nil,
        body: ServingFixture.sequence([ServingFixture.fetch(ObjectID.zero.hex)])
      ).pieces()
      #expect(try await pieces?.next() != nil)
      pieces = nil
      await expectGone(try await ids)
    }
  }

  @Test("a client that does not read is ended at its limit")
  func stalled() async throws {
    try await withFake("echo $$ > $PIDS; while :; do echo talk; done") {
      $0.clientTimeout = .milliseconds(200)
    } _: { fixture, repository in
      async let ids = processIDs(fixture)
      let reply = try await fixture.service.uploadPack(
        of: repository, protocolHeader: "version=2", contentEncoding: nil,
        body: ServingFixture.sequence([ServingFixture.fetch(ObjectID.zero.hex)]))
      await expectGone(try await ids)
      let failure = await #expect(throws: GitServingError.self) { _ = try await ServingFixture.all(reply) }
      #expect(failure?.code == .clientStalled)
    }
  }

  @Test("failure: before the first word it has a status, in the middle it cuts the answer, after ERR it is an answer")
  func failures() async throws {
    try await withFake("echo 'fatal: no luck' >&2; exit 128") { fixture, repository in
      let failure = await error(fixture, repository)
      #expect(failure?.httpStatus == 500)
      #expect(failure?.cause == "git upload-pack ended with status 128: fatal: no luck")
    }
    try await withFake("kill -9 $$") { fixture, repository in
      #expect(await error(fixture, repository)?.cause == "git upload-pack was ended by signal 9")
    }
    try await withFake("echo 0008pack; exit 128") { fixture, repository in
      #expect(await error(fixture, repository)?.code == .failed)
    }
    try await withFake("printf '000eERR no luck'; exit 128") { fixture, repository in
      let answer = try await fixture.post(repository, ServingFixture.fetch(ObjectID.zero.hex))
      #expect(text(answer) == "000eERR no luck")
    }
    try await withFake("exit 0") { fixture, repository in
      let answer = try await fixture.post(repository, ServingFixture.fetch(ObjectID.zero.hex))
      #expect(answer == [])
    }
  }

  @Test("more than so many at once wait, and are sent away with a time to come again")
  func bound() async throws {
    try await withFake("sleep 1000 & echo $$ $! > $PIDS; wait") {
      $0.maximumChildren = 1
      $0.admissionTimeout = .milliseconds(100)
    } _: { fixture, repository in
      let first = Task { await error(fixture, repository) }
      let ids = try await processIDs(fixture)
      let refused = await error(fixture, repository)
      #expect(refused?.code == .busy)
      #expect(refused?.httpStatus == 503)
      #expect(refused?.retryAfter == .seconds(5))
      // A place whose waiter timed out is not lost: the next in line gets it.
      first.cancel()
      _ = await first.value
      await expectGone(ids)
      let second = Task { await error(fixture, repository) }
      let others = try await processIDs(fixture)
      second.cancel()
      _ = await second.value
      await expectGone(others)
    }
  }

  @Test("thirty fetches at once over two places all get their pack")
  func crowd() async throws {
    try await withFixture { settings, _ in
      settings.maximumChildren = 2
    } _: { fixture in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit(["file": .random(300_000, seed: 1)]))
      let repository = try builder.build(at: fixture.directory.path("r.git"))
      let request = ServingFixture.fetch(try repository.oid("refs/heads/main").hex)
      let sizes = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<30 {
          group.addTask { try await fixture.post(.init(site: repository), request).count }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(sizes.count == 30 && sizes.allSatisfy { $0 > 300_000 })
    }
  }

  @Test("nothing of our environment that leads git elsewhere reaches the child, and its configuration does")
  func environment() async throws {
    try await withFake("env | cut -d= -f1 | sort") {
      $0.environment = [
        "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "GIT_DIR": "/elsewhere", "GIT_TRACE": "1",
        "GIT_NAMESPACE": "n", "GIT_CONFIG_GLOBAL": "/dev/null", "SECRET": "s", "LC_ALL": "de_DE",
      ]
    } _: { fixture, repository in
      let names = text(try await fixture.post(repository, ServingFixture.fetch(ObjectID.zero.hex)))
        .split(separator: "\n").filter { !["PWD", "OLDPWD", "SHLVL", "_", "PIDS"].contains($0) }
      #expect(
        names == ["GIT_CONFIG_GLOBAL", "GIT_PROTOCOL", "GIT_TERMINAL_PROMPT", "HOME", "LC_ALL", "PATH"])
    }
  }

  @Test("a shutdown ends what runs and refuses what comes")
  func shutdown() async throws {
    try await withFake("sleep 1000 & echo $$ $! > $PIDS; wait") { fixture, repository in
      let asking = Task { await error(fixture, repository) }
      let ids = try await processIDs(fixture)
      await fixture.service.shutdown()
      #expect(await asking.value?.httpStatus == 503)
      await expectGone(ids)
      #expect(await error(fixture, repository)?.httpStatus == 503)
    }
  }
}
