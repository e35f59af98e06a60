internal import Agent
internal import AgentAPI
internal import Hummingbird

extension Request {
  /// Returns a value of the query, decoded; `nil` when it is missing. An empty one is a value: an unset variable in a
  /// script must not select everything.
  func query(_ name: String) -> String? { uri.queryParameters.get(name) }

  /// Does the same for the page's own forms and links, which also send empty fields.
  func field(_ name: String) -> String? { query(name).flatMap { $0.isEmpty ? nil : $0 } }

  /// Returns a number of the query, within a range.
  ///
  /// - Throws: `AgentFault` 400 for an invalid number.
  func number(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws(AgentFault) -> Int {
    guard let text = query(name) else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw AgentFault(
        400, "invalid_request",
        "take '\(text.prefix(40))' for \(name): it is no number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// - Throws: `AgentFault` 400 when it is missing.
  func required(_ name: String) throws(AgentFault) -> String {
    guard let value = query(name), !value.isEmpty else {
      throw AgentFault(400, "invalid_request", "answer without '\(name)' in the query: it is needed here")
    }
    return value
  }

  /// Returns the requested part of a list.
  func listing() throws(AgentFault) -> RegistryListing {
    var listing = RegistryListing()
    listing.sort = query("sort") ?? listing.sort
    listing.state = query("state")
    listing.verificationState = query("verification_state")
    listing.prefix = query("prefix")
    listing.after = query("after")
    listing.before = query("before")
    listing.limit = try number("limit", in: 1...10_000, default: 20)
    return listing
  }

  /// Decodes the body as a value.
  ///
  /// - Throws: `AgentFault` 400 for an invalid body; 413 for a too large one.
  func value<Value: Decodable>(_ type: Value.Type, _ context: AgentContext) async throws -> Value {
    let body = try await body.collect(upTo: context.bodyBytes)
    do {
      return try AgentJSON.decode(type, from: body.readableBytesView)
    } catch {
      throw AgentFault(400, "invalid_request", "read the body: it is not the JSON that is wanted here")
    }
  }
}
