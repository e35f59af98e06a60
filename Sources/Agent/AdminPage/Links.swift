internal import AgentAPI

/// The paths of the screens.
enum Links {
  static func kind(_ name: String, _ rest: String? = nil) -> String {
    "/kinds/\(AgentRoute.encoded(name))\(rest.map { "/\($0)" } ?? "")"
  }

  static func entry(_ kind: String, _ id: String) -> String { AgentRoute.path(self.kind(kind, "entry"), [("id", id)]) }
}
