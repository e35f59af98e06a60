import BoundedHTTP
import Foundation
import GitTransport
import Replication
import SiteTokens
import TestSupport
import Testing

@testable import Agent
@testable import SiteAssembly

@Suite("Configuration")
struct ConfigurationTests {
  let fixture: ConfigurationFixture

  init() throws { fixture = try ConfigurationFixture() }

  @Test("the examples are valid once their files exist, also with every comment made a line")
  func examples() throws {
    let primary = try fixture.read(AgentConfiguration.example(.primary))
    #expect(primary.role == .primary && primary.name.text == "oslo" && primary.servesGit)
    #expect(primary.secondaries.map(\.name.text) == ["berlin"] && primary.primary == nil)
    #expect(primary.kinds.map(\.kind.name.text) == ["project_repository", "release_asset"])
    #expect(primary.kinds.map(\.kind.dataType) == [.repository, .blob])
    let secondary = try fixture.read(AgentConfiguration.example(.secondary))
    #expect(secondary.role == .secondary && !secondary.servesGit && secondary.secondaries == [])
    #expect(secondary.primary?.url == "http://127.0.0.1:7170" && secondary.primary?.name == nil)
    for role in AgentConfiguration.Role.allCases {
      let lines = AgentConfiguration.example(role).split(separator: "\n", omittingEmptySubsequences: false)
      let open = lines.map { line in
        let isSetting = line.firstMatch(of: #/^ *# [a-z_]+: /#) != nil && !line.contains("tls:")
        return isSetting ? line.replacingOccurrences(of: "# ", with: "") : String(line)
      }
      #expect(fixture.complaints(open.joined(separator: "\n")) == [])
    }
  }

  @Test("what is not written has the contract's values")
  func defaults() throws {
    let configuration = try fixture.read(ConfigurationFixture.primary)
    #expect(configuration.listen.description == "127.0.0.1:7170" && !configuration.isInsecure)
    #expect(configuration.limits.repositorySyncs == 4 && configuration.limits.blobDownloads == 4)
    #expect(configuration.limits.verifications == 2 && configuration.limits.silence == .seconds(60))
    #expect(configuration.limits.packObjects == 50_000_000 && configuration.limits.freeDisk == 64 << 20)
    #expect(
      configuration.times.verification == .seconds(7 * 86_400) && configuration.times.keepTrash == .seconds(604_800))
    #expect(configuration.times.scan == .seconds(60) && configuration.times.fullScan == .seconds(3_600))
    #expect(configuration.times.consistency == .seconds(60))
    #expect(configuration.logLevel == "info" && configuration.tls == AgentConfiguration.TLS())
  }

  @Test("who a secondary is to other hosts reaches what fetches")
  func sources() throws {
    let text =
      ConfigurationFixture.secondary + """
        sources:
          tokens:
            - { host: git.example.org, file: /etc/remora/rome.secret }
            - { host: "git.example.org:8443", environment: GIT_TOKEN }
          netrc_file: /etc/remora/berlin.secret
          certificate_file: /etc/remora/empty
          key_file: /etc/remora/rome.secret
          ssh:
            client: system
            keys: [/etc/remora/rome.secret]
            passphrase_file: /etc/remora/admin-token
            known_hosts: [/etc/remora/empty]
            config_file: /etc/remora/empty
        """
    let sources = try fixture.read(text).sources
    let directory = fixture.directory.path("etc/remora")
    #expect(sources.tokens.map(\.host) == ["git.example.org", "git.example.org"])
    #expect(sources.tokens.map(\.port) == [nil, 8443])
    #expect(sources.tokens.map(\.place) == [.file("\(directory)/rome.secret"), .environment("GIT_TOKEN")])
    var transports = TransportConfiguration(environment: [:])
    sources.configure(&transports)
    #expect(transports.tokens == sources.tokens && transports.netrcFile == "\(directory)/berlin.secret")
    #expect(transports.clientCertificate?.keyFile == "\(directory)/rome.secret")
    #expect(transports.ssh.choice == .system && transports.ssh.identityFiles == ["\(directory)/rome.secret"])
    #expect(transports.ssh.knownHostsFiles == ["\(directory)/empty"])
    #expect(transports.ssh.passphraseFile == "\(directory)/admin-token")
    let other = try fixture.read(text.replacing("system", with: "libssh2").replacing("8443", with: "8444"))
    #expect(try fixture.read(text).changes(to: other).map(\.key) == ["sources.ssh.client", "sources.tokens"])
  }

  @Test("a kind's keys reach it")
  func kinds() throws {
    let text =
      ConfigurationFixture.secondary + """
          release_asset:
            strategy: blob
            root: /srv/assets
            include: ["a/**", "b/*"]
            exclude: [a/tmp]
            selective_sync: { include: ["a/**"] }
            allowed_roots: [/srv/wikis]
            clone_url: "https://cdn.example.org/{id}"
            mutable: true
            enabled: false

        """
    let kind = try #require(try fixture.read(text).kinds.last)
    #expect(kind.kind.isMutable && !kind.kind.replicationEnabledByDefault)
    #expect(kind.kind.address?.text == "https://cdn.example.org/{id}")
    let ids = try ["a/x", "b/x", "a/tmp"].map { try ReplicableID($0) }
    #expect(ids.map(kind.kind.selection.selects) == [true, true, false])
    #expect(ids.map(kind.selectiveSync.selects) == [true, false, true])
    #expect(kind.allowedRoots == [fixture.directory.path("srv/wikis")])
  }

