internal import Replication
internal import Webhooks
internal import Yams

/// How a kind learns of hosts that have no agent: lists and webhooks.
extension ConfigurationReader {
  /// What says which repositories there are; what is wrong with it is reported.
  mutating func roster(
    of kind: KindConfiguration, _ values: [String: Node], _ path: String
  ) -> RosterSource? {
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

  /// Who may tell of pushes by HTTP; what is wrong with it is reported.
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
}
