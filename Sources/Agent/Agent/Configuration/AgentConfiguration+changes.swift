internal import Replication
internal import SiteAssembly

extension AgentConfiguration {
  /// A key whose value differs in another configuration.
  package struct Change: Hashable, Sendable {
    /// Dotted; for a kind `replicables.NAME`, or `replicables.NAME.include` and its like.
    package let key: String
    /// Whether a reload applies it; otherwise a restart is needed.
    package let isReloadable: Bool
  }

  /// Returns the changes of `new`, in order of keys. New contents of secret files are not included: a reload reads them
  /// in any case.
  package func changes(to new: AgentConfiguration) -> [Change] {
    var changes: [Change] = []
    for setting in Setting.all where settings[setting.key] != new.settings[setting.key] {
      changes.append(Change(key: setting.key, isReloadable: setting.isReloadable))
    }
    if hosts != new.hosts { changes.append(Change(key: "hosts", isReloadable: false)) }
    if trustedProxies != new.trustedProxies { changes.append(Change(key: "trusted_proxies", isReloadable: false)) }
    if trustedOwners != new.trustedOwners { changes.append(Change(key: "trusted_owners", isReloadable: false)) }
    if sources.tokens != new.sources.tokens { changes.append(Change(key: "sources.tokens", isReloadable: false)) }
    if sources.ssh.keyFiles != new.sources.ssh.keyFiles {
      changes.append(Change(key: "sources.ssh.keys", isReloadable: false))
    }
    if sources.ssh.knownHostsFiles != new.sources.ssh.knownHostsFiles {
      changes.append(Change(key: "sources.ssh.known_hosts", isReloadable: false))
    }
    if secondaries != new.secondaries {
      // A configured site may change its file; a new site has no entry in the log's reader cursors yet.
      changes.append(
        Change(key: "secondaries", isReloadable: Set(secondaries.map(\.name)) == Set(new.secondaries.map(\.name))))
    }
    return (changes + kindChanges(to: new)).sorted { $0.key < $1.key }
  }

  /// Adopts the reloadable values of `new`, so that the next reload compares with the present ones.
  package mutating func adoptReloadable(of new: AgentConfiguration) {
    for setting in Setting.all where setting.isReloadable { settings[setting.key] = new.settings[setting.key] }
    (adminTokenFile, readerTokenFile, logLevel) = (new.adminTokenFile, new.readerTokenFile, new.logLevel)
    limits.repositorySyncs = new.limits.repositorySyncs
    limits.blobDownloads = new.limits.blobDownloads
    limits.verifications = new.limits.verifications
    limits.housekeepings = new.limits.housekeepings
    limits.checks = new.limits.checks
    if let secretFile = new.primary?.secretFile { primary?.secretFile = secretFile }
    if Set(secondaries.map(\.name)) == Set(new.secondaries.map(\.name)) { secondaries = new.secondaries }
  }

  private func kindChanges(to new: AgentConfiguration) -> [Change] {
    let names = kinds.map(\.kind.name)
    let newNames = new.kinds.map(\.kind.name)
    if names != newNames, Set(names) == Set(newNames) { return [Change(key: "replicables", isReloadable: false)] }
    var changes: [Change] = []
    for name in Set(names + newNames) {
      let key = "replicables.\(name)"
      guard let old = kinds.first(where: { $0.kind.name == name }),
        let new = new.kinds.first(where: { $0.kind.name == name })
      else {
        changes.append(Change(key: key, isReloadable: false))
        continue
      }
      var sameRules = new
      sameRules.kind.selection = old.kind.selection
      sameRules.selectiveSync = old.selectiveSync
      if sameRules.kind != old.kind || new.allowedRoots != old.allowedRoots || new.roster != old.roster
        || new.webhook != old.webhook || new.serving != old.serving
      {
        changes.append(Change(key: key, isReloadable: false))
      }
      for rule in ["include", "exclude", "selective_sync.include", "selective_sync.exclude"]
      where old.patterns[rule] != new.patterns[rule] {
        changes.append(Change(key: "\(key).\(rule)", isReloadable: false))
      }
    }
    return changes
  }
}
