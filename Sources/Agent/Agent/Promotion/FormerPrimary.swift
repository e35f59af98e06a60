internal import AgentAPI
internal import AgentClient
internal import BoundedHTTP
internal import Replication

/// The agent of the primary that a promotion replaces.
struct FormerPrimary: Sendable {
  let client: AgentClient
  let url: String
  let signer: SiteSigner?
  /// Its name from its first answer, or from the configuration.
  let name: @Sendable () -> String?

  /// Requests its epoch, last event and fence, and checks them.
  ///
  /// - Throws: `AgentFault` when it cannot be reached or its answer is invalid.
  func standing() async throws(AgentFault) -> FenceRow {
    try check(try await client.get(AgentRoute.fence, as: FenceRow.self))
  }

  /// Orders it to refuse all requests from now on.
  ///
  /// - Throws: `AgentFault` as `standing`, and its refusals.
  func fence(_ order: FenceOrder) async throws(AgentFault) -> FenceRow {
    try check(try await client.post(AgentRoute.fence, order, as: FenceRow.self))
  }

  private func check(_ row: FenceRow) throws(AgentFault) -> FenceRow {
    do { return try row.checked() } catch { throw AgentFault(0, "bad_answer", "ask the agent at '\(url)': \(error)") }
  }
}

/// Fences a former primary that could not be fenced at the promotion, and polls it afterwards: one that was restored
/// from a backup is fenced again, and one that was promoted again fences this site.
struct FormerPrimaryLoop: Sendable {
  /// This site.
  let site: String
  let former: FormerPrimary
  let epoch: SiteEpoch
  let observer: any ReplicationObserver
  /// Opens the site again where it is no primary any more.
  let takeRole: @Sendable () -> Void

  /// The interval between two attempts to fence it, and between two polls afterwards.
  private static let (retry, interval) = (Duration.seconds(10), Duration.seconds(30))

  /// Runs until this site is fenced, or the task is cancelled.
  func run() async {
    while !Task.isCancelled, epoch.record.fence == nil {
      let isFenced = epoch.record.promotion?.isFormerFenced ?? true
      if isFenced { await ask() } else { await fence() }
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: epoch.record.promotion?.isFormerFenced ?? true ? Self.interval : Self.retry)
    }
  }

  private func fence() async {
    do {
      let row = try await former.fence(FenceOrder(epoch: epoch.record.epoch, lastEventId: nil))
      try epoch.formerIsFenced(name: row.site)
      observer.log(.note("the former primary '\(row.site)' at \(former.url) is fenced, epoch \(row.epoch)"))
    } catch {
      guard !Task.isCancelled else { return }
      if (error as? AgentFault)?.code == "old_epoch" { await ask() }
      guard epoch.record.promotion?.isFormerFenced == false else { return }
      note("fence the former primary at \(former.url): \(error)")
    }
  }

  /// An unreachable one was fenced before, or is fenced when it is reachable again; a secondary answers no site.
  private func ask() async {
    guard let row = try? await former.standing() else { return }
    let own = epoch.record.epoch
    do {
      if row.fencedBy == site {
        // It is fenced by this site, with any epoch: an operator may have set it.
        try epoch.formerIsFenced(name: row.site)
      } else if row.epoch > own {
        let primary = row.fencedBy ?? row.site
        try epoch.stepDown(to: row.epoch, by: primary)
        observer.log(
          .trouble("'\(primary)' was promoted, epoch \(row.epoch): this site, of epoch \(own), is no primary any more"))
        takeRole()
      } else {
        // Its state was restored from before the promotion, or another site has fenced it with a lower epoch.
        _ = try await former.fence(FenceOrder(epoch: own, lastEventId: nil))
        epoch.noteFormer(failure: nil)
      }
    } catch {
      note("ask the former primary at \(former.url): \(error)")
    }
  }

  /// Logged when it changes; the status shows it as long as it holds.
  private func note(_ failure: String) {
    if epoch.formerFailure != failure { observer.log(.trouble(failure)) }
    epoch.noteFormer(failure: failure)
  }
}

extension AgentPlan.PrimaryAddress {
  /// - Parameter http: trusts the authorities of the address.
  func former(_ http: BoundedHTTPClient, name: String? = nil) -> FormerPrimary {
    let signer = signer as? SiteSigner
    return FormerPrimary(
      client: AgentClient(
        .url(url), http: http, authorization: self.signer.map { .signed($0) } ?? .none, silence: .seconds(10),
        total: .seconds(30)),
      url: url, signer: signer
    ) { name ?? signer?.audience }
  }
}
