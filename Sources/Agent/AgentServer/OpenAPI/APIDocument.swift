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
    for operation in AgentOperation.all {
      guard let description = operation.description else { continue }
      paths[operation.path.rawValue, default: [:]][operation.method.rawValue] = try json(
        operation, description, fault, &components)
    }
    let document: [String: Any] = [
      "openapi": "3.1.0",
      "info": [
        "title": "Remora", "version": Agent.version,
        "description":
          "What an agent answers and takes. Repositories (/git/), files (/blobs/), webhooks (/webhooks/) and the admin page (/) "
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
    _ operation: AgentOperation, _ description: AgentOperation.Description, _ fault: [String: Any],
    _ components: inout [String: Any]
  ) throws -> [String: Any] {
    var parameters: [[String: Any]] = operation.path.variables.map {
      ["name": $0, "in": "path", "required": true, "schema": ["type": "string"]]
    }
    for parameter in description.parameters {
      parameters.append([
        "name": parameter.name, "in": parameter.place.rawValue, "required": parameter.isRequired,
        "description": parameter.description,
        "schema": try parameter.schema.json(&components),
      ])
    }
    let failure: [String: Any] = [
      "description": "What could not be done, and what to do next.", "content": ["application/json": ["schema": fault]],
    ]
    let (status, success) = try success(description.answer, &components)
    var json: [String: Any] = [
      "summary": description.summary, "parameters": parameters,
      "responses": [status: success, "default": failure],
      "x-remora-role": operation.role.rawValue,
    ]
    switch operation.role {
    case .everybody, .signature: break
    // Without a token only where only local clients can connect.
    case .readerOrLocalProcess: json["security"] = [["token": [String]()], [:]]
    case .reader, .siteOrReader, .admin, .site, .page, .form: json["security"] = [["token": [String]()]]
    }
    if operation.path == .graphQL, var responses = json["responses"] as? [String: Any] {
      // A body that is no request is answered in GraphQL's format.
      responses["400"] = [
        "description": "No request.",
        "content": [
          "application/json": ["schema": try APISchema.reference(AgentOperation.graphQLResponse).json(&components)]
        ],
      ]
      json["responses"] = responses
    }
    if operation.path == .readiness, var responses = json["responses"] as? [String: Any] {
      responses["503"] = [
        "description": "Not ready; one reason a line.", "content": ["text/plain": ["schema": ["type": "string"]]],
      ]
      json["responses"] = responses
    }
    if let body = description.body {
      json["requestBody"] = ["required": true, "content": ["application/json": ["schema": try body.json(&components)]]]
    }
    return json
  }

  private static func success(
    _ answer: AgentOperation.Answer, _ components: inout [String: Any]
  ) throws -> (String, [String: Any]) {
    switch answer {
    case .nothing: ("204", ["description": "It is done."])
    case .text(let type): ("200", ["description": "As it is.", "content": [type: ["schema": ["type": "string"]]]])
    case .json(let schema):
      ("200", ["description": "As it is.", "content": ["application/json": ["schema": try schema.json(&components)]]])
    }
  }
}

extension Router<AgentContext> {
  /// Adds the route of the document, without authentication: it contains nothing of the site.
  func addDocumentRoute() throws {
    let bytes = ByteBuffer(bytes: try APIDocument.bytes())
    answer(.get, .document) { _, _ in
      Response(
        status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
        body: .init(byteBuffer: bytes))
    }
  }
}
