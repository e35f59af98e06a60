internal import AgentAPI

/// One operation of the agent's API, as the document describes it.
struct APIOperation: Sendable {
  enum Method: String, Sendable { case get, post }

  /// Who may ask. `AccessMiddleware` holds each request to it before its route sees it.
  enum Role: String, CaseIterable, Sendable {
    case everybody
    /// Also without a token where only this machine can connect.
    case readerOrNeighbour
    case reader
    case siteOrReader
    case admin
    case site
    /// Screens of the page: readers, also by a session's cookie; others are sent to sign in.
    case page
    /// Orders of the page: the same, and the session's own form.
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
  /// Whether a session's cookie stands for a token here.
  var takesCookie = false

  /// What stands in the path for a part.
  var pathParameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

}
