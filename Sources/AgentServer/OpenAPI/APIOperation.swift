internal import AgentAPI

/// One thing that programs can ask of an agent, as the document tells it.
struct APIOperation: Sendable {
  enum Method: String, Sendable { case get, post }

  /// Who may ask.
  enum Role: String, Sendable {
    case everybody
    /// Also without a token where only this machine can connect.
    case readerOrNeighbour
    case reader
    case siteOrReader
    case admin
    case site
  }

  struct Parameter: Sendable {
    let name: String
    let description: String
    let schema: APISchema
    var isRequired = false
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

  /// What stands in the path for a part.
  var pathParameters: [String] {
    path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
  }

  /// Whether a path is one of this operation's.
  func matches(_ path: String) -> Bool {
    let (wanted, given) = (self.path.split(separator: "/"), path.split(separator: "/"))
    return wanted.count == given.count && zip(wanted, given).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
  }
}
