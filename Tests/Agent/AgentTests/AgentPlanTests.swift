import BoundedHTTP
import EventLog
import Replication
import Scheduling
import SiteAssembly
import SiteTokens
import TestSupport
import Testing

@testable import Agent

/// What of an agent's plan reaches the assembly of its site.
@Suite("The site of an agent's plan")
struct AgentPlanTests {
  private struct Signer: RequestSigner {
    func authorization(for request: HTTPRequest) async throws -> String? { nil }
    func learns(fromRefusal headers: HTTPHeaderFields) -> Bool { false }
  }

  private static func environment() -> SiteEnvironment {
    SiteEnvironment(now: { Timestamp(milliseconds: 7) }, random: { 0 })
  }

  private static func plan(_ role: AgentPlan.Role) throws -> AgentPlan {
    AgentPlan(
      site: "berlin", role: role, state: "/state",
      kinds: [KindPlan(try KindConfiguration(name: "project", strategy: "repository", root: "/srv/git"))])
  }

  @Test("names, kinds, bounds and ages are the agent's")
  func fields() throws {
    var plan = try Self.plan(.primary(secondaries: []))
    plan.transfers.packBytes = 5
    plan.sources.netrcFile = "/netrc"
    plan.historyAge = .seconds(1)
    plan.retention = .init(bytes: 2, age: .seconds(3))
    let site = plan.sitePlan(environment: Self.environment())
    #expect(site.name == "berlin" && site.state == "/state" && site.kinds.map(\.name) == ["project"])
    #expect(site.environment.now() == Timestamp(milliseconds: 7))
    #expect(site.settings.transfers == plan.transfers && site.settings.credentials == plan.sources)
    #expect(site.settings.historyAge == .seconds(1) && site.settings.retention == plan.retention)
    #expect(site.settings.caFile == nil && site.settings.signer == nil)
  }

  @Test("a secondary trusts its primary's authorities and signs; a promoted one trusts the former's, and does not")
  func identity() throws {
    let address = AgentPlan.PrimaryAddress(url: "https://main", caFile: "/ca.pem", signer: Signer())
    let secondary = try Self.plan(.secondary(of: address)).sitePlan(environment: Self.environment())
    #expect(secondary.settings.caFile == "/ca.pem" && secondary.settings.signer is Signer)
    let listed = try Self.plan(.secondary(of: nil)).sitePlan(environment: Self.environment())
    #expect(listed.settings.caFile == nil && listed.settings.signer == nil)
    var promoted = try Self.plan(.primary(secondaries: ["main"]))
    promoted.former = address
    promoted.isPromoted = true
    #expect(promoted.sitePlan(environment: Self.environment()).settings.caFile == "/ca.pem")
    #expect(promoted.sitePlan(environment: Self.environment()).settings.signer == nil)
    promoted.isPromoted = false
    #expect(promoted.sitePlan(environment: Self.environment()).settings.caFile == nil)
  }

  @Test("threads and connections suffice for all limits and for hosts that do not answer; lists take more")
  func threads() throws {
    var plan = try Self.plan(.secondary(of: nil))
    plan.limits = SchedulerLimits(
      repositorySyncs: 20, blobDownloads: 3, verifications: 4, housekeepings: 2, checks: 1)
    let site = plan.sitePlan(environment: Self.environment())
    #expect(site.settings.jobThreads == 30 + 20 + 16 + 4 && site.settings.connectionsPerHost == 24)
    plan.rosters = ["project": .list(path: "/list")]
    let listed = plan.sitePlan(environment: Self.environment())
    #expect(listed.settings.jobThreads == 30 + 20 + 16 + 64 && listed.settings.connectionsPerHost == 24 + 32 + 64)
  }
}
