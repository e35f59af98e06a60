import Foundation
import GitTransport
import GitValues
import Glibc
import TestSupport
import Testing
import WorkerPool

/// SSH by libssh2, against the real `sshd`.
@Suite(.serialized) struct SSHLibraryTests {
  @Test(
    "a repository is listed with a key of each type that libssh2 can sign with",
    arguments: [SSHServer.KeyType.ed25519, .ecdsa])
  func keys(_ type: SSHServer.KeyType) async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory, key: type)
      fixture.channel.configuration.ssh.choice = .libssh2
      let listing = try await fixture.list()
      #expect(listing.view == (try fixture.repository.view()))
      #expect(listing.protocolVersion == 2)
    }
  }

  @Test("a host that takes no variables is used in version 0")
  func version0() async throws {
    try await withTemporaryDirectory { directory in
      var options = SSHServer.Options()
      options.acceptsGitProtocol = false
      var fixture = try SSHFixture(directory, options)
      fixture.channel.configuration.ssh.choice = .libssh2
      let listing = try await fixture.list()
      #expect(listing.view == (try fixture.repository.view()))
      #expect(listing.protocolVersion == 0)
    }
  }

  @Test("200 repositories go over one session")
  func oneSession() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      let view = try fixture.repository.view()
      try await fixture.channel.withTransports { [fixture] transports in
        for _ in 0..<200 {
          let listing = try fixture.list(by: transports)
          #expect(listing.view == view)
        }
      }
      #expect(fixture.server.connections.believed == 1)
      #expect(fixture.server.connections.made == 1)
    }
  }

  @Test("a session that the host has closed while it was idle is replaced")
  func replaced() async throws {
    try await withTemporaryDirectory { directory in
      var options = SSHServer.Options()
      // The host sends keepalives, and an idle session does not answer them.
      options.configuration = ["ClientAliveInterval 1", "ClientAliveCountMax 1"]
      var fixture = try SSHFixture(directory, options)
      fixture.channel.configuration.ssh.choice = .libssh2
      try await fixture.channel.withTransports { [fixture] transports in
        _ = try fixture.list(by: transports)
        #expect(fixture.server.waitUntil(logged: "not responding"), "\(fixture.server.log)")
        _ = try fixture.list(by: transports)
      }
      #expect(fixture.server.connections.believed == 2)
    }
  }

  @Test("an idle session is closed after its time")
  func idle() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      fixture.channel.configuration.ssh.idleTimeout = .milliseconds(200)
      try await fixture.channel.withTransports { [fixture] transports in
        _ = try fixture.list(by: transports)
        #expect(fixture.server.waitUntil(logged: "disconnect from"), "\(fixture.server.log)")
      }
    }
  }

  @Test("a host whose key is unknown, has changed, or is revoked is refused, and the line is named")
  func hostKeys() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      let own = try fixture.server.knownHostsLines()[0]
      let name = own.prefix { $0 != " " }
      try SSHServer.makeKey(.ed25519, at: directory.path("other"))
      let other = try String(contentsOfFile: directory.path("other.pub"), encoding: .utf8).split(separator: " ")[1]
      let cases: [([String], TransportError.Code, String)] = [
        (["# nobody"], .hostKeyUnknown, "SHA256:"),
        (["# first", "\(name) ssh-ed25519 \(other)"], .hostKeyChanged, ":2 "),
        ([own, "@revoked * \(own.dropFirst(name.count + 1))"], .hostKeyRevoked, ":2"),
        (["@cert-authority * ssh-ed25519 \(other)"], .hostKeyUnknown, "authority"),
      ]
      for (lines, code, words) in cases {
        let file = try fixture.server.knownHosts(lines)
        fixture.channel.configuration.ssh.knownHostsFiles = [file]
        let error = try await fixture.failure()
        #expect(error.code == code, "\(error)")
        #expect("\(error)".contains(words) && "\(error)".contains(file), "\(error)")
      }
      #expect(fixture.server.connections.believed == 0)
    }
  }

  @Test("of a host with several keys the one in the known hosts is asked for, also under a hashed name")
  func severalHostKeys() async throws {
    try await withTemporaryDirectory { directory in
      var options = SSHServer.Options()
      options.hostKeys = [.ed25519, .ecdsa]
      var fixture = try SSHFixture(directory, options)
      fixture.channel.configuration.ssh.choice = .libssh2
      for type in options.hostKeys {
        let file = try fixture.server.knownHosts(fixture.server.knownHostsLines([type]))
        let hashed = try await ChildProcess("ssh-keygen", ["-q", "-H", "-f", file]).outcome()
        #expect(hashed.isSuccess)
        fixture.channel.configuration.ssh.knownHostsFiles = [file]
        #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("|1|"))
        _ = try await fixture.list()
      }
    }
  }

  @Test("a wrong user, and a key that the host refuses, are reported with what was tried")
  func notBelieved() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      let wrongUser = try await fixture.failure(fixture.server.url(directory.path("r.git"), user: "nobody-at-all"))
      #expect(wrongUser.code == .authenticationFailed)
      #expect("\(wrongUser)".contains("'nobody-at-all'"), "\(wrongUser)")
      let stranger = try fixture.server.clientKey(.ed25519, isAuthorized: false)
      fixture.channel.configuration.ssh.identityFiles = [stranger]
      let wrongKey = try await fixture.failure()
      #expect(wrongKey.code == .authenticationFailed)
      #expect("\(wrongKey)".contains(stranger), "\(wrongKey)")
    }
  }

  @Test("a key with a passphrase is used with its file, and reported without it")
  func passphrase() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      let key = try fixture.server.clientKey(.ed25519, passphrase: "ganz geheim")
      fixture.channel.configuration.ssh.identityFiles = [key]
      let error = try await fixture.failure()
      #expect(error.code == .authenticationFailed && "\(error)".contains("has a passphrase"), "\(error)")
      fixture.channel.configuration.ssh.passphraseFile = try directory.write("ganz geheim\n", to: "passphrase")
      _ = try await fixture.list()
      fixture.channel.configuration.ssh.passphraseFile = try directory.write("falsch geheim\n", to: "passphrase")
      let wrong = try await fixture.failure()
      #expect(wrong.code == .authenticationFailed && !"\(wrong)".contains("geheim"), "\(wrong)")
    }
  }

  @Test("an agent signs, with each type of key, and is asked only for the keys that are named")
  func agent() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory, key: nil)
      fixture.channel.configuration.ssh.choice = .libssh2
      fixture.channel.configuration.ssh.identityFiles = []
      let agent = try SSHAgentProcess(in: directory.path)
      defer { agent.stop() }
      fixture.channel.configuration.environment["SSH_AUTH_SOCK"] = agent.socket
      for type in [SSHServer.KeyType.ed25519, .ecdsa] {
        let key = try fixture.server.clientKey(type)
        try agent.add(key)
        _ = try await fixture.list()
        try agent.removeAll()
      }
      let stranger = try fixture.server.clientKey(.ed25519, isAuthorized: false)
      try agent.add(try fixture.server.clientKey(.ed25519))
      fixture.channel.configuration.ssh.identityFiles = [stranger]
      let error = try await fixture.failure()
      #expect(!"\(error)".contains("the agent's key"), "\(error)")
    }
  }

  @Test("an agent that does not answer ends by the silence timeout, and the key files are tried")
  func silentAgent() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      fixture.channel.configuration.silenceTimeout = .milliseconds(300)
      let socket = directory.path("mute")
      let listener = try LoopbackSocket.listen(path: socket)
      defer { close(listener) }
      fixture.channel.configuration.environment["SSH_AUTH_SOCK"] = socket
      _ = try await fixture.list()
    }
  }

  @Test("a repository that is not there, in git's own words")
  func missing() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      let error = try await fixture.failure(fixture.server.url(directory.path("it's not; there!.git")))
      #expect(error.code == .sourceNotFound, "\(error)")
      #expect("\(error)".contains("it's not; there!.git"))
    }
  }

  @Test("a path with every character that a shell interprets is one word there")
  func quoting() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .libssh2
      let name = "a b'c!\"$(touch x)`;&|<>*?[~#\\.git"
      try FileManager.default.moveItem(atPath: directory.path("r.git"), toPath: directory.path(name))
      let encoded = try #require(name.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let listing = try await fixture.list(fixture.server.url(directory.path(encoded)))
      #expect(listing.view.refs.count > 0)
    }
  }
}
