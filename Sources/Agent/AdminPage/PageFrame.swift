package import AgentAPI
package import Foundation
import TextBytes

/// What every screen has round it.
package struct PageFrame: Sendable {
  /// A kind in the navigation.
  package struct KindName: Hashable, Sendable {
    /// Its name.
    package var name: String
    /// In the plural.
    package var plural: String

    /// A kind.
    package init(name: String, plural: String) {
      self.name = name
      self.plural = plural
    }
  }

  /// The site.
  package var site: String
  /// The site's role.
  package var role: AgentRole
  /// The program's version.
  package var version: String
  /// The site's kinds.
  package var kinds: [KindName]
  /// Who looks may change things.
  package var isAdmin: Bool
  /// The token that a form of this page must carry; `nil` before the sign-in.
  package var csrf: String?
  /// What time it is.
  package var now: Date
  /// The path that is shown, for the navigation.
  package var path: String
  /// The result of the last action.
  package var notice: String?
  /// What could not be done.
  package var error: String?

  /// A frame; the rest is set by name.
  package init(site: String, role: AgentRole, version: String, kinds: [KindName], now: Date, path: String) {
    self.site = site
    self.role = role
    self.version = version
    self.kinds = kinds
    self.now = now
    self.path = path
    isAdmin = false
  }

  var values: [String: Any] {
    var links: [[String: Any]] = [link("/", "Sites")]
    links += kinds.map { link(Links.kind($0.name), $0.plural) }
    links += [link("/events", "Events"), link("/features", "Features")]
    return [
      "site": site, "role": role.rawValue, "version": version, "isSignedIn": csrf != nil, "csrf": csrf ?? "",
      "viewer": isAdmin ? "admin" : "reader", "links": links, "notice": notice ?? "",
      "error": error ?? "",
    ]
  }

  private func link(_ path: String, _ text: String) -> [String: Any] {
    ["path": path, "text": text, "isCurrent": path == "/" ? self.path == "/" : self.path.hasPrefix(path)]
  }

  /// A moment for display: how long ago, with the moment itself beside it.
  func moment(_ text: String?) -> [String: Any] {
    guard let text else { return ["text": "never", "exact": "", "isNever": true] }
    guard let date = Self.date(text) else { return ["text": text, "exact": text] }
    let seconds = now.timeIntervalSince(date)
    let words = Plain.duration(abs(seconds))
    return ["text": seconds < -1 ? "in \(words)" : seconds < 1 ? "now" : "\(words) ago", "exact": text]
  }

  static func date(_ text: String) -> Date? {
    RFC3339.milliseconds(anyForm: text).map { Date(timeIntervalSince1970: Double($0) / 1_000) }
  }
}
