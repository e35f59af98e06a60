internal import AgentAPI
internal import AgentClient
internal import ArgumentParser

/// Which kind a command is about.
struct KindOption: ParsableArguments {
  @Option(help: ArgumentHelp("The kind, where it is not clear by itself.", valueName: "name"))
  var kind: String?

  /// The kind that was given, or the only one.
  func only(_ client: AgentClient) async throws -> String {
    if let kind { return kind }
    let names = try await Self.names(client)
    guard names.count == 1, let name = names.first else {
      throw AgentFault(
        0, "which_kind", "choose among \(names.joined(separator: ", ")): the site has several kinds",
        hint: "give --kind")
    }
    return name
  }

  /// The kinds that were given, or all.
  func all(_ client: AgentClient) async throws -> [String] {
    if let kind { return [kind] }
    return try await Self.names(client)
  }

  /// The kind that was given, or the one that tracks the id.
  func of(_ id: String, _ client: AgentClient) async throws -> String {
    if let kind { return kind }
    let names = try await Self.names(client)
    var found: [String] = []
    for name in names {
      do throws(AgentFault) {
        _ = try await client.get(AgentRoute.path(AgentRoute.registry(name), [("id", id)]), as: RegistryPage.self)
        found.append(name)
      } catch {
        guard error.code == "not_tracked" else { throw error }
      }
    }
    guard found.count < 2 else {
      throw AgentFault(
        0, "which_kind", "look '\(id)' up: \(found.joined(separator: " and ")) track it", hint: "give --kind")
    }
    guard let name = found.first ?? (names.count == 1 ? names.first : nil) else {
      throw AgentFault(
        404, "not_tracked", "look '\(id)' up: no kind tracks it", hint: "'remora registry list' shows what is tracked")
    }
    return name
  }

  private static func names(_ client: AgentClient) async throws -> [String] {
    try await client.get(AgentRoute.status, as: StatusRow.self).kinds.map(\.name)
  }
}

extension Output {
  /// One object of the agent on one line, with the keys of its API: those without a value are left out.
  static func row(_ value: some Encodable) throws {
    result(String(decoding: try AgentJSON.encode(value), as: UTF8.self))
  }
}
