import AdminPage
import AgentAPI
import Foundation
import Testing

@Suite("Screens of the admin page")
struct ScreensTests {
  private static let hostile = "<script>alert('x')</script>\"'&\u{202e}\u{1b}[31m"
  private static let kind = PageFrame.KindName(name: "project_repository", plural: "project_repositories")

  private static func frame(role: AgentRole = .secondary, isAdmin: Bool = true) -> PageFrame {
    var frame = PageFrame(
      site: hostile, role: role, version: "1", kinds: [kind], now: Date(timeIntervalSince1970: 1_800_000_000), path: "/"
    )
    frame.isAdmin = isAdmin
    frame.csrf = "c5rf"
    frame.notice = hostile
    frame.error = hostile
    return frame
  }

  private static var entry: RegistryRow {
    var row = RegistryRow(
      replicableName: kind.name, id: 7, modelRecordId: hostile, createdAt: "2026-11-24T10:00:00.000Z")
    row.state = .known(.failed)
    row.lastSyncFailure = hostile
    row.verificationState = .known(.failed)
    row.verificationChecksum = "sha256:00"
    row.verificationChecksumMismatched = "sha256:11"
    row.lastSyncedAt = "2026-11-24T10:00:00.000Z"
    return row
  }

  private static var status: StatusRow {
    var status = StatusRow(site: hostile, role: .secondary, version: hostile, startedAt: "2026-11-24T10:00:00Z")
    status.problems = [hostile]
    status.url = hostile
    var row = StatusRow.KindRow(name: kind.name, plural: kind.plural, isEnabled: false)
    row.count = 10_000
    row.states = ["synced": 9_999, "failed": 1]
    row.removalsWaiting = [hostile]
    status.kinds = [row]
    status.jobs = [.init(replicableName: kind.name, id: hostile, purpose: .known(.sync), seconds: 3, progress: hostile)]
    status.lastFailures = [
      .init(at: "2026-11-24T10:00:00Z", replicableName: kind.name, id: hostile, message: hostile)
    ]
    status.oldestUnsynced = .init(replicableName: kind.name, id: hostile, seconds: 400, reason: hostile)
    return status
  }

  private static var samples: TrendPage {
    let rows = (0..<60).filter { $0 != 30 && $0 != 31 && $0 != 32 }.map { minute -> TrendRow in
      let at = Date(timeIntervalSince1970: 1_800_000_000 - Double(3_540 - minute * 60))
      var row = TrendRow(at: at.formatted(.iso8601), changes: minute, queue: 3)
      row.lagP50Seconds = 0.2
      row.lagMaxSeconds = Double(minute)
      return row
    }
    return TrendPage(intervalSeconds: 60, samples: rows)
  }

  /// Returns every screen, filled with text that would be markup.
  private static func screens(role: AgentRole = .secondary, isAdmin: Bool = true) throws -> [String: String] {
    let page = try AdminPage()
    let frame = frame(role: role, isAdmin: isAdmin)
    var site = SiteRow(name: hostile, role: .known(.secondary))
    site.status = status
    site.problems = [hostile]
    site.reportedAt = "2026-11-24T10:00:00Z"
    var explanation = ExplanationRow(replicableName: kind.name, id: hostile, summary: hostile)
    explanation.facts = [hostile]
    explanation.next = hostile
    explanation.entry = entry
    explanation.differences = [DifferenceRow(name: hostile, expected: hostile, found: nil)]
    var transition = TransitionRow(
      at: "2026-11-24T10:00:00.000Z", replicableName: kind.name, modelRecordId: hostile)
    transition.oldState = .known(.started)
    transition.state = .known(.failed)
    transition.message = hostile
    let history = HistoryPage(
      changes: [HistoryRow(at: "2026-11-24T10:00:00.000Z", ref: hostile, old: "aa", new: nil)], damagedLines: 0,
      hasMore: true, path: hostile)
    var list = ListView(
      kind: kind, page: RegistryPage(entries: [entry], next: "5:\(hostile)"), sort: "id_asc",
      sorts: ["id_asc", "id_desc"])
    list.prefix = hostile
    list.state = "failed"
    list.page.previous = "1:x"
    let event = EventRow(
      id: 3, createdAt: "2026-11-24T10:00:00Z", replicableName: kind.name, eventName: "updated",
      payload: .init(
        modelRecordId: hostile, incarnation: nil, correlationId: hostile, changes: nil, reason: hostile, reading: nil))
    let ticket = TrashRow(
      name: hostile, id: hostile, incarnation: nil, discardedAt: "2026-11-24T10:00:00Z", reason: hostile)
    return [
      "sign in": page.signIn(frame, returnTo: hostile), "sites": page.sites(frame, SitesPage(sites: [site]), samples),
      "list": page.list(frame, list),
      "entry": page.entry(
        frame, EntryView(kind: kind, explanation: explanation, transitions: [transition], history: history)),
      "confirmation": page.confirmation(
        frame,
        ConfirmationView(
          title: hostile, question: hostile, action: "/kinds/x/actions", fields: [("a", hostile)], cancel: "/")),
      "events": page.events(frame, [event], older: 2),
      "trash": page.trash(frame, of: kind, TrashPage(tickets: [ticket]), waiting: [hostile]),
      "features": page.features(frame, FeaturePage(features: [FeatureRow(name: hostile, isEnabled: true)])),
      "fault": page.fault(frame, AgentFault(404, "missing", hostile, hint: hostile)),
    ]
  }

