import BoundedHTTP
import GitValues
import TestSupport
import Testing

@testable import GitTransport

@Suite struct SourceURLTests {
  struct Accepted: Sendable, CustomTestStringConvertible {
    let text: String
    let kind: SourceURL.Kind
    var host = ""
    var port: Int?
    let path: String
    let redacted: String
    var user: String?
    var password = ""

    var testDescription: String { text }
  }

  @Test(
    "addresses that git takes",
    arguments: [
      Accepted(
        text: "https://h.example/a/b.git", kind: .https, host: "h.example", path: "/a/b.git",
        redacted: "https://h.example/a/b.git"),
      Accepted(
        text: "HTTP://H.Example:8080/a/", kind: .http, host: "h.example", port: 8080, path: "/a",
        redacted: "http://h.example:8080/a"),
      Accepted(text: "https://h", kind: .https, host: "h", path: "", redacted: "https://h"),
      Accepted(text: "https://h:/a", kind: .https, host: "h", path: "/a", redacted: "https://h/a"),
      Accepted(
        text: "https://[2001:DB8::1]:8443/a", kind: .https, host: "2001:db8::1", port: 8443, path: "/a",
        redacted: "https://[2001:db8::1]:8443/a"),
      Accepted(
        text: "https://u:p%40ss@h/a", kind: .https, host: "h", path: "/a", redacted: "https://h/a", user: "u",
        password: "p@ss"),
      Accepted(
        text: "https://me@mail:pw@h/a", kind: .https, host: "h", path: "/a", redacted: "https://h/a", user: "me@mail",
        password: "pw"),
      Accepted(text: "https://token@h/a", kind: .https, host: "h", path: "/a", redacted: "https://h/a", user: "token"),
      Accepted(
        text: "https://h/a b/ä?key=secret", kind: .https, host: "h", path: "/a%20b/%C3%A4?key=secret",
        redacted: "https://h/a%20b/%C3%A4"),
      Accepted(text: "https://h/a%20b", kind: .https, host: "h", path: "/a%20b", redacted: "https://h/a%20b"),
      Accepted(
        text: "ssh://git@h:2222/a%20b", kind: .ssh, host: "h", port: 2222, path: "/a b", redacted: "ssh://h:2222/a b",
        user: "git"),
      Accepted(text: "git+ssh://h/~u/a", kind: .ssh, host: "h", path: "/~u/a", redacted: "ssh://h/~u/a"),
      Accepted(
        text: "git@h.example:a/b.git", kind: .ssh, host: "h.example", path: "a/b.git",
        redacted: "ssh://h.example/a/b.git", user: "git"),
      Accepted(text: "h:a", kind: .ssh, host: "h", path: "a", redacted: "ssh://h/a"),
      Accepted(text: "git@[::1]:/a", kind: .ssh, host: "::1", path: "/a", redacted: "ssh://[::1]/a", user: "git"),
      Accepted(text: "git://h/a", kind: .git, host: "h", path: "/a", redacted: "git://h/a"),
      Accepted(text: "file:///a%20b/c", kind: .file(path: "/a b/c"), path: "/a b/c", redacted: "/a b/c"),
      Accepted(text: "file://localhost/a", kind: .file(path: "/a"), path: "/a", redacted: "/a"),
      Accepted(text: "/a/b.git", kind: .file(path: "/a/b.git"), path: "/a/b.git", redacted: "/a/b.git"),
      Accepted(text: "/a:b", kind: .file(path: "/a:b"), path: "/a:b", redacted: "/a:b"),
      Accepted(text: "./a:b", kind: .file(path: "./a:b"), path: "./a:b", redacted: "./a:b"),
      Accepted(text: "../a", kind: .file(path: "../a"), path: "../a", redacted: "../a"),
      Accepted(text: "a/b:c", kind: .file(path: "a/b:c"), path: "a/b:c", redacted: "a/b:c"),
      Accepted(
        text: "repository.git", kind: .file(path: "repository.git"), path: "repository.git", redacted: "repository.git"),
    ])
  func accepted(_ expected: Accepted) throws {
    let source = try SourceURL(expected.text)
    #expect(source.kind == expected.kind)
    #expect(source.host == expected.host)
    #expect(source.port == expected.port)
    #expect(source.path == expected.path)
    #expect(source.redacted == expected.redacted)
    #expect(source.credential?.user == expected.user)
    #expect((source.credential?.password ?? "") == expected.password)
  }