  @Test("two kinds may share a root on a primary")
  func sharedRoot() throws {
    let text =
      ConfigurationFixture.primary + "  wiki: { strategy: repository, root: /srv/git, include: ['**/*.wiki.git'] }\n"
    #expect(try fixture.read(text).kinds.count == 2)
  }

  @Test("the environment wins over the file, and can say what the file does not")
  func environment() throws {
    let configuration = try fixture.read(
      ConfigurationFixture.primary + "log: { level: debug }\n",
      environment: [
        "REMORA_SITE_NAME": "rome", "REMORA_LISTEN": "[::1]:0", "REMORA_LIMITS_REPOSITORY_SYNCS": "9",
        "REMORA_LOG_LEVEL": "error", "REMORA_CONFIG": "/elsewhere", "PATH": "/bin",
      ])
    #expect(configuration.name.text == "rome" && configuration.limits.repositorySyncs == 9)
    #expect(configuration.listen == ListenAddress("[::1]:0") && configuration.logLevel == "error")
    let complaints = fixture.complaints(
      ConfigurationFixture.primary,
      environment: ["REMORA_LISTN": "x", "REMORA_TRASH_KEEP": "soon", "REMORA_QQQQQQQQQQQQQQQ": ""])
    #expect(
      complaints == [
        "remora.yaml: REMORA_LISTN: unknown variable; did you mean 'REMORA_LISTEN'?",
        "remora.yaml: REMORA_QQQQQQQQQQQQQQQ: unknown variable; unset it",
        "remora.yaml: REMORA_TRASH_KEEP: 'soon' is no time from 0 s to 315360000 s; write one such as 60s, 1h30m, 7d",
      ])
  }

  @Test("no two keys have one variable, and no variable is the program's own")
  func variables() {
    let variables = Setting.all.map(\.variable)
    #expect(Set(variables).count == variables.count)
    #expect(ConfigurationReader.otherVariables.isDisjoint(with: variables))
    #expect(Setting.byKey["limits.repository_syncs"]?.variable == "REMORA_LIMITS_REPOSITORY_SYNCS")
  }

  @Test("a reload says what it can take at once")
  func changes() throws {
    let old = try fixture.read(
      ConfigurationFixture.primary
        + "trash: { keep: 7d }\nsecondaries: [{ name: a, secret_file: /etc/remora/berlin.secret }]\n")
    let same = try fixture.read(
      ConfigurationFixture.primary
        + "trash: { keep: 1w }\nsecondaries: [{ name: a, secret_file: /etc/remora/berlin.secret }]\n")
    #expect(old.changes(to: same) == [])
    let new = try fixture.read(
      ConfigurationFixture.primary.replacingOccurrences(of: "/srv/git }", with: "/srv/git, exclude: [x] }")
        + "  asset: { strategy: blob, root: /srv/assets }\n"
        + "trash: { keep: 8d }\nlisten: localhost:1\nlog: { level: debug }\nhosts: [a.example]\n")
    #expect(
      old.changes(to: new).map { "\($0.key) \($0.isReloadable)" } == [
        "hosts false", "listen false", "log.level true", "replicables.asset false",
        "replicables.project_repository.exclude false", "secondaries false", "trash.keep false",
      ])
    // Another file for the same site is read at once.
    let secret = try fixture.read(
      ConfigurationFixture.primary
        + "trash: { keep: 7d }\nsecondaries: [{ name: a, secret_file: /etc/remora/rome.secret }]\n")
    #expect(old.changes(to: secret).map { "\($0.key) \($0.isReloadable)" } == ["secondaries true"])
    // What was taken is no change any more; what needs a restart stays one.
    var taken = old
    taken.adoptReloadable(of: new)
    #expect(!taken.changes(to: new).map(\.key).contains("log.level"))
    #expect(taken.changes(to: new).map(\.key).contains("trash.keep"))
    let moved = try fixture.read(ConfigurationFixture.primary.replacingOccurrences(of: "/srv/git", with: "/srv/wikis"))
    #expect(old.changes(to: moved).map(\.key).contains("replicables.project_repository"))
  }

  @Test("the article names every key with its default, and whether a reload takes it")
  func article() throws {
    let text = try PackageFiles.text("Sources/Agent/Agent/Agent.docc/Configuration.md")
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    for setting in Setting.all {
      let row = try #require(rows.first { $0[0] == "`\(setting.key)`" }, "\(setting.key)")
      switch setting.fallback {
      case .required: #expect(row[2] == "required", "\(setting.key)")
      case .value(let value): #expect(row[2] == "`\(value)`", "\(setting.key)")
      case .none: #expect(!row[2].contains("`"), "\(setting.key)")
      }
      #expect(row[4] == (setting.isReloadable ? "reload" : "restart"), "\(setting.key)")
    }
    #expect(Set(Setting.compounds).isSubset(of: Set(rows.map { $0[0].trimmingCharacters(in: ["`"]) })))
  }
}
