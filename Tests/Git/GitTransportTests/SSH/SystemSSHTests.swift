import Foundation
import GitTransport
import Glibc
import TestSupport
import Testing
import WorkerPool

/// SSH by the system's program, against the real `sshd`.
@Suite(.serialized) struct SystemSSHTests {
  @Test("200 repositories go over one master connection, which ends with us")
  func oneMaster() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .system
      fixture.channel.deadline = .after(.seconds(300))
      let view = try fixture.repository.view()
      try await fixture.channel.withTransports { [fixture] transports in
        for _ in 0..<200 {
          let listing = try fixture.list(by: transports)
          #expect(listing.view == view && listing.protocolVersion == 2)
        }
        #expect(fixture.server.connections.believed == 1)
        #expect(fixture.server.connections.made == 1)
      }
      #expect(fixture.server.waitUntil(logged: "disconnect from"), "\(fixture.server.log)")
    }
  }

  @Test("several jobs at once wait for the first one's connection")
  func oneMasterForAll() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .system
      let transports = Transports(configuration: fixture.channel.configuration)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask { [fixture] in _ = try await OwnThread.run { try fixture.list(by: transports) } }
        }
        try await group.waitForAll()
      }
      await transports.shutdown()
      #expect(fixture.server.connections.believed == 1)
    }
  }

  @Test("a master that was killed is replaced")
  func replaced() async throws {
    try await withTemporaryDirectory { directory in
      var options = SSHServer.Options()
      options.configuration = ["ClientAliveInterval 60"]
      var fixture = try SSHFixture(directory, options)
      fixture.channel.configuration.ssh.choice = .system
      try await fixture.channel.withTransports { [fixture] transports in
        _ = try fixture.list(by: transports)
        kill(try Self.master(), SIGKILL)
        _ = try fixture.list(by: transports)
      }
      #expect(fixture.server.connections.believed == 2)
    }
  }

  /// Returns the process that holds the one connection of this process.
  private static func master() throws -> pid_t {
    let directory = "/tmp/remora-ssh-\(geteuid())"
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix("\(getpid())-") }
    for name in names {
      let said =
        try ChildProcess("ssh", ["-O", "check", "-S", "\(directory)/\(name)", "any"]).outcome() as ProcessOutcome
      // "Master running (pid=123)"
      if said.isSuccess, let number = pid_t(said.errorText.filter(\.isNumber)) { return number }
    }
    throw TestSupportError("no master among \(names)")
  }

  @Test("an RSA key, with which libssh2 can only sign in an old way, falls over to the system's ssh")
  func rsa() async throws {
    try await withTemporaryDirectory { directory in
      let fixture = try SSHFixture(directory, key: .rsa)
      _ = try await fixture.list()
      // Once by libssh2, which finds nothing to try, once by ssh.
      #expect(fixture.server.connections.made == 2, "\(fixture.server.log)")
      #expect(fixture.server.connections.believed == 1)
    }
  }

  @Test("an RSA key of the host, likewise")
  func rsaHost() async throws {
    try await withTemporaryDirectory { directory in
      var options = SSHServer.Options()
      options.hostKeys = [.rsa]
      let fixture = try SSHFixture(directory, options)
      _ = try await fixture.list()
      #expect(fixture.server.connections.believed == 1)
      var stubborn = fixture
      stubborn.channel.configuration.ssh.choice = .libssh2
      let error = try await stubborn.failure()
      #expect("\(error)".contains("no algorithm in common"), "\(error)")
    }
  }

  @Test("settings that libssh2 does not know make it the system's ssh, which follows them")
  func jump() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      let known = try fixture.server.knownHosts(
        fixture.server.knownHostsLines() + fixture.server.knownHostsLines(host: "localhost"))
      let key = fixture.channel.configuration.ssh.identityFiles[0]
      fixture.channel.configuration.ssh.configurationFile = try directory.write(
        """
        Host there
          HostName 127.0.0.1
          Port \(fixture.server.port)
          User \(SSHServer.user)
          ProxyJump \(SSHServer.user)@localhost:\(fixture.server.port)
        Host here
          HostName 127.0.0.1
          Port \(fixture.server.port)
          User \(SSHServer.user)
        Host *
          IdentityFile \(key)
          UserKnownHostsFile \(known)
        """, to: "config")
      fixture.channel.configuration.ssh.identityFiles = []
      fixture.channel.configuration.ssh.knownHostsFiles = []
      _ = try await fixture.list("ssh://here\(directory.path("r.git"))")
      #expect(fixture.server.connections.believed == 1)
      _ = try await fixture.list("there:\(directory.path("r.git"))")
      #expect(fixture.server.connections.believed == 3)
    }
  }

  @Test("a command of the environment or of git's configuration is what is run", arguments: [false, true])
  func named(inConfiguration: Bool) async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      let program = try program(
        "#!/bin/sh\necho \"$@\" >> '\(directory.path("seen"))'\nexec ssh \"$@\"\n", in: directory)
      if inConfiguration {
        let file = try directory.write("[core]\n\tsshCommand = \(program)\n[ssh]\n\tvariant = ssh\n", to: "gitconfig")
        fixture.channel.configuration.environment["GIT_CONFIG_GLOBAL"] = file
      } else {
        fixture.channel.configuration.environment["GIT_SSH_COMMAND"] = program
        fixture.channel.configuration.environment["GIT_SSH_VARIANT"] = "ssh"
      }
      _ = try await fixture.list()
      let seen = try String(contentsOfFile: directory.path("seen"), encoding: .utf8)
      #expect(seen.contains("BatchMode=yes") && seen.contains("git-upload-pack"), "\(seen)")
    }
  }

  @Test("unknown and changed host keys, a wrong user and a missing repository have the codes that libssh2's have")
  func failures() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.ssh.choice = .system
      let missing = try await fixture.failure(fixture.server.url(directory.path("nothing.git")))
      #expect(missing.code == .sourceNotFound, "\(missing)")
      let user = try await fixture.failure(fixture.server.url(directory.path("r.git"), user: "nobody-at-all"))
      #expect(user.code == .authenticationFailed, "\(user)")
      let closed = try ClosedPort()
      let refused = try await fixture.failure("ssh://127.0.0.1:\(closed.port)/r.git")
      #expect(refused.code == .connectionRefused, "\(refused)")
      let own = try fixture.server.knownHostsLines()[0]
      let name = own.prefix { $0 != " " }
      fixture.channel.configuration.ssh.knownHostsFiles = [try fixture.server.knownHosts(["#"])]
      let unknown = try await fixture.failure()
      #expect(unknown.code == .hostKeyUnknown, "\(unknown)")
      try SSHServer.makeKey(.ed25519, at: directory.path("other"))
      let other = try String(contentsOfFile: directory.path("other.pub"), encoding: .utf8).split(separator: " ")[1]
      fixture.channel.configuration.ssh.knownHostsFiles = [
        try fixture.server.knownHosts(["\(name) ssh-ed25519 \(other)"])
      ]
      let changed = try await fixture.failure()
      #expect(changed.code == .hostKeyChanged, "\(changed)")
      let file = try fixture.server.knownHosts([own, "@revoked * \(own.dropFirst(name.count + 1))"])
      fixture.channel.configuration.ssh.knownHostsFiles = [file]
      let revoked = try await fixture.failure()
      #expect(revoked.code == .hostKeyRevoked, "\(revoked)")
    }
  }

  @Test("without ssh installed, a host that needs it fails with a message that says so")
  func missing() async throws {
    try await withTemporaryDirectory { directory in
      var fixture = try SSHFixture(directory)
      fixture.channel.configuration.environment["PATH"] = directory.path
      _ = try await fixture.list()
      fixture.channel.configuration.ssh.choice = .system
      #expect(try await fixture.failure().code == .sshMissing)
    }
  }
}