  @Test("an entry whose syncs have all failed has no last sync, and one that was synced before has its end")
  func lastSync() throws {
    for (lastSuccess, count) in [(nil, 0), ("2026-11-23T09:00:00.000Z", 1)] {
      var row = Self.entry
      row.lastSuccessAt = lastSuccess
      let html = try AdminPage().list(
        Self.frame(role: .secondary, isAdmin: true),
        ListView(kind: Self.kind, page: RegistryPage(entries: [row], next: nil), sort: "id_asc", sorts: ["id_asc"]))
      let cell = try #require(html.components(separatedBy: "data-label=\"Last sync\">").dropFirst().first)
      let times = cell.components(separatedBy: "</td>")[0].components(separatedBy: "<time").count - 1
      #expect(times == count, "\(cell.prefix(200))")
    }
  }

  @Test("text of others is shown as text on every screen")
  func escaping() throws {
    for (name, html) in try Self.screens() {
      // What a form sends back stays as it is.
      let shown = html.replacing(/<input type="hidden"[^>]*>|<input[^>]*type="search"[^>]*>/, with: "")
      #expect(!html.contains("<script>"), "\(name)")
      #expect(!shown.contains("\u{202e}") && !shown.contains("\u{1b}"), "\(name)")
      #expect(html.contains("&lt;script&gt;"), "\(name)")
      #expect(html.ranges(of: "<script").count == 1, "\(name)")
      // Every tag is whole: no text has ended an attribute.
      for tag in html.matches(of: /<[a-zA-Z][^>]*>/) {
        #expect(tag.output.ranges(of: "\"").count.isMultiple(of: 2), "\(name): \(tag.output)")
        #expect(!tag.output.contains(/\son[a-z]+=|\sstyle=|javascript:/), "\(name): \(tag.output)")
      }
    }
  }

  @Test("elements are closed, ids are there once, and every control has a label")
  func form() throws {
    for (name, html) in try Self.screens() {
      var open: [String] = []
      for tag in html.matches(of: /<(\/?)([a-zA-Z0-9]+)[^>]*?(\/?)>/) {
        let element = String(tag.output.2).lowercased()
        if ["meta", "link", "input"].contains(element) || !tag.output.3.isEmpty { continue }
        if tag.output.1.isEmpty { open.append(element) } else { #expect(open.popLast() == element, "\(name)") }
      }
      #expect(open.isEmpty, "\(name): \(open)")
      let ids = html.matches(of: /\sid="([^"]*)"/).map { String($0.output.1) }
      #expect(Set(ids).count == ids.count, "\(name): \(ids)")
      for control in html.matches(of: /<(?:input|select)\s[^>]*>/) where !control.output.contains("type=\"hidden\"") {
        let id = try #require(control.output.firstMatch(of: /id="([^"]*)"/)).output.1
        #expect(html.contains("<label for=\"\(id)\""), "\(name): \(control.output)")
      }
    }
  }

  @Test("forms that change something prove where they come from, and readers have none")
  func forms() throws {
    for (name, html) in try Self.screens() {
      for form in html.components(separatedBy: "<form ").dropFirst() where form.hasPrefix("method=\"post\"") {
        let body = form.prefix { _ in true }.components(separatedBy: "</form>")[0]
        #expect(
          body.contains("name=\"csrf\" value=\"c5rf\"") || body.contains("action=\"/sign-in\""), "\(name): \(body)")
      }
    }
    for (name, html) in try Self.screens(isAdmin: false) where name != "sign in" && name != "confirmation" {
      #expect(html.components(separatedBy: "method=\"post\"").count == 2, "\(name)")
      #expect(!html.contains("class=\"button\""), "\(name)")
    }
  }

  @Test("pages of a list keep its filters, and less than all is not all")
  func links() throws {
    let screens = try Self.screens()
    let list = try #require(screens["list"])
    #expect(
      list.contains("state=failed&amp;prefix=%3Cscript") && list.contains("&amp;sort=id_asc&amp;after=5%3A%3Cscript"))
    #expect(list.contains("before=1%3Ax"))
    let sites = try #require(screens["sites"])
    #expect(sites.contains("9999 of 10000 (99.9 %)") && !sites.contains("100 %"))
    // Two pieces of a line with a gap, in each of the charts of the hour.
    #expect(sites.components(separatedBy: "class=\"line0\"").count - 1 == 12)
    #expect(try #require(screens["entry"]).contains("--at 2026-11-24T09:59:59.999Z"))
  }

  @Test("a site without any status has its screen as well")
  func empty() throws {
    let page = try AdminPage()
    let html = page.sites(
      Self.frame(role: .primary), SitesPage(sites: [SiteRow(name: "far", role: .known(.secondary))]),
      TrendPage(intervalSeconds: 60, samples: []))
    #expect(html.contains("unknown") && html.contains("Nothing yet."))
    // What there is nothing of leaves no empty box and no link that leads nowhere.
    var quiet = Self.frame(role: .primary, isAdmin: false)
    (quiet.notice, quiet.error) = (nil, nil)
    let list = page.list(
      quiet, ListView(kind: Self.kind, page: RegistryPage(states: [], next: nil), sort: "id_asc", sorts: []))
    #expect(
      !list.contains("class=\"notice\"") && !list.contains("class=\"error\"") && !list.contains("rel=\"next\"")
        && !list.contains("rel=\"prev\""))
    #expect(!list.contains("in all.") && !list.contains("Trash") && list.contains("Nothing fits."))
    #expect(page.events(Self.frame(), nil, older: nil).contains("at its primary"))
  }
}
