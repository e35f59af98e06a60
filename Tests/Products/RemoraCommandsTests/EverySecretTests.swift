import Foundation
import TestSupport
import Testing

/// Each kind of credential opens the source once, and is then to be found nowhere: not in the copy, not in what is printed, not in the
/// arguments or the environment of any child.
@Suite(.serialized) struct EverySecretTests {
  enum Kind: String, CaseIterable, Sendable {
    case address, tokenFile, hostToken, hostTokenVariable, netrc, helper, proxy, socksProxy, keyWithPassphrase,
      keyOfSystemSSH
  }

  private static let secret = "s3same-opens"

  /// What a run needs, and what must not be seen of it.
  private struct Run {
    var url = ""
    var options: [String] = []
    var environment: [String: String] = [:]
    var secrets = [secret, Data("ada:\(secret)".utf8).base64EncodedString()]
    /// Ends with the test.
    var servers: [AnyObject] = []
  }

  private static func prepare(_ kind: Kind, _ bench: CommandFixture) throws -> Run {
    var run = Run()
    if kind == .keyWithPassphrase || kind == .keyOfSystemSSH {
      let directory = bench.directory.path("sshd")
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let server = try SSHServer(in: directory)
      let key = try server.clientKey(.ed25519, passphrase: kind == .keyWithPassphrase ? secret : "")
      run.url = server.url(bench.source.path)
      run.options = [
        "--ssh-config", "/dev/null", "--ssh-known-hosts", try server.knownHosts(), "--ssh-key", key, "--ssh",
        kind == .keyWithPassphrase ? "libssh2" : "system", "--ssh-passphrase-file",
        try bench.directory.write("\(secret)\n", to: "passphrase"),
      ]
      // ssh may need anything of the environment, but not these.
      run.environment = ["MY_TOKEN": secret, "https_proxy": "http://ada:\(secret)@127.0.0.1:1"]
      run.options += ["--host-token-env", "git.example.org=MY_TOKEN"]
      let lines = try String(contentsOfFile: key, encoding: .utf8).split(whereSeparator: \.isNewline)
      run.secrets += lines.filter { !$0.hasPrefix("-") }.map(String.init)
      run.servers = [server]
      return run
    }
    var options = GitHTTPServer.Options()
    switch kind {
    case .tokenFile, .hostToken, .hostTokenVariable: options.bearerToken = secret
    case .proxy, .socksProxy: break
    default: options.basicAuthentication = ("ada", secret)
    }
    let server = try GitHTTPServer(root: bench.root, options: options)
    run.servers = [server]
    run.url = server.url("source.git")
    let file = try bench.directory.write("\(secret)\n", to: "secret")
    switch kind {
    case .address: run.url = run.url.replacing("http://", with: "http://ada:\(secret)@")
    case .tokenFile: run.options = ["--bearer-token-file", file]
    case .hostToken: run.options = ["--host-token-file", "127.0.0.1=\(file)"]
    case .hostTokenVariable:
      run.environment = ["MY_TOKEN": secret]
      run.options = ["--host-token-env", "127.0.0.1=MY_TOKEN"]
    case .netrc:
      run.options = [
        "--netrc-file", try bench.directory.write("machine 127.0.0.1 login ada password \(secret)\n", to: "netrc"),
      ]
    case .helper:
      let helper = "!f() { cat > /dev/null; echo username=ada; printf password=; cat '\(file)'; }; f"
      run.environment = [
        "GIT_CONFIG_GLOBAL": try bench.directory.write("[credential]\n\thelper = \"\(helper)\"\n", to: "gitconfig")
      ]
    case .proxy:
      let proxy = try RealProxy(.http(login: ("ada", secret)), in: bench.directory.path)
      run.servers.append(proxy)
      run.environment = ["http_proxy": "http://ada:\(secret)@127.0.0.1:\(proxy.port)"]
    case .socksProxy:
      let proxy = try RealProxy(.socks(login: ("ada", secret)), in: bench.directory.path)
      run.servers.append(proxy)
      run.environment = ["all_proxy": "socks5h://ada:\(secret)@127.0.0.1:\(proxy.port)"]
    case .keyWithPassphrase, .keyOfSystemSSH: break
    }
    return run
  }

  @Test("opens the source, and is nowhere to be read", arguments: Kind.allCases)
  func staysInside(kind: Kind) async throws {
    try await withCommandFixture { builder, parent in
      builder.branch("big", at: builder.commit(["big": .random(4_000_000, seed: 5)], parents: [parent]))
    } _: { bench in
      let run = try Self.prepare(kind, bench)
      func isClean(_ bytes: some Sequence<UInt8>) -> Bool {
        let text = String(decoding: Array(bytes), as: Unicode.ASCII.self)
        return run.secrets.allSatisfy { !text.contains($0) }
      }
      let process = try RemoraBinary.start(
        ["mirror", run.url, bench.copy, "--json"] + run.options, environment: run.environment)
      let seen = try await OwnThread.run { ProcessWatch.descendants(of: process) }
      // A child that has not become its program yet still shows our own arguments and environment.
      let children = seen.filter { !String(decoding: $0, as: Unicode.ASCII.self).contains("/remora\0mirror") }
      for child in children {
        #expect(isClean(child), "\(String(decoding: child, as: Unicode.ASCII.self).replacing("\0", with: " "))")
      }
      if kind == .keyOfSystemSSH {
        #expect(children.contains { String(decoding: $0, as: UTF8.self).contains("ssh\0") })
      }
      let outcome: ProcessOutcome = try await process.outcome()
      #expect(outcome.isSuccess, "\(outcome.errorText)")
      #expect(isClean(outcome.output) && isClean(outcome.errors))
      for (name, content) in try bench.contentsOfCopy() { #expect(isClean(content), "\(name)") }
      #expect(try GitCommand().view(bench.copy) == bench.source.view())
      withExtendedLifetime(run) {}
    }
  }
}
