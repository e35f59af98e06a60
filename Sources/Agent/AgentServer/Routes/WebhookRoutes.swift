internal import Agent
internal import AgentAPI
internal import CoreMetrics
internal import HTTPTypes
internal import Hummingbird
package import SiteTokens
internal import Synchronization
package import Webhooks

/// The secret of a kind's webhook deliveries, and the mapping of its repositories' names to ids.
package final class WebhookDoor: Sendable {
  package let mapping: WebhookMapping
  private let current: Mutex<WebhookSecret>

  package init(mapping: WebhookMapping, secret: WebhookSecret) {
    self.mapping = mapping
    current = Mutex(secret)
  }

  package var secret: WebhookSecret { current.withLock { $0 } }

  /// Replaces the secret after a reload. The previous one is refused at once: a forge has one secret, and the scan
  /// finds the changes of refused deliveries.
  func replace(_ secret: WebhookSecret) { current.withLock { $0 = secret } }
}

/// The answer to a forge's delivery.
struct WebhookReceipt: Codable {
  /// The number of published events.
  var events: Int
  /// Names at the forge without an id here.
  var unmapped: [String]
}

extension Router<AgentContext> {
  /// Adds the routes of forges' deliveries. They have no token: their bodies are signed, and they can only cause a
  /// sync.
  func addWebhookRoutes(_ agent: Agent, _ doors: [String: WebhookDoor]) {
    guard !doors.isEmpty else { return }
    answer(.post, .webhook) { request, context in
      let kind = try context.parameters.require("kind")
      guard let door = doors[kind] else {
        throw AgentFault(
          404, "not_found", "take a webhook for '\(kind.prefix(100))': the configuration has none for it",
          hint: "add webhook: { id: \"{full_name}\", secret_file: … } to the kind")
      }
      let header = { (name: String) in HTTPField.Name(name).flatMap { request.headers[$0] } }
      guard let forge = Forge(header: header) else {
        throw AgentFault(
          400, "unknown_forge", "take a webhook: its headers are of no forge that we know",
          hint: "GitHub, GitLab, Gitea and Forgejo are known")
      }
      // Checks by the head come before the body is read.
      guard let proof = forge.proof(header: header), door.mayAdmit(proof) else { throw Self.badSignature(forge) }
      let body = Array(try await request.body.collect(upTo: BodyLimit.webhooks).readableBytesView)
      guard door.admits(proof, of: body) else { throw Self.badSignature(forge) }
      let notices = try Self.notices(forge, body, header, request)
      let id = forge.delivery(header: header).map { "\(forge.rawValue)-\($0.filter { $0.isASCII }.prefix(64))" }
      var receipt = WebhookReceipt(events: 0, unmapped: [])
      for notice in notices {
        if try await agent.take(notice, kind, door.mapping, correlationID: id) {
          receipt.events += 1
        } else {
          receipt.unmapped.append(notice.fullName)
        }
      }
      Self.count(forge, notices.isEmpty ? "ignored" : receipt.events > 0 ? "taken" : "unmapped")
      return try Response.json(receipt, status: .accepted)
    }
  }

  private static func badSignature(_ forge: Forge) -> AgentFault {
    count(forge, "refused")
    return AgentFault(
      401, "bad_signature", "take a webhook of \(forge.rawValue): its signature is missing or wrong",
      hint: "give the forge the secret of webhook.secret_file")
  }

  private static func notices(
    _ forge: Forge, _ body: [UInt8], _ header: (String) -> String?, _ request: Request
  ) throws(AgentFault) -> [ForgeNotice] {
    if let type = request.headers[.contentType], !type.lowercased().hasPrefix("application/json") {
      throw AgentFault(
        415, "unsupported_media_type", "take a webhook as '\(type.prefix(100))'",
        hint: "choose application/json as content type at the forge")
    }
    do {
      return try forge.notices(of: body, event: forge.event(header: header))
    } catch {
      throw AgentFault(400, "invalid_request", "read a webhook: \(error)")
    }
  }

  private static func count(_ forge: Forge, _ result: String) {
    Counter(label: "remora_webhooks_total", dimensions: [("forge", forge.rawValue), ("result", result)]).increment()
  }
}

extension WebhookDoor {
  /// Whether the proof may be valid for any body.
  fileprivate func mayAdmit(_ proof: Forge.Proof) -> Bool {
    switch proof {
    case .hmac: true
    case .token(let text): secret.equals(text)
    }
  }

  fileprivate func admits(_ proof: Forge.Proof, of body: [UInt8]) -> Bool {
    switch proof {
    case .hmac(let hex): secret.signs(body, as: hex)
    case .token(let text): secret.equals(text)
    }
  }
}

extension Agent {
  /// - Returns: whether an event was published: the name may have no id here.
  fileprivate func take(
    _ notice: ForgeNotice, _ kind: String, _ mapping: WebhookMapping, correlationID: String?
  ) async throws -> Bool {
    guard let id = mapping.id(ofFullName: notice.fullName) else { return false }
    let moves = notice.moves.map { RefMoveRow(old: $0.old, new: $0.new, ref: $0.ref) }
    do {
      try await take(
        EventNotice(
          event: Word(notice.word.rawValue), replicableName: kind, id: id, changes: moves, correlationId: correlationID)
      )
      return true
    } catch {
      // The id does not exist here, or is invalid: this is no error of the forge.
      let fault = AgentFault(error)
      guard fault.status == 404 || fault.code == "invalid_id" else { throw error }
      return false
    }
  }
}
