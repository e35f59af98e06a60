internal import Foundation
internal import TextBytes

/// The parameters of an order, flat, for the audit log: without secrets.
enum OrderDetails {
  /// Fields that are not recorded: credentials, and the page's return path.
  private static let hidden: Set<String> = ["token", "csrf", "return_to", "password", "secret"]

  /// Returns the fields of a JSON object or of a form; empty for anything else.
  static func of(_ body: some Collection<UInt8>, _ type: String?) -> [String: String] {
    guard !body.isEmpty, body.count <= 1 << 20 else { return [:] }
    let fields = type?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true ? form(body) : json(body)
    return fields.filter { !hidden.contains($0.key) }
  }

  private static func json(_ body: some Collection<UInt8>) -> [String: String] {
    // The route refuses a body that is no object, with a reason.
    guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else { return [:] }
    return object.mapValues { value in
      if let text = value as? String { return text }
      // Encoded as JSON again, because a number may be bridged to a boolean here.
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
