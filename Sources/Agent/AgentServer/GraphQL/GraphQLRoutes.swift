internal import Agent
internal import AgentAPI
internal import GraphQLEngine
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Router<AgentContext> {
  /// Adds the GraphQL routes for clients of Geo's API.
  func addGraphQLRoutes(_ agent: Agent) {
    let schema = GeoSchema.make(agent)
    let engine = GraphQLEngine(schema)
    answer(.post, .graphQL) { request, context in
      let body = try await request.body.collect(upTo: context.bodyBytes)
      let asked: GraphQLRequest
      do throws(GraphQLError) {
        asked = try GraphQLRequest(json: Array(body.readableBytesView))
      } catch {
        return Self.answer(GraphQLResponse(error), .badRequest)
      }
      let actor = await context.actor()
      let asker = GraphQLAsker(mayChange: context.identity == .admin) { name, input, code in
        var details: [String: String] = [:]
        for field in input.fields where field.name != "clientMutationId" {
          details[field.name] = field.value.text ?? String(decoding: field.value.json.prefix(1_000), as: UTF8.self)
        }
        await context.audit?.record(
          AuditEntry(
            order: .other("graphql \(name)"), details: details, actor: actor, outcome: code == nil ? .done : .refused,
            code: code)
        )
      }
      let response = try await engine.execute(asked, context: asker) { error in
        let fault = error as? AgentFault ?? AgentFault(error)
        return GraphQLError(
          "\(fault)", extensions: GraphQLObject([("code", .string(fault.code)), ("hint", .text(fault.hint))]))
      }
      return Self.answer(response, .ok)
    }
    let sdl = ByteBuffer(string: schema.sdl)
    answer(.get, .graphQLSchema) { _, _ in
      Response(
        status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
        body: .init(byteBuffer: sdl))
    }
  }

  private static func answer(_ response: GraphQLResponse, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(bytes: response.value.json)))
  }
}

/// The client's identity, for the resolvers.
struct GraphQLAsker: Sendable {
  let mayChange: Bool
  /// Records a mutation: its name, its input, and the code of the fault if it failed.
  let record: @Sendable (String, GraphQLObject, String?) async -> Void

  init(mayChange: Bool, record: @escaping @Sendable (String, GraphQLObject, String?) async -> Void) {
    self.mayChange = mayChange
    self.record = record
  }
}

/// The mutations: complete when they are answered, except the syncs and verifications themselves, which begin at once.
enum GeoMutations {
  static func update(_ call: GraphQLCall, _ kinds: [GeoKind], _ agent: Agent) async throws -> GraphQLValue {
    let input = try await input(of: call, "geoRegistriesUpdate")
    let id = input["registryId"]?.text ?? ""
    let action = (input["action"]?.text ?? "").lowercased()
    return try await answered(call, "geoRegistriesUpdate", input) {
      guard let kind = kind(of: id, input["registryClass"]?.text, kinds), let number = kind.number(ofID: id),
        let row = try await agent.entry(number: number, of: kind.name)
      else {
        throw AgentFault(
          404, "not_tracked", "\(action) '\(id.prefix(200))': it is no entry of this site's registries",
          hint: "take the id that a list shows")
      }
      _ = try await agent.act(RegistryAction(action: Word(action), ids: [row.modelRecordId]), on: kind.name)
      let now = try await agent.entry(number: number, of: kind.name)
      return [("registry", now.map { GeoRegistryFields.value($0, of: kind) } ?? .null)]
    }
  }

  /// Determines the kind by the id; a number alone needs its registry class, unless there is only one kind.
  private static func kind(of id: String, _ registryClass: String?, _ kinds: [GeoKind]) -> GeoKind? {
    if let registryClass { return kinds.first { $0.registryClass == registryClass } }
    if UInt64(id) != nil { return kinds.count == 1 ? kinds.first : nil }
    return kinds.first { $0.number(ofID: id) != nil }
  }

  static func bulkUpdate(_ call: GraphQLCall, _ kinds: [GeoKind], _ agent: Agent) async throws -> GraphQLValue {
    let input = try await input(of: call, "geoRegistriesBulkUpdate")
    let name = input["registryClass"]?.text
    guard let kind = kinds.first(where: { $0.registryClass == name }) else { return .null }
    return try await answered(call, "geoRegistriesBulkUpdate", input) {
      let order = input["action"]?.text == "REVERIFY_ALL" ? RegistryOrder.reverify : .resync
      let ids = try await targets(input, kind, agent)
      let answer = try await agent.act(RegistryAction(order, ids: ids), on: kind.name)
      return [("registryClass", .text(name)), ("count", .int(Int64(answer.count)))]
    }
  }

  /// Returns all matching entries of now, by number; later ones are not included.
  private static func targets(_ input: GraphQLObject, _ kind: GeoKind, _ agent: Agent) async throws -> [String] {
    var listing = RegistryListing()
    listing.state = input["replicationState"]?.text?.lowercased()
    listing.verificationState = input["verificationState"]?.text?.lowercased()
    listing.limit = 10_000
    if case .list(let ids)? = input["ids"] {
      listing.modelRecordIDs = try await GeoPages.modelRecordIDs(ids.compactMap(\.text), of: kind, agent)
    }
    var ids: [String] = []
    repeat {
      let page = try await agent.list(listing, of: kind.name)
      ids += (page.entries ?? []).map(\.modelRecordId)
      listing.after = page.next
    } while listing.after != nil
    return ids
  }

  private static func input(of call: GraphQLCall, _ name: String) async throws -> GraphQLObject {
    let input: GraphQLObject = if case .object(let input)? = call.arguments["input"] { input } else { GraphQLObject() }
    let asker = call.context as? GraphQLAsker
    guard asker?.mayChange == true else {
      await asker?.record(name, input, "forbidden")
      throw AgentFault(403, "forbidden", "change this: it takes an admin's token")
    }
    return input
  }

  /// As in GitLab: failures are in `errors`.
  private static func answered(
    _ call: GraphQLCall, _ name: String, _ input: GraphQLObject, _ body: () async throws -> [(String, GraphQLValue)]
  ) async throws -> GraphQLValue {
    let mark = ("clientMutationId", input["clientMutationId"] ?? .null)
    let asker = call.context as? GraphQLAsker
    do {
      let fields = try await body()
      await asker?.record(name, input, nil)
      return .object([mark, ("errors", .list([]))] + fields)
    } catch let error as CancellationError {
      throw error
    } catch {
      let fault = error as? AgentFault ?? AgentFault(error)
      await asker?.record(name, input, fault.code)
      return .object([mark, ("errors", .list([.string("\(fault)")]))])
    }
  }
}
