import GitTransport
import TestSupport
import Testing

@Suite struct HTTPRedirectTests {
  private static let tail = "/info/refs?service=git-upload-pack"

  @Test(
    "redirects of the first question are followed, absolute and relative, and the rest goes to where they lead",
    arguments: [301, 302, 303, 307, 308])
  func followed(status: Int) async throws {
    let server = try ScriptedHTTPServer { request in
      switch request.path {
      case "/old/info/refs": .redirect(status, to: "/newer" + Self.tail)
      case "/newer/info/refs":
        .redirect(status, to: "http://user:pw@\(request.headers["host"] ?? "")/new.git" + Self.tail)
      case "/new.git/info/refs": GitAnswers.capabilities()
      case "/new.git/git-upload-pack": ScriptedAnswer(200, type: "application/x-git-upload-pack-result", "answer")
      default: ScriptedAnswer(404, "")
      }
    }
    let (text, mayAssume) = try await HTTPChannel().with(server.url("/old")) { channel in
      _ = try channel.openAdvertisement().readText()
      let text = try channel.send([1]).readText()
      channel.noteVersion2()
      return (text, channel.mayAssumeVersion2)
    }
    #expect(text == "answer")
    // A later channel begins at the old place, where a post is lost.
    #expect(!mayAssume)
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == nil })
    server.stop()
  }

  @Test(
    "redirects that lead nowhere are refused",
    arguments: [
      ("/users/sign_in", "no place for git"), ("ftp://h/r/info/refs?service=git-upload-pack", "no place for git"),
      ("/r2/info/refs?service=git-receive-pack", "no place for git"), ("/r.git" + tail, "circle"),
      ("//[", "no place for git"),
      ("", "no place for git"),
    ])
  func refused(location: String, says: String) async throws {
    let server = try ScriptedHTTPServer(["/r.git/info/refs": [.redirect(to: location)]])
    let error = try await HTTPChannel().failure(server.url("/r.git"))
    #expect(error.code == .redirectRefused)
    #expect(error.cause.contains(says), "\(error)")
    #expect(server.requests.count == 1)
    server.stop()
  }

  @Test("a redirect without a place")
  func nowhere() async throws {
    let server = try ScriptedHTTPServer(["/r.git/info/refs": [ScriptedAnswer(302, "")]])
    #expect(try await HTTPChannel().failure(server.url("/r.git")).cause.contains("nowhere"))
    server.stop()
  }

  @Test("a circle over several places is named with its way")
  func circle() async throws {
    let server = try ScriptedHTTPServer([
      "/a/info/refs": [.redirect(to: "/b" + Self.tail)], "/b/info/refs": [.redirect(to: "/a" + Self.tail)],
    ])
    let error = try await HTTPChannel().failure(server.url("/a"))
    #expect(error.code == .redirectRefused)
    #expect(error.cause.contains("/a → \(server.url("/b")) → \(server.url("/a"))"))
    #expect(server.requests.count == 2)
    server.stop()
  }

  @Test("five redirects are followed, a sixth is not")
  func tooMany() async throws {
    let server = try ScriptedHTTPServer { request in
      let number = Int(request.path.split(separator: "/")[0]) ?? 0
      return number >= 105 ? GitAnswers.capabilities() : .redirect(to: "/\(number + 1)" + Self.tail)
    }
    _ = try await HTTPChannel().advertisement(server.url("/100"))
    let error = try await HTTPChannel().failure(server.url("/1"))
    #expect(error.code == .redirectRefused)
    #expect(error.cause.contains("more than 5"))
    #expect(server.requests.count == 12)
    server.stop()
  }

  @Test("never from https to http")
  func downgrade() async throws {
    try await withTemporaryDirectory { directory in
      var options = GitHTTPServer.Options()
      options.certificate = .valid
      options.extraConfiguration = "location /r.git/ { return 302 http://127.0.0.1:1$request_uri; }"
      let server = try GitHTTPServer(root: directory.path, options: options)
      defer { server.stop() }
      var channel = HTTPChannel()
      channel.configuration.caFile = server.authorityFile
      let error = try await channel.failure(server.url("r.git"))
      #expect(error.code == .redirectRefused)
      #expect(error.cause.contains("from https to http"))
    }
  }
}
