internal import Foundation
internal import Replication
internal import SiteTokens
internal import Yams

/// Reads mappings and lists: secondaries, kinds.
extension ConfigurationReader {
  mutating func secondaries() -> [AgentConfiguration.Secondary] {
    guard let node = compounds["secondaries"] else { return [] }
    guard let items = node.sequence else {
      report(Self.origin(node, "secondaries"), "not a list; write [{ name: …, secret_file: … }]")
      return []
    }
    var found: [AgentConfiguration.Secondary] = []
    var secrets: [SiteSecret] = []
    for item in items {
      let values = fields(item, "secondaries", known: ["name", "secret_file", "may_promote"])
      guard let name = required("name", of: values, item, "secondaries"),
        let path = required("secret_file", of: values, item, "secondaries")
      else { continue }
      guard let site = SiteName(name.text) else {
        report(name.origin, "'\(name.text.prefix(100))' is no name of a site; \(SiteName.rule)")
        continue
      }
      if found.contains(where: { $0.name == site }) {
        report(name.origin, "a second site '\(site)'; give each a name of its own")
      }
      guard let file = Self.absolute(path.text) else {
        report(path.origin, "'\(path.text.prefix(100))' is no absolute path; begin with /")
        continue
      }
      if let secret = check(secret: file, path.origin) {
        // The holder of a shared secret could sign as either of the two.
        if secrets.contains(secret) { report(path.origin, "another site has the same secret; give each its own") }
        secrets.append(secret)
      }
      found.append(
        AgentConfiguration.Secondary(name: site, secretFile: file, mayPromote: mayPromote(values["may_promote"])))
    }
    return found
  }

  private mutating func mayPromote(_ node: Node?) -> Bool {
    guard let node, let text = scalar(node, "secondaries.may_promote") else { return true }
    guard let value = Bool(text) else {
      report(
        Self.origin(node, "secondaries.may_promote"),
        "'\(text.prefix(100))' is neither true nor false; write one of them")
      return true
    }
    return value
  }

  mutating func kinds(on role: AgentConfiguration.Role?) -> [AgentConfiguration.ConfiguredKind] {
    guard let node = compounds["replicables"] else {
      report(
        Origin(line: 0, column: 0, key: "replicables"), "missing; name at least one kind with its strategy and root")
      return []
    }
    var found: [(kind: AgentConfiguration.ConfiguredKind, origin: Origin)] = []
    for (name, value) in table(node, "replicables", known: nil) {
      if let kind = kind(name, value, on: role) { found.append(kind) }
    }
    refuseOverlaps(found, on: role)
    if found.isEmpty, issues.isEmpty { report(Self.origin(node, "replicables"), "empty; name at least one kind") }
    return found.map(\.kind)
  }

  private mutating func kind(
    _ name: String, _ node: Node, on role: AgentConfiguration.Role?
  ) -> (AgentConfiguration.ConfiguredKind, Origin)? {
    let path = "replicables.\(name)"
    let values = fields(node, path, known: Self.kindKeys)
    var patterns: [String: [String]] = [:]
    for key in ["include", "exclude"] { patterns[key] = globs(values[key], "\(path).\(key)") }
    if let rule = values["selective_sync"] {
      let rules = fields(rule, "\(path).selective_sync", known: ["include", "exclude"])
      for key in ["include", "exclude"] {
        patterns["selective_sync.\(key)"] = globs(rules[key], "\(path).selective_sync.\(key)")
      }
    }
    if role == .primary {
      for key in ["clone_url", "selective_sync", "list", "manifest"] {
        if let value = values[key] {
          report(Self.origin(value, "\(path).\(key)"), "only a secondary has it; take it out")
        }
      }
    }
    let address = values["clone_url"].flatMap { scalar($0, "\(path).clone_url") }
    if let address, Self.holdsPassword(address), let value = values["clone_url"] {
      report(
        Self.origin(value, "\(path).clone_url"), "it holds a login; take it out and use .netrc or a credential helper")
    }
    let allowed = texts(values["allowed_roots"], "\(path).allowed_roots").compactMap { text, origin in
      directory(text, origin)
    }
    let isMutable = flag("mutable", of: values, path) ?? false
    let isEnabled = flag("enabled", of: values, path) ?? true
    guard let strategy = required("strategy", of: values, node, path),
      let root = required("root", of: values, node, path),
      let directory = directory(root.text, root.origin)
    else { return nil }
    do {
      let kind = try KindConfiguration(
        name: name, strategy: strategy.text, root: directory, address: address, include: patterns["include"] ?? ["**"],
        exclude: patterns["exclude"] ?? [], isMutable: isMutable, replicationEnabledByDefault: isEnabled)
      let selection = try SelectiveSync(
        include: patterns["selective_sync.include"] ?? ["**"], exclude: patterns["selective_sync.exclude"] ?? [])
      let configured = AgentConfiguration.ConfiguredKind(
        kind: kind, selectiveSync: selection, allowedRoots: allowed, roster: roster(of: kind, values, path),
        serving: try serving(of: kind, values, path),
        webhook: webhook(of: kind, values, path, on: role), patterns: patterns)
      return (configured, root.origin)
    } catch ReplicationError.invalidAddress(_, let reason) {
      report(
        values["clone_url"].map { Self.origin($0, "\(path).clone_url") } ?? root.origin,
        "\(reason); write https://host/{id}.git")
    } catch ReplicationError.invalidConfiguration {
      report(strategy.origin, "'\(strategy.text.prefix(100))' is no strategy; write repository or blob")
    } catch {
      report(Self.origin(node, path), "\(error)")
    }
    return nil
  }

