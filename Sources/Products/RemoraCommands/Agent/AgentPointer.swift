internal import Agent
internal import AgentAPI
internal import AgentClient
internal import ArgumentParser
internal import BoundedHTTP
internal import Foundation

/// Which agent a command asks: by its configuration, and so by its socket, or by a URL and a token.
struct AgentPointer: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The agent's configuration (else REMORA_CONFIG, else /etc/remora/remora.yaml).", valueName: "file"),
    completion: .file())
  var config: String?

  @Option(help: ArgumentHelp("The agent's URL, in place of its configuration (else REMORA_URL).", valueName: "url"))
  var url: String?

  @Option(
    help: ArgumentHelp("File with the token for the URL (else REMORA_TOKEN_FILE).", valueName: "file"),
    completion: .file())
  var tokenFile: String?

  @Option(
    help: ArgumentHelp("PEM file of the authorities to trust in place of the system's.", valueName: "file"),
    completion: .file())
  var caFile: String?

  func validate() throws {
    if config != nil, url != nil { throw ValidationError("--config and --url are two ways to one agent: give one") }
  }

  /// The configuration's file: as given, or of the environment, or the usual one.
  static func file(_ given: String?) -> String {
    given ?? ProcessInfo.processInfo.environment["REMORA_CONFIG"] ?? "/etc/remora/remora.yaml"
  }

  /// Asks the agent. What goes wrong is printed on standard error, and ends the command with the status 1.
  func ask<Answer: Sendable>(_ body: (AgentClient) async throws -> Answer) async throws -> Answer {
    do {
      let (endpoint, authorization) = try target()
      let http = BoundedHTTPClient(configuration: .init(caFile: caFile))
      let result: Result<Answer, any Error>
      do {
        result = .success(try await body(AgentClient(endpoint, http: http, authorization: authorization)))
      } catch {
        result = .failure(error)
      }
      await http.shutdown()
      return try result.get()
    } catch let error as ConfigurationError {
      Output.error(error.description)
      throw ExitStatus.failed
    } catch let fault as AgentFault {
      Output.error("error: \(fault)")
      throw ExitStatus.failed
    }
  }

  private func target() throws -> (AgentEndpoint, AgentAuthorization) {
    let environment = ProcessInfo.processInfo.environment
    if config == nil, let url = url ?? environment["REMORA_URL"] {
      guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
        throw AgentFault(0, "invalid_url", "ask '\(url)': not a URL of http or https", hint: "write https://HOST:7170")
      }
      guard let file = tokenFile ?? environment["REMORA_TOKEN_FILE"] else { return (.url(url), .none) }
      do {
        let token = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        return (.url(url), .bearer(token))
      } catch {
        throw AgentFault(0, "no_token", "read the token file '\(file)': \(error.localizedDescription)")
      }
    }
    let configuration = try AgentConfiguration.readText(Self.file(config), environment: environment)
    return (.socket(path: "\(configuration.state)/admin.sock"), .none)
  }
}

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
