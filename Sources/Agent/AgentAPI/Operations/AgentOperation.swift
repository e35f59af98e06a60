/// One operation of the agent over HTTP: a method at a path. The router's registrations, the role check, the OpenAPI
/// document and the client's paths derive from the table `AgentOperation.all`.
package struct AgentOperation: Sendable {
  /// The methods. `HEAD` is answered wherever `GET` is.
  package enum Method: String, Sendable { case get, post }

  /// The required role. `AccessMiddleware` checks it before the route.
  package enum Role: String, CaseIterable, Sendable {
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

  /// The body of a request.
  package enum Body: Sendable {
    /// No body is read.
    case none
    /// A value, no longer than `limits.request_bytes`.
    case value
    /// A form of the page.
    case form
    /// A delivery of a forge.
    case delivery
    /// A git client's request: kept on disk, not in memory.
    case git
  }

  /// The part of the agent that an operation belongs to.
  package enum Area: Sendable {
    /// The API, which the document describes.
    case api
    /// Repositories and files.
    case content
    /// Deliveries of forges.
    case delivery
    /// The admin page.
    case page
  }

  /// The description of an operation in the OpenAPI document.
  package struct Description: Sendable {
    /// One sentence.
    package let summary: String
    /// The parameters, without the parts of the path.
    package var parameters: [Parameter] = []
    /// The value in the request's body.
    package var body: APISchema?
    /// The answer.
    package let answer: Answer
  }

  /// A parameter in the query or a header.
  package struct Parameter: Sendable {
    /// Where it is sent.
    package enum Place: String, Sendable { case query, header }

    /// Its name.
    package let name: String
    /// What it means.
    package let description: String
    /// Its values.
    package let schema: APISchema
    /// Without it the request is refused.
    package var isRequired = false
    /// Where it is sent.
    package var place = Place.query
  }

  /// A successful answer.
  package enum Answer: Sendable {
    /// A value.
    case json(APISchema)
    /// A text of another media type.
    case text(String)
    /// 204.
    case nothing
  }

  /// The part of the agent that it belongs to.
  package let area: Area
  /// Its method.
  package let method: Method
  /// Its path.
  package let path: AgentPath
  /// Its required role.
  package let role: Role
  /// The body of its requests.
  package let body: Body
  /// Whether a session's cookie is accepted in place of a token.
  package let takesCookie: Bool
  /// Its description; `nil` where it speaks a protocol of its own and is not in the document.
  package let description: Description?
  /// The parts of the path.
  private let parts: [Substring]

  /// An operation of the API; a `POST` has a value as its body.
  init(
    _ method: Method, _ path: AgentPath, _ role: Role, takesCookie: Bool = false, _ description: Description
  ) {
    self.init(.api, method, path, role, body: method == .post ? .value : .none, takesCookie: takesCookie, description)
  }

  /// An operation of any part.
  init(
    _ area: Area, _ method: Method, _ path: AgentPath, _ role: Role, body: Body = .none, takesCookie: Bool = false,
    _ description: Description? = nil
  ) {
    self.area = area
    self.method = method
    self.path = path
    self.role = role
    self.body = body
    self.takesCookie = takesCookie
    self.description = description
    parts = AgentPath.parts(of: path.rawValue) ?? []
  }

  /// Whether the operation is at a path.
  ///
  /// - Parameter given: the parts of a path.
  package func matches(_ given: [Substring]) -> Bool { AgentPath.matches(parts, given) }

  /// Returns the operation with a method at a path; `nil` where none is declared.
  package static func declared(_ method: Method, _ path: AgentPath) -> AgentOperation? {
    all.first { $0.method == method && $0.path == path }
  }
}
