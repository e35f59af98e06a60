import Foundation
import GitValues
import TestSupport
import Testing

@Suite("Repositories over HTTP")
struct GitRoutesTests {
  /// Builds a repository `group/p.git` with a hidden ref, tags and a detour or two.
  private func build(_ fixture: RoutesFixture) throws -> TestRepository {
    var builder = RepositoryBuilder()
    // As many as make a request that git packs.
    let commits = builder.commits(80)
    builder.branch("main", at: commits[79])
    builder.branch("old", at: commits[5])
    builder.tag("v1", of: commits[3])
    builder.ref("refs/hidden/x", at: builder.commit())
    try FileManager.default.createDirectory(
      atPath: fixture.directory.path("group"), withIntermediateDirectories: true)
    let repository = try builder.build(at: fixture.directory.path("group/p.git"))
    try repository.change { $0.tag("loose", of: .oid(repository.oid(commits[10]))) }
    try repository.git.run("config", "transfer.hideRefs", "refs/hidden")
    return repository
  }

  @Test("git clones, lists and fetches, in every version of the protocol", arguments: [0, 1, 2], ["site", "people"])
  func git(version: Int, kind: String) async throws {
    try await withRoutes { fixture in
      let repository = try build(fixture)
      let url = fixture.url("git/\(kind)/group/p.git")
      let git = GitCommand(in: fixture.directory.path)
      let option = "protocol.version=\(version)"
      let other = kind == "site" ? "git -c transfer.hideRefs=!refs upload-pack" : "git upload-pack"
      let listed = try await git.run("-c", option, "ls-remote", url).lines
      let local = try await git.run("-c", option, "ls-remote", "--upload-pack=\(other)", repository.path)
      #expect(listed == local.lines)
      #expect(listed.contains { $0.hasSuffix("refs/hidden/x") } == (kind == "site"))

      try await git.run("-c", option, "clone", "-q", "--mirror", url, "copy.git")
      #expect(try git.fsck(fixture.directory.path("copy.git")) == [])
      try await git.run("-c", option, "clone", "-q", "--depth=1", url, "shallow")
      #expect(
        try await GitCommand(in: fixture.directory.path("shallow")).run("rev-list", "--count", "HEAD").text == "1")
      let tip = try repository.oid("refs/heads/main")
      try repository.change { builder in
        builder.branch("main", at: builder.commit(["new": "x\n"], parents: [.oid(tip)]))
      }
      let copy = GitCommand(in: fixture.directory.path("copy.git"))
      try await copy.run("-c", option, "fetch", "-q")
      #expect(try await copy.run("rev-parse", "refs/heads/main").text == repository.oid("refs/heads/main").hex)
    }
  }

  @Test("an empty repository can be cloned, with the name of its unborn branch")
  func empty() async throws {
    try await withRoutes { fixture in
      var builder = RepositoryBuilder()
      builder.head = .branch("trunk")
      _ = try builder.build(at: fixture.directory.path("e.git"))
      let git = GitCommand(in: fixture.directory.path)
      try await git.run("clone", "-q", fixture.url("git/site/e.git"), "e")
      #expect(
        try await GitCommand(in: fixture.directory.path("e")).run("symbolic-ref", "HEAD").text == "refs/heads/trunk")
    }
  }

  @Test("remora mirrors what is served, hidden refs too, finds nothing new the next time, and names what is broken")
  func mirror() async throws {
    try await withRoutes { fixture in
      let repository = try build(fixture)
      func mirror() async throws -> ProcessOutcome {
        try await BuiltProgram.remora(
          ["mirror", fixture.url("git/site/group/p.git"), fixture.directory.path("copy.git"), "--json"]
        ).outcome()
      }
      let first = try await mirror()
      #expect(first.text.contains("\"status\":\"cloned\""), "\(first.errorText)")
      #expect(try GitCommand().checksum(fixture.directory.path("copy.git")) == GitCommand().checksum(repository.path))
      let second = try await mirror()
      #expect(second.text.contains("\"status\":\"unchanged\""), "\(second.errorText)")
      try fixture.directory.write("junk\n", to: "group/p.git/refs/heads/broken")
      let third = try await mirror()
      #expect(third.status == 1)
      #expect(third.text.contains("source_broken_refs"), "\(third.text)")
      #expect(third.text.contains("refs/heads/broken"))
    }
  }

  @Test("what is not asked for rightly is refused, with its status and one line")
  func refusals() async throws {
    try await withRoutes { fixture in
      _ = try build(fixture)
      func status(_ path: String, _ options: [String] = []) async throws -> Int {
        let outcome: ProcessOutcome = try await ChildProcess(
          "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--path-as-is"] + options + [fixture.url(path)]
        ).outcome()
        return Int(outcome.text) ?? 0
      }
      let refs = "git/site/group/p.git/info/refs"
      #expect(try await status("\(refs)?service=git-upload-pack") == 200)
      #expect(try await status("\(refs)?service=git-receive-pack") == 403)
      #expect(try await status(refs) == 403)
      #expect(try await status("git/site/group/nothing.git/info/refs?service=git-upload-pack") == 404)
      #expect(try await status("git/other/group/p.git/info/refs?service=git-upload-pack") == 404)
      #expect(try await status("git/site/group/p/info/refs?service=git-upload-pack") == 404)
      #expect(try await status("git/site/group/p.git/HEAD") == 404)
      for path in ["group/../group/p.git", "%2e%2e/p.git", "group%2Fp.git", "group/p%00.git", "group//p.git"] {
        #expect(try await status("git/site/\(path)/info/refs?service=git-upload-pack") == 400, "\(path)")
      }
      let post = ["-X", "POST", "-d", "0000"]
      let type = ["-H", "Content-Type: application/x-git-upload-pack-request"]
      #expect(try await status("git/site/group/p.git/git-receive-pack", post) == 403)
      #expect(try await status("git/site/group/p.git/git-upload-pack", post) == 415)
      #expect(try await status("git/site/group/p.git/git-upload-pack", post + type) == 200)
      #expect(
        try await status("git/site/group/p.git/git-upload-pack", post + type + ["-H", "Content-Encoding: br"]) == 415)
      let pushed = try await GitCommand(in: fixture.directory.path("group/p.git")).attempt([
        "push", fixture.url("git/site/group/p.git"), "main",
      ])
      #expect(!pushed.isSuccess && pushed.errorText.contains("403"))
    }
  }

  @Test("HEAD answers as GET does, without a body; nothing is kept by caches")
  func head() async throws {
    try await withRoutes { fixture in
      _ = try build(fixture)
      for kind in ["site", "people"] {
        let path = "git/\(kind)/group/p.git/info/refs?service=git-upload-pack"
        let head = try await fixture.ask(path, "-I", "-H", "Git-Protocol: version=2")
        #expect(head.status == 200)
        #expect(head.headers["content-type"] == "application/x-git-upload-pack-advertisement")
        #expect(head.headers["cache-control"] == "no-cache")
        #expect(head.body == [])
        #expect(try await fixture.ask(path).text.hasPrefix("001e# service=git-upload-pack\n0000"))
      }
    }
  }

  @Test("a request that drips in is answered at its limit, and its connection ends")
  func drip() async throws {
    try await withRoutes(requestTimeout: .milliseconds(200)) { fixture in
      _ = try build(fixture)
      let answer = try await OwnThread.run {
        let socket = try LoopbackSocket.connect(to: UInt16(fixture.port))
        defer { close(socket) }
        let request = """
          POST /git/site/group/p.git/git-upload-pack HTTP/1.1\r
          Host: x\r
          Content-Type: application/x-git-upload-pack-request\r
          Content-Length: 1000\r
          \r
          0014
          """
        write(socket, request, request.utf8.count)
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(socket, &buffer, buffer.count), count > 0 { all += buffer[..<count] }
        return String(decoding: all, as: UTF8.self)
      }
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      #expect(answer.contains("\r\nConnection: close\r\n"))
      #expect(answer.hasSuffix("\r\n\r\nthe request took too long to arrive\n"))
    }
  }

  /// Processes of which a command line names the path.
  private func processes(naming path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
      // A process may end while we look.
      guard Int32(name) != nil, let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(name)/cmdline")) else {
        return false
      }
      return Bytes.firstIndex(of: Array(path.utf8), in: Array(line)) != nil
    }
  }

  @Test(
    "a client that goes away, or stops reading, in the middle of a pack leaves no process", arguments: [true, false])
  func middleOfPack(goesAway: Bool) async throws {
    try await withRoutes(writeLimit: goesAway ? .seconds(60) : .milliseconds(200)) { fixture in
      var builder = RepositoryBuilder()
      builder.branch("main", at: builder.commit(["large": .random(48 << 20, seed: 1)]))
      let repository = try builder.build(at: fixture.directory.path("l.git"))
      let want = "0032want \(try repository.oid("refs/heads/main").hex)\n"
      let body = "0011command=fetch0001\(want)0009done\n0000"
      let request = """
        POST /git/site/l.git/git-upload-pack HTTP/1.1\r
        Host: x\r
        Git-Protocol: version=2\r
        Content-Type: application/x-git-upload-pack-request\r
        Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """
      let socket = try LoopbackSocket.connect(to: UInt16(fixture.port))
      defer { close(socket) }
      let isSent = write(socket, request, request.utf8.count) == request.utf8.count
      #expect(isSent)
      var beginning = [UInt8](repeating: 0, count: 1000)
      let count = try await OwnThread.run { [beginning] in
        var buffer = beginning
        return read(socket, &buffer, buffer.count)
      }
      #expect(count > 0)
      beginning = []
      if goesAway { shutdown(socket, Int32(SHUT_RDWR)) }
      #expect(try await eventually { try processes(naming: repository.path).isEmpty })
    }
  }
}
