internal import Agent
internal import AgentAPI
internal import Foundation
internal import Hummingbird
internal import NIOCore

/// `GET /api/v1/openapi.json` (OpenAPI 3.1).
enum APIDocument {
  /// - Throws: errors of deriving the schemas, such as a type that the recorder cannot read.
  static func bytes() throws -> [UInt8] {
    var components: [String: Any] = [:]
    var paths: [String: [String: Any]] = [:]
    let fault = try SchemaRecorder.schema(of: AgentFault.Body.self).json(&components)
    for operation in try APIOperations.all() {
      paths[operation.path, default: [:]][operation.method.rawValue] = json(operation, fault, &components)
    }
    let document: [String: Any] = [
      "openapi": "3.1.0",
      "info": [
        "title": "Remora", "version": Agent.version,
        "description":
          "What an agent tells and takes. Repositories (/git/), files (/blobs/), webhooks (/webhooks/) and the admin page (/) "
          + "speak their own protocols and are not described here.",
      ],
      "paths": paths,
      "components": [
        "schemas": components,
        "securitySchemes": [
          "token": [
            "type": "http", "scheme": "bearer",
            "description": "A reader's or an admin's token; between sites a signed one.",
          ]
        ],
      ],
    ]
    return Array(try JSONSerialization.data(withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes]))
  }

  private static func json(
    _ operation: APIOperation, _ fault: [String: Any], _ components: inout [String: Any]
  ) -> [String: Any] {
    var parameters: [[String: Any]] = operation.pathParameters.map {
      ["name": $0, "in": "path", "required": true, "schema": ["type": "string"]]
    }
    for parameter in operation.parameters {
      parameters.append([
        "name": parameter.name, "in": parameter.place.rawValue, "required": parameter.isRequired,
        "description": parameter.description,
        "schema": parameter.schema.json(&components),
      ])
    }
    let failure: [String: Any] = [
      "description": "What could not be done, and what to do next.", "content": ["application/json": ["schema": fault]],
    ]
    var json: [String: Any] = [
      "summary": operation.summary, "parameters": parameters,
      "responses": [
        success(operation.answer, &components).0: success(operation.answer, &components).1, "default": failure,
      ],
      "x-remora-role": operation.role.rawValue,
    ]
    switch operation.role {
    case .everybody, .signature: break
    // Without a token only where only local clients can connect.
    case .readerOrLocalProcess: json["security"] = [["token": [String]()], [:]]
    case .reader, .siteOrReader, .admin, .site, .page, .form: json["security"] = [["token": [String]()]]
    }
    if operation.path == "/graphql", var responses = json["responses"] as? [String: Any] {
      // A body that is no request is answered in GraphQL's format.
      responses["400"] = [
        "description": "No request.",
        "content": [
          "application/json": ["schema": APISchema.reference(APIOperations.graphQLResponse).json(&components)]
        ],
      ]
      json["responses"] = responses
    }
    if operation.path == AgentRoute.readiness, var responses = json["responses"] as? [String: Any] {
      responses["503"] = [
        "description": "Not ready; one reason a line.", "content": ["text/plain": ["schema": ["type": "string"]]],
      ]
      json["responses"] = responses
    }
    if let body = operation.body {
      json["requestBody"] = ["required": true, "content": ["application/json": ["schema": body.json(&components)]]]
    }
    return json
  }

  private static func success(
    _ answer: APIOperation.Answer, _ components: inout [String: Any]
  ) -> (String, [String: Any]) {
    switch answer {
    case .nothing: ("204", ["description": "It is done."])
    case .text(let type): ("200", ["description": "As it is.", "content": [type: ["schema": ["type": "string"]]]])
    case .json(let schema):
      ("200", ["description": "As it is.", "content": ["application/json": ["schema": schema.json(&components)]]])
    }
  }
}

extension Router<AgentContext> {
  /// Adds the route of the document, without authentication: it contains nothing of the site.
  func addDocumentRoute() throws {
    let bytes = ByteBuffer(bytes: try APIDocument.bytes())
    get("/api/v1/openapi.json") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
        body: .init(byteBuffer: bytes))
    }
  }
}

/// One operation of the agent's API, as the document describes it.
struct APIOperation: Sendable {
  enum Method: String, Sendable { case get, post }

  /// The required role. `AccessMiddleware` checks it before the route.
  enum Role: String, CaseIterable, Sendable {
    case everybody
    /// Also without a token where only local clients can connect.
    case readerOrLocalProcess
    case reader
    case siteOrReader
    case admin
    case site
    /// Screens of the page: readers, also by a session's cookie; others are redirected to the sign-in.
    case page
    /// Orders of the page: the same, with the session's form token.
    case form
    /// Deliveries whose body is signed: without a token.
    case signature
  }

  struct Parameter: Sendable {
    let name: String
    let description: String
    let schema: APISchema
    var isRequired = false
    var place = Place.query

    enum Place: String, Sendable { case query, header }
  }

  enum Answer: Sendable {
    case json(APISchema)
    /// Of another media type.
    case text(String)
    case nothing
  }

  let method: Method
  /// With the names of its parts in braces.
  let path: String
  let summary: String
  let role: Role
  var parameters: [Parameter] = []
  var body: APISchema?
  let answer: Answer
  /// Whether a session's cookie is accepted in place of a token.
  var takesCookie = false

  /// The variable parts of the path.
  var pathParameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

}
