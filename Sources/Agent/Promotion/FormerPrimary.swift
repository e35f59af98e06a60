internal import AgentAPI
internal import AgentClient
internal import BoundedHTTP

/// The agent of the primary that a promotion replaces.
struct FormerPrimary: Sendable {
  let client: AgentClient
  let url: String
  let signer: SiteSigner?
  /// As far as it has told.
  var name: String? { signer?.audience }
}

/// Tells a former primary that could not be told at the promotion, until it has heard.
struct FenceLoop: Sendable {
  let former: FormerPrimary
  let epoch: SiteEpoch

  private static let interval = Duration.seconds(10)

  /// Runs until it has heard, or the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      do {
        _ = try await former.client.post(
          AgentRoute.fence, FenceOrder(epoch: epoch.record.epoch, lastEventId: nil), as: FenceRow.self)
        try epoch.formerIsFenced()
        return
      } catch {
        // It is away, as it was when it was replaced: the status says so.
      }
      // Cancelled: the loop sees it.
      try? await Task.sleep(for: Self.interval)
    }
  }
}

extension AgentPlan.PrimaryAddress {
  func former(_ http: BoundedHTTPClient) -> FormerPrimary {
    FormerPrimary(
      client: AgentClient(
        .url(url), http: http, authorization: signer.map { .signed($0) } ?? .none, silence: .seconds(10),
        total: .seconds(30)),
      url: url, signer: signer as? SiteSigner)
  }
}
