/// The environment of a program that the user configured: `ssh`, a command in its place, a credential helper. It may
/// need any variable, so only secrets are removed.
enum ChildEnvironment {
  /// - Parameter tokens: those that are written in variables.
  static func withoutSecrets(_ environment: [String: String], tokens: [HostToken]) -> [String: String] {
    let names = Set(
      tokens.compactMap { token -> String? in
        if case .environment(let name) = token.place { name } else { nil }
      })
    return environment.filter { !names.contains($0.key) && !holdsPassword($0.value) }
  }

  /// Whether it is an address with a password, as the variables of proxies are.
  private static func holdsPassword(_ value: String) -> Bool {
    guard let scheme = value.firstRange(of: "://") else { return false }
    let authority = value[scheme.upperBound...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return false }
    return authority[..<at].contains(":")
  }
}