  @Test("a path that is not UTF-8 keeps its bytes")
  func foreignPath() throws {
    let source = try SourceURL("file:///srv/%E9.git")
    #expect(PathText.bytes(source.path) == Array("/srv/".utf8) + [0xe9] + Array(".git".utf8))
  }

  @Test(
    "addresses that are refused",
    arguments: [
      "", "-oProxyCommand=x", "--upload-pack=x", "https://", "https:///a", "https://-h/a", "https://h:0/a",
      "https://h:65536/a", "https://h:8x/a", "https://h:+80/a", "https://[::1/a", "https://[::1]x/a", "https://[h]/a",
      "https://h%2Fx/a",
      "https://hö.example/a", "https://h/a#b", "https://h/a\nb", "https://h/a\u{0}b", "https://u%ZZ@h/a",
      "https://u%0A@h/a",
      "ssh://h", "ssh://h/", "ssh://-oX=1/a", "ssh://-oX@h/a", "ssh://h/-a", "ssh://h/a%0Ab", "-oX=1:a", "h:-a", "h:",
      "u@:a", ":a",
      "git://h", "git://h/%00", "file://h/a", "file://", "file:///a%",
    ])
  func refused(text: String) {
    let error = #expect(throws: TransportError.self) { try SourceURL(text) }
    #expect(error?.code == .invalidURL)
    #expect(error?.disposition == .needsOperator)
  }

  @Test(
    "schemes that are not supported, and remote helpers, which run commands",
    arguments: [
      "ftp://h/a", "rsync://h/a", "ext::sh -c true", "fd::17", "testgit::/a", "transport::https://h/a", "svn+ssh://h/a",
    ])
  func unsupported(text: String) {
    let error = #expect(throws: TransportError.self) { try SourceURL(text) }
    #expect(error?.code == .unsupportedSource)
  }

  @Test("a path with a colon that exists is a path")
  func existing() throws {
    try withTemporaryDirectory { directory in
      // An absolute path would be one anyway; its relative form begins with dots. So only what is missing is ssh.
      try directory.write("", to: "a:b")
      #expect(try SourceURL(directory.path("a:b")).kind == .file(path: directory.path("a:b")))
      #expect(try SourceURL("no-such-host-here:b").kind == .ssh)
    }
  }

  @Test("nothing that could be a secret comes into prints, dumps or errors")
  func secrecy() throws {
    let source = try SourceURL("https://user:s3cret@h/a?private_token=s3cret")
    var dumped = ""
    dump(source, to: &dumped)
    for text in ["\(source)", String(reflecting: source), dumped, source.redacted] { #expect(!text.contains("s3cret")) }
    for text in [
      "https://user:s3cret@h:bad/a", "https://user:s3cret/more@h:bad/a", "ftp://user:s3cret@h/a",
      "https://user:s3cret@/a",
      "user:s3cret@h\n:a", "https://user:s3cret@h/a?t=s3cret#x", "-s3cret@h:a",
    ] {
      let error = #expect(throws: TransportError.self) { try SourceURL(text) }
      #expect(error.map { !"\($0)".contains("s3cret") } == true, "\(text)")
    }
  }

  @Test("an origin is scheme, host and port, with the usual port filled in")
  func origins() throws {
    #expect(try SourceURL("https://h/a").origin == SourceURL("https://H:443/b").origin)
    #expect(try SourceURL("https://h/a").origin != SourceURL("http://h/a").origin)
    #expect(try SourceURL("https://h/a").origin != SourceURL("https://h:444/a").origin)
    #expect(try SourceURL("ssh://h/a").origin == nil)
    #expect(try SourceURL("https://[::1]:444/a").origin?.description == "https://[::1]:444")
  }
}
