internal import Foundation
internal import TextBytes

/// What an order said, flat, for the audit log: without secrets.
enum OrderDetails {
  /// Fields that are not written down: proofs, and where a page goes on.
  private static let hidden: Set<String> = ["token", "csrf", "return_to", "password", "secret"]

  /// The fields of a JSON object or of a form; empty for anything else.
  static func of(_ body: some Collection<UInt8>, _ type: String?) -> [String: String] {
    guard !body.isEmpty, body.count <= 1 << 20 else { return [:] }
    let fields = type?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true ? form(body) : json(body)
    return fields.filter { !hidden.contains($0.key) }
  }

  private static func json(_ body: some Collection<UInt8>) -> [String: String] {
    // A body that is no object is refused by its route, with a reason.
    guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return [:] }
    return object.mapValues { value in
      if let text = value as? String { return text }
      // Written as JSON again, because a number may pass for a truth value here.
      guard let data = try? JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
      else {
        return "?"
      }
      return String(decoding: data.prefix(1_000), as: UTF8.self)
    }
  }

  private static func form(_ body: some Collection<UInt8>) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in String(decoding: body, as: UTF8.self).split(separator: "&").prefix(50) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let decoded = parts.map { PercentCoding.decodeForm($0) ?? "?" }
      fields[decoded[0]] = decoded.count == 2 ? decoded[1] : ""
    }
    return fields
  }
}
