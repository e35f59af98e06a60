internal import Foundation
internal import SiteAssembly
internal import Yams

/// `sources`: how a secondary reaches hosts that are not its primary.
extension ConfigurationReader {
  mutating func sources(on role: AgentConfiguration.Role?) -> SourceCredentials {
    var access = SourceCredentials()
    addTokens(to: &access)
    access.netrcFile = privateFile("sources.netrc_file")
    access.certificateFile = file("sources.certificate_file")
    access.keyFile = privateFile("sources.key_file")
    access.ssh.client =
      value(
        "sources.ssh.client", SourceCredentials.SSHClient.init,
        else: "no client; write \(SourceCredentials.SSHClient.allCases.map(\.rawValue).joined(separator: ", "))")
      ?? .automatic
    access.ssh.keyFiles = files("sources.ssh.keys", arePrivate: true)
    access.ssh.passphraseFile = privateFile("sources.ssh.passphrase_file")
    access.ssh.knownHostsFiles = files("sources.ssh.known_hosts", arePrivate: false)
    access.ssh.configurationFile = file("sources.ssh.config_file")
    let pair = (isGiven("sources.certificate_file"), isGiven("sources.key_file"))
    if pair.0 != pair.1 {
      let (given, missing) = pair.0 ? ("certificate_file", "key_file") : ("key_file", "certificate_file")
      report(origin(of: "sources.\(given)"), "'sources.\(missing)' is missing; give both or none")
    }
    if role == .primary {
      let keys = (Setting.all.map(\.key) + Setting.compounds).filter { $0.hasPrefix("sources.") }
      for key in keys where isGiven(key) { report(origin(of: key), "only a secondary fetches; take it out") }
    }
    return access
  }

  private mutating func addTokens(to access: inout SourceCredentials) {
    let key = "sources.tokens"
    guard let node = compounds[key] else { return }
    guard let items = node.sequence else {
      report(Self.origin(node, key), "not a list; write [{ host: …, file: … }]")
      return
    }
    for item in items { addToken(item, key, to: &access) }
  }

  private mutating func addToken(_ node: Node, _ key: String, to access: inout SourceCredentials) {
    let values = Dictionary(
      table(node, key, known: ["host", "file", "environment"]).map { ($0.key, $0.value) }
    ) { first, _ in first }
    guard let hostNode = values["host"], let host = scalar(hostNode, "\(key).host") else {
      if values["host"] == nil { report(Self.origin(node, "\(key).host"), "missing; add it") }
      return
    }
    guard (values["file"] == nil) != (values["environment"] == nil) else {
      report(
        Self.origin(node, key), "write either the file that the token of '\(host.prefix(100))' is in, or its variable")
      return
    }
    do {
      if let place = values["environment"] {
        guard let name = scalar(place, "\(key).environment") else { return }
        try access.addToken(of: host, in: .environment(name))
      } else if let place = values["file"], let text = scalar(place, "\(key).file"),
        let path = privateFile(text, Self.origin(place, "\(key).file"))
      {
        try access.addToken(of: host, in: .file(path))
      }
    } catch {
      report(
        Self.origin(hostNode, "\(key).host"), "'\(host.prefix(100))' is no host; write one, with or without a port")
    }
  }

  private mutating func files(_ key: String, arePrivate: Bool) -> [String] {
    texts(compounds[key], key).compactMap { text, origin in
      arePrivate ? privateFile(text, origin) : readableFile(text, origin)
    }
  }
}
