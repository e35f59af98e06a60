package import AgentAPI
package import Foundation
internal import TextBytes

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
    var links: [[String: Any]] = [link(AgentPath.page.rawValue, "Sites")]
    links += kinds.map { link(Links.kind($0.name), $0.plural) }
    links += [
      link(AgentPath.eventsPage.rawValue, "Events"), link(AgentPath.featuresPage.rawValue, "Features"),
    ]
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

/// Numbers and texts for display.
enum Plain {
  /// Text of others: what does not show, or turns the direction of what does, is made visible. Escaping is the templates' part.
  static func text(_ text: String) -> String {
    ForeignText.numbered(text)
  }

  /// All texts of a screen. What a form sends back stays as it is: its names begin with `raw`.
  static func values(_ values: [String: Any]) -> [String: Any] {
    // To a template an empty text is something; to its reader it is nothing.
    Dictionary(
      uniqueKeysWithValues: values.filter { $0.value as? String != "" }.map { name, value in
        (name, name.hasPrefix("raw") ? value : plain(value))
      })
  }

  private static func plain(_ value: Any) -> Any {
    switch value {
    case let text as String: self.text(text)
    case let object as [String: Any]: values(object)
    case let list as [[String: Any]]: list.map(values)
    default: value
    }
  }

  /// `4 s`, `3 min`, `2 h`, `5 d`.
  static func duration(_ seconds: Double) -> String {
    switch seconds {
    case ..<0.9995: "\(Int((seconds * 1_000).rounded())) ms"
    case ..<10: "\((seconds * 10).rounded() / 10) s"
    case ..<120: "\(Int(seconds)) s"
    case ..<7_200: "\(Int(seconds / 60)) min"
    case ..<172_800: "\(Int(seconds / 3_600)) h"
    default: "\(Int(min(seconds, 1e12) / 86_400)) d"
    }
  }

  /// In tenths of a percent; less than all is never shown as all.
  static func percentage(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "–" }
    let tenths = part * 1_000 / whole
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}
