internal import AgentAPI
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import TextBytes

/// A submitted form of the page (`application/x-www-form-urlencoded`).
struct PageForm {
  private let fields: [String: String]

  /// - Throws: `AgentFault` 413 for a too large one. A form of another origin was refused before (`RequestOrigin`).
  init(_ request: Request, _ context: AgentContext) async throws {
    let body = try await request.body.collect(upTo: context.bodyBytes)
    var fields: [String: String] = [:]
    for pair in String(buffer: body).split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decodeForm(parts[0]),
        let value = PercentCoding.decodeForm(parts.count == 2 ? parts[1] : "")
      else {
        throw AgentFault(400, "invalid_request", "read the form: it is not encoded as forms are")
      }
      fields[name] = value
    }
    self.fields = fields
  }

  private static let foreign = AgentFault(
    403, "foreign_form", "take a form that is not of this page", hint: "open the page again, and send it from there")

  /// - Throws: `AgentFault` 403 for a form that was not made for this session.
  ///
  /// - Parameter cookie: the session's; `nil` for a request without one.
  func check(_ cookie: String?) throws(AgentFault) {
    guard let cookie, self["csrf"] == Sessions.csrf(ofCookie: cookie) else {
      throw Self.foreign
    }
  }

  /// A field that is present and not empty.
  subscript(name: String) -> String? { fields[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// The path of the redirect: always a path of this page, regardless of the form.
  var returnTo: String { Self.path(self["return_to"]) }

  static func path(_ text: String?) -> String {
    guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
      text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value < 0x7f })
    else { return "/" }
    return text
  }
}
