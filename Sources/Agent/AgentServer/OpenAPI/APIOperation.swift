internal import AgentAPI

/// One operation of the agent's API, as the document describes it.
struct APIOperation: Sendable {
  enum Method: String, Sendable { case get, post }

  /// The required role. `AccessMiddleware` checks it before the route.
  enum Role: String, CaseIterable, Sendable {
    case everybody
    /// Also without a token where only local clients can connect.
    case readerOrNeighbour
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
