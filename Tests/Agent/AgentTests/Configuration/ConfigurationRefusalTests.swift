import Foundation
import TestSupport
import Testing

@testable import Agent

@Suite("Configurations that are refused")
struct ConfigurationRefusalTests {
  let fixture: ConfigurationFixture

  init() throws { fixture = try ConfigurationFixture() }

  @Test("every error is reported at once, with line, column and key")
  func atOnce() {
    let text = """
      site: { name: "a b", role: secondary }
      state: var/lib
      listn: 127.0.0.1:7170
      secondaries: []
      limits: { repository_syncs: many, run: 5 }
      trash: 7d
      replicables:
        project: { strategy: svn, root: /srv/git }
        asset: { strategy: blob, root: /srv/none, exclude: ["a**"] }

      """
    #expect(
      fixture.complaints(text) == [
        "remora.yaml: primary.secret_file: missing; a secondary needs it, unless each kind has a list or a manifest",
        "remora.yaml: primary.url: missing; a secondary needs it, unless each kind has a list or a manifest",
        "remora.yaml:1:15: site.name: 'a b' is no name of a site; use letters, digits and '-', '_', '.', a letter or digit "
          + "first, at most 63",
        "remora.yaml:2:8: state: 'var/lib' is no absolute path; begin with /",
        "remora.yaml:3:1: listn: unknown key; did you mean 'listen'?",
        "remora.yaml:4:14: secondaries: only a primary has them; take them out, or change site.role",
        "remora.yaml:5:29: limits.repository_syncs: 'many' is no number from 1 to 256; write one",
        "remora.yaml:5:40: limits.run: '5' is no time from 10 s to 604800 s; write one such as 60s, 1h30m, 7d",
        "remora.yaml:6:8: trash: not a mapping; write 'key: value' lines or { key: value }",
        "remora.yaml:8:24: replicables.project.strategy: 'svn' is no strategy; write repository or blob",
        "remora.yaml:9:34: replicables.asset.root: '/srv/none' cannot be found (No such file or directory); make it, or "
          + "correct the path",
        "remora.yaml:9:\(55 + fixture.directory.path.utf8.count): replicables.asset.exclude: configure a kind: glob 'a**': '**' must be a whole part between slashes; correct the pattern",
      ])
  }

  @Test(
    "each of these on a primary",
    arguments: [
      ("listen: 0.0.0.0:7170", "5:9: listen: '0.0.0.0:7170' can be reached by others; give tls.certificate_file"),
      ("listen: '7170'", "5:9: listen: '7170' is no address"),
      ("insecure: yes", "5:11: insecure: 'yes' is neither true nor false"),
      ("primary: { name: x }", "5:18: primary.name: only a secondary has it"),
      ("serve_git: false", "5:12: serve_git: a primary serves its secondaries"),
      (
        "tls: { key_file: /etc/remora/empty }",
        "5:18: tls.key_file: 'tls.certificate_file' is missing; give both or none"
      ),
      ("tls: { ca_file: /etc/remora/none }", "5:17: tls.ca_file: '/etc/remora/none' cannot be read (No such file"),
      ("admin_token_file: /etc/remora/none", "5:19: admin_token_file: '/etc/remora/none': open: No such file"),
      ("admin_token_file: /etc/remora/empty", "5:19: admin_token_file: '/etc/remora/empty': others may use it (mode 0"),
      ("admin_token_file: secret", "5:19: admin_token_file: 'secret' is no absolute path"),
      ("sources: { ssh: { client: system } }", "5:27: sources.ssh.client: only a secondary fetches; take it out"),
      ("sources: { tokens: [] }", "5:20: sources.tokens: only a secondary fetches; take it out"),
      ("secondaries: berlin", "5:14: secondaries: not a list"),
      ("secondaries: [{ name: a }]", "5:15: secondaries.secret_file: missing; add it"),
      (
        "secondaries: [{ name: a, secret: x }]",
        "5:26: secondaries.secret: unknown key; known are may_promote, name, secret_file"
      ),
      (
        "secondaries: [{ name: a, secret_file: /etc/remora/rome.secret },\n  { name: a, secret_file: /etc/remora/rome.secret }]",
        "6:11: secondaries.name: a second site 'a'"
      ),
      (
        "secondaries: [{ name: a, secret_file: /etc/remora/rome.secret },\n  { name: b, secret_file: /etc/remora/rome.secret }]",
        "6:27: secondaries.secret_file: another site has the same secret"
      ),
      (
        "tls: { key_file: /etc/remora/empty }",
        "tls.key_file: '/etc/remora/empty' can be used by everybody; chmod 600 it"
      ),
      ("hosts: ['a b']", "5:9: hosts: 'a b' is no name"),
      ("trusted_proxies: [10.0.0.0/33]", "5:19: trusted_proxies: '10.0.0.0/33' is no address"),
      ("trusted_proxies: proxy", "5:18: trusted_proxies: not a list"),
      ("trusted_owners: ['']", "5:18: trusted_owners: '' is no name"),
      ("hosts: [[]]", "5:9: hosts: not a single value"),
      ("limits:", "5:8: limits: not a mapping"),
      ("trash: { keep: }", "trash.keep: no value; write one, or leave the key out"),
      ("trash: { keep: 7 d }", "5:16: trash.keep: '7 d' is no time"),
      ("log: { level: loud }", "5:15: log.level: 'loud' is no level"),
      ("hook_group: 'a b'", "5:13: hook_group: 'a b' is no name"),
      ("? [a]\n: b", "a key that is no text"),
      ("  wiki: { strategy: blob }", "5:9: replicables.wiki.root: missing; add it"),
      ("  wiki: { strategy: blob, root: srv }", "5:33: replicables.wiki.root: 'srv' is no absolute path"),
      ("  wiki: { strategy: blob, root: /srv/../srv }", "replicables.wiki.root: '/srv/../srv' is no absolute path"),
      (
        "  wiki: { strategy: blob, root: /srv/git/deep/file }",
        "replicables.wiki.root: '/srv/git/deep/file' is no directory"
      ),
      ("  wiki: { strategy: blob, root: /srv/wikis, mutable: maybe }", "replicables.wiki.mutable: 'maybe' is neither"),
      (
        "  wiki: { strategy: blob, root: /srv/wikis, clone_url: 'https://h/{id}' }",
        "clone_url: only a secondary has it"
      ),
      ("  Wiki: { strategy: blob, root: /srv/wikis }", "5:9: replicables.Wiki: name a kind 'Wiki'"),
      ("  wiki: { strategy: blob, root: /srv/wikis, include: x }", "replicables.wiki.include: not a list"),
      ("  wiki: { strategy: blob, root: /var/lib }", "state: '/var/lib/remora' lies in, or around, the root of 'wiki'"),
    ])
  func primary(line: String, complaint: String) {
    let complaints = fixture.complaints(ConfigurationFixture.primary + line + "\n")
    #expect(complaints.contains { $0.contains(complaint) }, "\(complaints)")
  }

  @Test(
    "each of these on a secondary",
    arguments: [
      ("  wiki: { strategy: blob, root: /srv/git/deep }", "root: lies in, or around, the root of 'project_repository'"),
      ("  wiki: { strategy: blob, root: /srv/git/ }", "root: lies in, or around, the root of 'project_repository'"),
      ("  wiki: { strategy: blob, root: /srv }", "root: lies in, or around, the root of 'project_repository'"),
      ("  wiki: { strategy: blob, root: /srv/wikis, clone_url: 'file:///{id}' }", "clone_url: scheme is none of"),
      ("  wiki: { strategy: blob, root: /srv/wikis, clone_url: 'https://u:p@h/{id}' }", "clone_url: it holds a login"),
      (
        "  wiki: { strategy: blob, root: /srv/wikis, clone_url: 'https://token@h/{id}' }", "clone_url: it holds a login"
      ),
      ("  wiki: { strategy: blob, root: /srv/wikis, clone_url: 'ssh://u:p@h/{id}' }", "clone_url: it holds a login"),
      ("  wiki: { strategy: blob, root: /srv/wikis, list: /srv/git/deep/file }", "only repositories can be listed"),
      ("  wiki: { strategy: repository, root: /srv/wikis, manifest: 'http://h/m' }", "add clone_url"),
      (
        "  wiki: { strategy: repository, root: /srv/wikis, clone_url: 'http://h/{id}', manifest: 'http://u:p@h/m' }",
        "manifest: it holds a login"
      ),
      ("poll: { min_interval: 2h, max_interval: 1h }", "6:41: poll.max_interval: shorter than poll.min_interval"),
      ("secondaries: []", "secondaries: only a primary has them"),
      ("sources: { token: x }", "sources.token: unknown key; did you mean 'tokens'?"),
      ("sources: { tokens: x }", "6:20: sources.tokens: not a list"),
      ("sources: { tokens: [{ file: /etc/remora/empty }] }", "6:21: sources.tokens.host: missing; add it"),
      ("sources: { tokens: [{ host: h }] }", "sources.tokens: write either the file that the token of 'h' is in"),
      (
        "sources: { tokens: [{ host: h, environment: X, file: /etc/remora/berlin.secret }] }",
        "sources.tokens: write either the file"
      ),
      ("sources: { tokens: [{ host: 'a b', environment: X }] }", "sources.tokens.host: 'a b' is no host"),
      (
        "sources: { tokens: [{ host: h, file: /etc/remora/empty }] }",
        "sources.tokens.file: '/etc/remora/empty' can be used by everybody; chmod 600 it"
      ),
      ("sources: { tokens: [{ host: h, file: none }] }", "sources.tokens.file: 'none' is no absolute path"),
      (
        "sources: { ssh: { client: putty } }",
        "sources.ssh.client: 'putty' is no client; write automatic, libssh2, system"
      ),
      ("sources: { ssh: { keys: [/etc/remora/none] } }", "sources.ssh.keys: '/etc/remora/none' cannot be read"),
      (
        "sources: { ssh: { keys: [/etc/remora/empty] } }",
        "sources.ssh.keys: '/etc/remora/empty' can be used by everybody"
      ),
      ("sources: { ssh: { known_hosts: /etc/remora/empty } }", "sources.ssh.known_hosts: not a list"),
      ("sources: { key_file: /etc/remora/berlin.secret }", "sources.key_file: 'sources.certificate_file' is missing"),
    ])
  func secondary(line: String, complaint: String) {
    let complaints = fixture.complaints(ConfigurationFixture.secondary + line + "\n")
    #expect(complaints.count == 1 && complaints[0].contains(complaint), "\(complaints)")
  }

  @Test("a user's name in an address of ssh is no secret")
  func sshUser() {
    let line = "  wiki: { strategy: blob, root: /srv/wikis, clone_url: 'ssh://git@h/{id}' }\n"
    #expect(fixture.complaints(ConfigurationFixture.secondary + line) == [])
  }

  @Test(
    "addresses of a primary that are none",
    arguments: ["git.example.org", "ftp://h", "https://u:p@h", "https://h/path", "https://h?x", "https://", ""])
  func urls(url: String) {
    let text = ConfigurationFixture.secondary.replacingOccurrences(of: "https://git.example.org:7170", with: url)
    #expect(fixture.complaints(text).contains { $0.contains("3:17: primary.url: '\(url)' is no agent's address") })
  }

  @Test("without anything but a mapping, every key that must be there is missing")
  func missing() {
    #expect(
      fixture.complaints("{}") == [
        "remora.yaml: replicables: missing; name at least one kind with its strategy and root",
        "remora.yaml: site.name: missing; add it", "remora.yaml: site.role: missing; add it",
        "remora.yaml: state: missing; add it",
      ])
    #expect(fixture.complaints("[]").contains { $0.hasPrefix("remora.yaml:1:1: not a mapping") })
  }

  @Test(
    "what is no YAML, or more than we take",
    arguments: [
      ("", "remora.yaml: empty"), ("# nothing\n", "remora.yaml: empty"),
      ("a: 1\na: 2\n", "remora.yaml:1:1: written twice: a; correct"),
      ("site: {\n", "remora.yaml:2:1: "), ("a: b: c\n", "remora.yaml:1:5: "), ("a:\n\t- b\n", "remora.yaml:2:1: "),
      ("a: *x\n", "remora.yaml:1:4: found undefined alias"), ("a: &x [1]\nb: *x\n", "remora.yaml:1:4: an anchor (&)"),
      ("a: 1\n---\nb: 2\n", "found another document"), ("a: \u{1}\n", "remora.yaml:1:4: control characters"),
      (String(repeating: "[", count: 100_000), "remora.yaml:"), ("{a: 1, [b]: 2}", "a key that is no text"),
      (String(repeating: "#", count: 1 << 20) + "\n", "remora.yaml: longer than 1 MiB"),
    ])
  func yaml(text: String, complaint: String) {
    let complaints = fixture.complaints(text)
    #expect(complaints.contains { $0.contains(complaint) }, "\(complaints.map { $0.prefix(200) })")
  }

  @Test("a file that is not there, and one that is not UTF-8")
  func files() throws {
    let missing = fixture.directory.path("none.yaml")
    #expect(throws: ConfigurationError.self) { try AgentConfiguration.read(missing, environment: [:]) }
    let binary = try fixture.directory.write(bytes: [0x61, 0x3a, 0xff, 0x0a], to: "binary.yaml")
    let error = #expect(throws: ConfigurationError.self) { try AgentConfiguration.read(binary, environment: [:]) }
    #expect(error?.description == "\(binary): not UTF-8; save it as UTF-8")
    #expect(throws: ConfigurationError.self) { try AgentConfiguration.read(fixture.directory.path, environment: [:]) }
  }

  @Test("control characters of a file do not reach a terminal")
  func printable() {
    let complaints = fixture.complaints("\"a\\e[31m\\n\": 1\n")
    #expect(complaints.contains { $0.contains("1:1: a?[31m?: unknown key") }, "\(complaints)")
  }

  @Test("a secondary with lists has no primary, and a list for each kind")
  func lists() {
    let listed = "  wiki: { strategy: repository, root: /srv/wikis, list: /srv/git/deep/file"
    let complaints = fixture.complaints(ConfigurationFixture.secondary + listed + ", manifest: 'http://h/m' }\n")
    for complaint in [
      "3:17: primary.url: a secondary with a list or a manifest has no primary; take one of them out",
      "primary.secret_file: a secondary with a list or a manifest has no primary; take one of them out",
      "replicables: some kinds have a list or a manifest and some have none; without a primary each needs one",
      "a list names every URL itself; take one of them out",
    ] {
      #expect(complaints.contains { $0.contains(complaint) }, "\(complaints)")
    }
    let alone = ["site: { name: berlin, role: secondary }", "state: /var/lib/remora", "replicables:", listed + " }\n"]
    #expect(fixture.complaints(alone.joined(separator: "\n")) == [])
  }
}
