internal import Foundation
internal import Replication
internal import SiteAssembly
internal import SiteTokens
internal import Webhooks
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

/// Settings of kinds whose hosts have no agent: lists and webhooks.
extension ConfigurationReader {
  /// Reads the roster of repositories; errors are reported.
  mutating func roster(
    of kind: KindConfiguration, _ values: [String: Node], _ path: String
  ) -> RepositoryListSource? {
    guard let key = ["list", "manifest"].first(where: { values[$0] != nil }), let node = values[key],
      let text = scalar(node, "\(path).\(key)")
    else { return nil }
    let origin = Self.origin(node, "\(path).\(key)")
    guard kind.dataType == .repository else {
      report(origin, "only repositories can be listed; take it out")
      return nil
    }
    if key == "list" {
      if let other = values["manifest"] ?? values["clone_url"] {
        report(Self.origin(other, path), "a list names every URL itself; take one of them out")
      }
      return readableFile(text, origin).map { .list(path: $0) }
    }
    guard let address = kind.address else {
      report(origin, "a manifest names no URLs; add clone_url, such as https://host/{id}.git")
      return nil
    }
    if text.hasPrefix("https://") || text.hasPrefix("http://") {
      guard !Self.holdsPassword(text) else {
        report(origin, "it holds a login; take it out")
        return nil
      }
      return .manifest(place: text, address: address)
    }
    return readableFile(text, origin).map { .manifest(place: $0, address: address) }
  }

  /// Reads the webhook that may report pushes; errors are reported.
  mutating func webhook(
    of kind: KindConfiguration, _ values: [String: Node], _ path: String, on role: AgentConfiguration.Role?
  ) -> AgentConfiguration.Webhook? {
    guard let node = values["webhook"] else { return nil }
    let key = "\(path).webhook"
    let parts = fields(node, key, known: ["id", "secret_file"])
    guard let id = required("id", of: parts, node, key), let path = required("secret_file", of: parts, node, key) else {
      return nil
    }
    if role == .secondary, values["list"] == nil, values["manifest"] == nil {
      report(Self.origin(node, key), "a secondary with a primary takes no events in; write it at the primary")
    }
    guard let file = Self.absolute(path.text) else {
      report(path.origin, "'\(path.text.prefix(100))' is no absolute path; begin with /")
      return nil
    }
    _ = check(secret: file, path.origin)
    do {
      return AgentConfiguration.Webhook(mapping: try WebhookMapping(id.text), secretFile: file)
    } catch {
      report(id.origin, "\(error)")
      return nil
    }
  }

  /// Reads which part of the kind readers may fetch; errors are reported.
  mutating func serving(
    of kind: KindConfiguration, _ values: [String: Node], _ path: String
  ) throws -> AgentConfiguration.Serving? {
    guard let node = values["serve_git"] else { return nil }
    let key = "\(path).serve_git"
    let parts = fields(node, key, known: ["role", "include", "exclude", "hide_refs"])
    var role = SiteTokens.Role.reader
    if let value = parts["role"], let text = scalar(value, "\(key).role") {
      if let known = SiteTokens.Role(rawValue: text) {
        role = known
      } else {
        report(Self.origin(value, "\(key).role"), "'\(text.prefix(100))' is no role; write reader or admin")
      }
    }
    var hidden: [String] = []
    for (text, origin) in texts(parts["hide_refs"], "\(key).hide_refs") {
      // As git takes them: the beginning of a name, up to a slash; `!` shows refs again that were hidden before.
      if text.hasPrefix("refs/") || text.hasPrefix("!refs/") || text == "HEAD" {
        hidden.append(text)
      } else {
        report(origin, "'\(text.prefix(100))' is the beginning of no ref's name; write one such as refs/pull")
      }
    }
    if kind.dataType != .repository, let value = parts["hide_refs"] {
      report(Self.origin(value, "\(key).hide_refs"), "only repositories have refs; take it out")
    }
    return AgentConfiguration.Serving(
      role: role,
      selection: try SelectiveSync(
        include: globs(parts["include"], "\(key).include") ?? ["**"],
        exclude: globs(parts["exclude"], "\(key).exclude") ?? []),
      hiddenRefs: hidden)
  }

  /// Reads the notifications for operators; errors are reported.
  mutating func notifications() -> NotificationSettings {
    var settings = NotificationSettings()
    settings.webhook = webURL("notify.webhook")
    settings.command = file("notify.command")
    if let command = settings.command, checksFiles, access(command, X_OK) != 0 {
      report(origin(of: "notify.command"), "'\(command)' is no program that we may run; chmod +x it")
    }
    settings.after = duration("notify.after")
    settings.lag = duration("notify.lag")
    return settings
  }
}
