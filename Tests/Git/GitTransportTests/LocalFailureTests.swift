import Foundation
import GitTransport
import TestSupport
import Testing
import WorkerPool

@Suite("A local source that cannot be read")
struct LocalFailureTests {
  private func repository(in directory: TemporaryDirectory) throws -> TestRepository {
    var builder = RepositoryBuilder()
    let commits = builder.commits(5)
    builder.branch("main", at: commits[4])
    return try builder.build(at: directory.path("source"))
  }

  @Test("because nothing is there is not found", arguments: ["missing", "file/below"])
  func missing(name: String) async throws {
    try await withTemporaryDirectory { directory in
      try directory.write("", to: "file")
      let error = try await LocalConversations(directory.path(name)).failure()
      #expect(error.code == .sourceNotFound)
      #expect(error.description.hasPrefix("read \(directory.path(name)): no"))
    }
  }

  @Test("because it is something else is not a repository", arguments: ["", "file"])
  func notARepository(name: String) async throws {
    try await withTemporaryDirectory { directory in
      try directory.write("text", to: "file")
      let error = try await LocalConversations(directory.path(name)).failure()
      #expect(error.code == .sourceNotARepository, "\(error)")
      #expect(!"\(error)".contains("\n"))
    }
  }

  @Test("because it belongs to another user is refused with git's own advice", .enabled(if: geteuid() == 0))
  func dubiousOwnership() async throws {
    try await withTemporaryDirectory { directory in
      let source = try repository(in: directory)
      #expect(chown(source.path, 12_345, 12_345) == 0)
      let error = try await LocalConversations(source.path).failure()
      #expect(error.code == .sourceAccessDenied)
      #expect(error.hint?.contains("safe.directory") == true)
    }
  }

  @Test("because permissions forbid it is refused")
  func permissions() async throws {
    try await withTemporaryDirectory { directory in
      let source = try repository(in: directory)
      #expect(chmod(directory.path, 0) == 0)
      // Root may read everything: it takes another user's id meanwhile, for all threads of the process (nptl(7)).
      let isRoot = getuid() == 0
      if isRoot { try #require(seteuid(65_534) == 0) }
      defer {
        if isRoot { seteuid(0) }
        chmod(directory.path, 0o700)
      }
      #expect(try await LocalConversations(source.path).failure().code == .sourceAccessDenied)
    }
  }

  @Test("because git is not installed says so", arguments: ["no-such-git", "/no/such/git"])
  func gitMissing(executable: String) async throws {
    try await withTemporaryDirectory { directory in
      var local = LocalConversations(try repository(in: directory).path)
      local.gitExecutable = executable
      let error = try await local.failure()
      #expect(error.code == .gitMissing)
      #expect(error.disposition == .machine)
    }
  }

  @Test("because what is called git cannot be run says so")
  func gitNotRunnable() async throws {
    try await withTemporaryDirectory { directory in
      var local = LocalConversations(try repository(in: directory).path)
      local.gitExecutable = try program("\u{7F}not a program", in: directory)
      #expect(try await local.failure().code == .gitMissing)
    }
  }

  @Test("because it is shallow is refused by name", arguments: [true, false])
  func shallow(hasWorkTree: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let source = try repository(in: directory)
      let options = hasWorkTree ? [] : ["--bare"]
      _ = try await GitCommand().attempt(
        ["clone", "-q", "--depth=1"] + options + ["file://\(source.path)", directory.path("shallow")])
      let error = try await LocalConversations(directory.path("shallow")).failure()
      #expect(error.code == .sourceShallow)
    }
  }

  @Test("because its objects are SHA-256 is refused by name", arguments: [true, false])
  func sha256(asksForVersion2: Bool) async throws {
    try await withTemporaryDirectory { directory in
      let path = directory.path("sha256")
      try await GitCommand().run("init", "-q", "--bare", "--object-format=sha256", path)
      let tree = try await GitCommand(in: path).run("mktree").text
      let commit = try await GitCommand(in: path).run("commit-tree", "-m", "One", tree).text
      try await GitCommand(in: path).run("update-ref", "refs/heads/main", commit)
      var local = LocalConversations(path)
      local.asksForVersion2 = asksForVersion2
      let error = try await local.failure()
      #expect(error.code == .unsupportedObjectFormat)
      #expect("\(error)".contains("SHA-256"))
    }
  }

  @Test("because the child dies in the middle is a lost connection", arguments: [20, 200, 2000])
  func killed(after bytes: Int) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit(["big": .random(100_000, seed: 1)])
      builder.branch("main", at: commit)
      let source = try builder.build(at: directory.path("source"))
      var local = LocalConversations(source.path)
      local.gitExecutable = try script(
        "git \"$@\" | { dd bs=1 count=\(bytes) 2>/dev/null; kill -KILL $$; }", in: directory)
      let tip = source.oid(commit)
      let error = try await local.failure { _ = try $0.pack(wants: [tip]) }
      #expect(error.code == .connectionLost)
      #expect(error.cause == "git upload-pack was ended by signal 9")
    }
  }

  @Test("because the child ends early with status 0 is still a lost connection", arguments: [0, 20, 200, 2000])
  func cut(after bytes: Int) async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit(["big": .random(100_000, seed: 1)])
      builder.branch("main", at: commit)
      let source = try builder.build(at: directory.path("source"))
      var local = LocalConversations(source.path)
      local.gitExecutable = try script(
        """
        trap 'exit 0' USR1
        exec 3<&0
        { git "$@" <&3 | { dd bs=1 count=\(bytes) 2>/dev/null; kill -USR1 $$; }; } &
        exec >&-
        wait
        """, in: directory)
      let tip = source.oid(commit)
      let error = try await local.failure { _ = try $0.pack(wants: [tip]) }
      #expect(error.code == .connectionLost)
    }
  }

  @Test("because the child says nothing times out")
  func silent() async throws {
    try await withTemporaryDirectory { directory in
      var local = LocalConversations(try repository(in: directory).path)
      local.gitExecutable = try script("exec sleep 1000", in: directory)
      local.silence = .milliseconds(100)
      #expect(try await local.failure().code == .timeout)
      local.silence = .seconds(60)
      local.deadline = .after(.milliseconds(100))
      #expect(try await local.failure().code == .timeout)
    }
  }

  @Test("because the child takes nothing times out")
  func deaf() async throws {
    try await withTemporaryDirectory { directory in
      var builder = RepositoryBuilder()
      let commit = builder.commit()
      builder.branch("main", at: commit)
      let source = try builder.build(at: directory.path("source"))
      var local = LocalConversations(source.path)
      // Says a good advertisement of version 0, then does not read.
      let advertisement = "003f\(source.oid(commit)) refs/heads/main\\0\\n0000"
      local.gitExecutable = try script("printf '\(advertisement)'; exec sleep 1000", in: directory)
      local.silence = .milliseconds(100)
      let tip = source.oid(commit)
      let error = try await local.failure { _ = try $0.pack(wants: [tip], haves: Array(repeating: tip, count: 1)) }
      #expect(error.code == .timeout)
    }
  }
}
