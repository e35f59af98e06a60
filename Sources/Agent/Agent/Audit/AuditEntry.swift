package import AgentAPI
internal import TextBytes

/// The author of an order, as far as it is authenticated.
package struct AuditActor: Codable, Hashable, Sendable {
  /// The name of the token; `admin` and `reader` for those of the two files.
  package var token: String?
  /// The site whose secret signed the request.
  package var site: String?
  /// The user at the other end of a socket.
  package var uid: UInt32?
  /// The process at the other end of a socket.
  package var pid: Int32?
  /// The address of the peer.
  package var address: String?

  package init(
    token: String? = nil, site: String? = nil, uid: UInt32? = nil, pid: Int32? = nil, address: String? = nil
  ) {
    (self.token, self.site, self.uid, self.pid, self.address) = (token, site, uid, pid, address)
  }

  /// For the log.
  var text: String {
    let who =
      token.map { "token '\($0)'" } ?? site.map { "site '\($0)'" } ?? uid.map { "uid \($0)" }
      ?? (address == nil ? "the socket" : "an unknown client")
    return address.map { "\(who) from \($0)" } ?? pid.map { "\(who), process \($0)" } ?? who
  }
}

/// The names of orders.
package enum AuditOrder: String, APIWord {
  case feature, trash, removals, registry, promotion, fence
  case signIn = "sign-in"
  case signOut = "sign-out"
  /// A token or signature that was refused.
  case token
}

/// One order, or one refused token.
package struct AuditEntry: Codable, Hashable, Sendable {
  /// The result.
  package enum Outcome: String, Codable, Sendable { case done, refused, failed }

  /// RFC 3339, UTC.
  package var at = ""
  /// Its name; `graphql NAME` for a mutation, and method and path for an order without a name.
  package var order: Word<AuditOrder>
  /// The kind that it concerned.
  package var kind: String?
  /// The parameters of the order.
  package var details: [String: String]
  package var actor: AuditActor
  package var outcome: Outcome
  /// The code of the fault, unless it was done.
  package var code: String?
  /// Earlier refused tokens that were counted and not written.
  package var suppressed: Int?

  package init(
    order: Word<AuditOrder>, kind: String? = nil, details: [String: String] = [:], actor: AuditActor, outcome: Outcome,
    code: String? = nil
  ) {
    self.order = Word(ForeignText.line(order.text, longest: 100))
    self.kind = kind.map { ForeignText.line($0, longest: 100) }
    self.details = Dictionary(
      uniqueKeysWithValues: details.sorted { $0.key < $1.key }.prefix(20).enumerated().map { index, pair in
        // Two long keys may be equal after they are cut.
        let key = ForeignText.line(pair.key, longest: 40)
        return (pair.key.utf8.count > 40 ? "\(index) \(key)" : key, ForeignText.line(pair.value, longest: 200))
      })
    self.actor = actor
    self.outcome = outcome
    self.code = code
  }

  /// For the log.
  var text: String {
    let about = kind.map { " of '\($0)'" } ?? ""
    let said = details.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    let what = said.isEmpty ? "" : " (\(said))"
    let end = code.map { "\(outcome.rawValue), \($0)" } ?? outcome.rawValue
    return "order '\(order)'\(about)\(what) by \(actor.text): \(end)"
  }
}