  /// Whether an address contains a password. Only ssh addresses have a plain user name; any other user info is a
  /// secret, or contains one.
  static func holdsPassword(_ address: String) -> Bool {
    let parts = address.components(separatedBy: "://")
    guard parts.count > 1, let authority = parts[1].split(separator: "/", omittingEmptySubsequences: false).first,
      let login = authority.lastIndex(of: "@").map({ authority[..<$0] })
    else { return false }
    return parts[0] != "ssh" || login.contains(":")
  }

  private static let kindKeys = [
    "strategy", "root", "include", "exclude", "clone_url", "mutable", "enabled", "selective_sync", "allowed_roots",
    "list", "manifest", "webhook", "serve_git",
  ]

  mutating func fields(_ node: Node, _ path: String, known: [String]) -> [String: Node] {
    Dictionary(table(node, path, known: known).map { ($0.key, $0.value) }) { first, _ in first }
  }

  mutating func required(
    _ name: String, of values: [String: Node], _ node: Node, _ path: String
  ) -> (text: String, origin: Origin)? {
    let key = "\(path).\(name)"
    guard let value = values[name] else {
      report(Self.origin(node, key), "missing; add it")
      return nil
    }
    return scalar(value, key).map { ($0, Self.origin(value, key)) }
  }

  private mutating func flag(_ name: String, of values: [String: Node], _ path: String) -> Bool? {
    guard let node = values[name], let text = scalar(node, "\(path).\(name)") else { return nil }
    if ["true", "false"].contains(text) { return text == "true" }
    report(Self.origin(node, "\(path).\(name)"), "'\(text.prefix(100))' is neither true nor false")
    return nil
  }

  /// Returns the valid patterns; `nil` without the key.
  mutating func globs(_ node: Node?, _ key: String) -> [String]? {
    guard let node else { return nil }
    var patterns: [String] = []
    for (text, origin) in texts(node, key) {
      do {
        patterns.append(try Glob(text).text)
      } catch {
        report(origin, "\(error); correct the pattern")
      }
    }
    return patterns
  }

  private mutating func directory(_ text: String, _ origin: Origin) -> String? {
    guard let path = Self.absolute(text) else {
      report(origin, "'\(text.prefix(100))' is no absolute path; begin with /")
      return nil
    }
    if checksFiles, let objection = Self.objection(toDirectory: path) { report(origin, "'\(path)' \(objection)") }
    return path
  }

  static func objection(toDirectory path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      return "cannot be found (\(String(cString: strerror(errno)))); make it, or correct the path"
    }
    if status.st_mode & S_IFMT != S_IFDIR { return "is no directory; give one" }
    return access(path, R_OK | X_OK) == 0 ? nil : "cannot be read; run as the user who may"
  }

  /// Refuses overlapping roots. Copies of two kinds in one directory would count as leftovers of each other. Sources
  /// may share a root, where a directory belongs to the first kind that includes it; with nested roots a directory
  /// would have two names.
  private mutating func refuseOverlaps(
    _ kinds: [(kind: AgentConfiguration.ConfiguredKind, origin: Origin)], on role: AgentConfiguration.Role?
  ) {
    for (index, later) in kinds.enumerated() {
      let root = Self.resolved(later.kind.kind.root)
      for earlier in kinds[..<index] where Self.overlap(root, Self.resolved(earlier.kind.kind.root)) {
        if role == .primary, root == Self.resolved(earlier.kind.kind.root) { continue }
        let advice =
          role == .primary
          ? "give both the same root and tell them apart by include and exclude"
          : "give copies of each kind a root of their own"
        report(later.origin, "lies in, or around, the root of '\(earlier.kind.kind.name)'; \(advice)")
      }
    }
  }

  static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  static func overlap(_ left: String, _ right: String) -> Bool {
    left == right || (left + "/").hasPrefix(right + "/") || (right + "/").hasPrefix(left + "/")
  }
}
