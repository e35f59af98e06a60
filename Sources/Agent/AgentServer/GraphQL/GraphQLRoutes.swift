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
    post("/graphql") { request, context in
      try context.requireReader()
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
    get("/graphql/schema") { _, context in
      try context.requireReader()
      return Response(
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
