/// A kind of Git host that announces pushes by HTTP, and how its deliveries are recognised and signed.
///
/// Sources: GitHub, "Webhook events and payloads" and "Validating webhook deliveries"; GitLab, "Webhook events" and "System hooks";
/// Gitea and Forgejo, "Webhooks".
package enum Forge: String, Sendable, CaseIterable {
  case gitHub = "github"
  case gitLab = "gitlab"
  /// Forgejo's deliveries are the same.
  case gitea

  /// What proves that the sender of a delivery has the secret.
  package enum Proof: Equatable, Sendable {
    /// HMAC-SHA256 of the body, in hexadecimal digits.
    case hmac(String)
    /// The secret itself.
    case token(String)
  }

  /// Whose delivery it is; `nil` for no forge's.
  ///
  /// - Parameter header: a header's value by its name, whose case does not matter.
  package init?(header: (String) -> String?) {
    // Gitea sends GitHub's headers beside its own.
    if header("X-Gitea-Event") != nil || header("X-Forgejo-Event") != nil {
      self = .gitea
    } else if header("X-Gitlab-Event") != nil {
      self = .gitLab
    } else if header("X-GitHub-Event") != nil {
      self = .gitHub
    } else {
      return nil
    }
  }

  /// The delivery's event in the forge's own words.
  package func event(header: (String) -> String?) -> String {
    switch self {
    case .gitHub: header("X-GitHub-Event") ?? ""
    case .gitLab: header("X-Gitlab-Event") ?? ""
    case .gitea: header("X-Gitea-Event") ?? header("X-Forgejo-Event") ?? ""
    }
  }

  /// The delivery's own proof; `nil` when it brings none.
  package func proof(header: (String) -> String?) -> Proof? {
    switch self {
    case .gitHub:
      guard let value = header("X-Hub-Signature-256"), value.hasPrefix("sha256=") else { return nil }
      return .hmac(String(value.dropFirst(7)))
    case .gitLab: return header("X-Gitlab-Token").map { .token($0) }
    case .gitea: return (header("X-Gitea-Signature") ?? header("X-Forgejo-Signature")).map { .hmac($0) }
    }
  }

  /// The delivery's number, by which it is found at the forge.
  package func delivery(header: (String) -> String?) -> String? {
    switch self {
    case .gitHub: header("X-GitHub-Delivery")
    case .gitLab: header("X-Gitlab-Event-UUID")
    case .gitea: header("X-Gitea-Delivery") ?? header("X-Forgejo-Delivery")
    }
  }
}
