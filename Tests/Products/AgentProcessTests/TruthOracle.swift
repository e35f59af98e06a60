import AgentAPI
import AgentClient
import BoundedHTTP
import Foundation
import GitValues
import TestSupport

/// Computes the truth from the directories of both sites and compares it with what the secondary reports.
final class TruthOracle {
  private let fixture: AgentPairFixture
  private let pair: AgentPairClient
  private let walk: TruthWalk
  /// Identities of which a copy was seen: none may ever be without one.
  private var copied: Set<Int> = []
  private var checks = 0
  private var entriesCompared = 0
  private var surfacesCompared = 0
  private let http: BoundedHTTPClient
  /// Of a session at the page; it survives a restart of the agent.
  private var cookie: String?

  init(_ fixture: AgentPairFixture, _ pair: AgentPairClient, _ walk: TruthWalk, _ http: BoundedHTTPClient) {
    self.http = http
    self.fixture = fixture
    self.pair = pair
    self.walk = walk
  }

  var summary: String {
    "\(checks) checks, \(entriesCompared) entries and \(surfacesCompared) surfaces compared, \(copied.count) repositories copied"
  }

  /// Checks what holds at every moment, settled or not.
  func check() async throws {
    checks += 1
    try await checkNothingIsLost()
    try await checkGuard()
    try await checkEntries()
    try await checkSurfaces()
  }

  /// Waits until nothing is to be done that needs no operator, then compares every repository.
  ///
  /// A removal that waits for a confirmation holds up the renames of a chain that it is part of. Where something stays unsettled for
  /// 20 seconds and removals wait, the operator confirms them; everything settles then.
  func untilSettled() async throws {
    guard walk.isEnabled else { return }
    var reason = ""
    var confirmsAt = ContinuousClock.now + .seconds(20)
    do {
      try await pair.until("the pair settled", within: .seconds(300)) {
        reason = try await self.unsettled()
        if !reason.isEmpty, ContinuousClock.now > confirmsAt, try await !self.kindRow().removalsWaiting.isEmpty {
          _ = try await self.walk.confirm(self.pair)
          confirmsAt = .now + .seconds(20)
        }
        return reason.isEmpty
      }
    } catch {
      throw TestSupportError("\(reason): \(error)")
    }
    let waiting = Set(try await kindRow().removalsWaiting)
    for (id, identity) in walk.present.sorted(by: { $0.key < $1.key })
    where !walk.isExcluded(id) && !waiting.contains(id) {
      guard try fixture.isCopyEqual(id) else {
        throw TestSupportError("settled, and the copy of \(id) (identity \(identity)) differs from its source")
      }
    }
    try await check()
  }

  private func kindRow() async throws -> StatusRow.KindRow {
    guard let row = try await pair.status(of: \.secondary).kinds.first(where: { $0.name == AgentPairClient.kind })
    else {
      throw TestSupportError("status has no row of the kind")
    }
    return row
  }

  private func entries() async throws -> [String: RegistryRow] {
    var found: [String: RegistryRow] = [:]
    var after: String?
    repeat {
      let path = AgentRoute.path(AgentRoute.registry(AgentPairClient.kind), [("after", after), ("limit", "1000")])
      let page = try await pair.secondary.get(path, as: RegistryPage.self)
      for entry in page.entries ?? [] { found[entry.modelRecordId] = entry }
      after = page.next
    } while after != nil
    return found
  }

  /// Returns why the pair has not settled; empty when it has.
  private func unsettled() async throws -> String {
    let (primary, secondary) = (try await pair.status(of: \.primary), try await pair.status(of: \.secondary))
    guard primary.lastEventId == secondary.lastEventId else { return "events are behind" }
    guard secondary.jobs.isEmpty else { return "jobs run" }
    let row = try await kindRow()
    let (waiting, entries) = (Set(row.removalsWaiting), try await entries())
    for id in walk.present.keys.sorted() where !walk.isExcluded(id) && !waiting.contains(id) {
      guard let entry = entries[id] else { return "\(id) has no entry" }
      guard entry.state == .synced, entry.verificationState == .succeeded else {
        return "\(id) is \(entry.state), \(entry.verificationState): \(entry.lastSyncFailure ?? "-")"
      }
    }
    for (id, entry) in entries where walk.isExcluded(id) {
      if entry.state == .synced, entry.verificationState == .succeeded {
        return "\(id) is excluded and called synced"
      }
    }
    return ""
  }

  /// Checks that every identity that was copied once lies below the copies' root, in place, in the trash or under a
  /// temporary name.
  private func checkNothingIsLost() async throws {
    var missing = copied
    // A directory that is renamed while the tree is read may be missed. What is lost is missed each time.
    for _ in 0..<10 {
      let found = try identitiesHeld()
      copied.formUnion(found)
      missing.subtract(found)
      if missing.isEmpty { return }
      try await Task.sleep(for: .milliseconds(200))
    }
    throw TestSupportError("no copy holds the refs of the identities \(missing.sorted())")
  }

  private func identitiesHeld() throws -> Set<Int> {
    var found: Set<Int> = []
    let root = fixture.directory.path("copies")
    for file in try TemporaryDirectory.files(below: root) where file.hasSuffix("/packed-refs") {
      // Renamed meanwhile: the caller looks again.
      guard let bytes = FileManager.default.contents(atPath: "\(root)/\(file)") else { continue }
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        guard let range = line.range(of: " refs/tags/identity-"), let number = Int(line[range.upperBound...]) else {
          continue
        }
        found.insert(number)
      }
    }
    return found
  }

  /// Checks that without a confirmation no more is removed within a day than the guard allows.
  private func checkGuard() async throws {
    let page = try await pair.secondary.get(AgentRoute.trash(AgentPairClient.kind), as: TrashPage.self)
    let removed = page.tickets.count { $0.reason == "deleted" }
    guard removed <= 3 + walk.confirmed else {
      throw TestSupportError("\(removed) copies were removed, \(walk.confirmed) removals were confirmed")
    }
  }

  /// Checks that an entry that is called synced and verified after the last event equals its source, or is named as an
  /// exception.
  private func checkEntries() async throws {
    guard walk.isEnabled else { return }
    // The statuses around the listing must agree, or an event was taken in between.
    let before = try await pair.status(of: \.primary).lastEventId
    guard try await pair.status(of: \.secondary).lastEventId == before else { return }
    let entries = try await entries()
    let row = try await kindRow()
    let waiting = Set(row.removalsWaiting)
    for (id, entry) in entries where entry.state == .synced && entry.verificationState == .succeeded {
      guard !waiting.contains(id) else { continue }
      // The secondary learns of an exclusion with the next scan: `unsettled` waits for it.
      guard !walk.isExcluded(id) else { continue }
      guard walk.present[id] != nil else { continue }
      let (copy, source) = (try GitCommand().view(fixture.copy(id)), try GitCommand().view(fixture.source(id)))
      entriesCompared += 1
      guard copy == source else {
        throw TestSupportError("\(id) is called synced and verified at event \(before ?? 0), and its refs differ")
      }
    }
  }

  /// Checks that status, `/readyz`, metrics and page give the same numbers. Compared where nothing happened between two
  /// statuses: no job runs, and neither an event nor a copy came in between.
  private func checkSurfaces() async throws {
    for _ in 0..<20 {
      let before = try await pair.status(of: \.secondary)
      var ready = try await readiness()
      if ready != before.isReady {
        // An answer without a token may be half a second old.
        try await Task.sleep(for: .milliseconds(600))
        ready = try await readiness()
      }
      let metrics = try await (
        pair.metric("geo_project_repositories_synced{", of: \.secondary),
        pair.metric("geo_project_repositories_verified{", of: \.secondary),
        pair.metric("remora_ready", of: \.secondary), pair.metric("remora_healthy", of: \.secondary)
      )
      let page = try await (pageCount("state=synced"), pageCount("verification_state=succeeded"))
      let after = try await pair.status(of: \.secondary)
      guard let row = before.kinds.first(where: { $0.name == AgentPairClient.kind }),
        let same = after.kinds.first(where: { $0.name == AgentPairClient.kind }),
        row.states == same.states, row.verificationStates == same.verificationStates,
        before.isReady == after.isReady, before.isHealthy == after.isHealthy,
        before.jobs.isEmpty, after.jobs.isEmpty, before.lastEventId == after.lastEventId,
        before.lag?.samples == after.lag?.samples
      else { continue }
      let (synced, verified) = (row.states["synced", default: 0], row.verificationStates["succeeded", default: 0])
      let isReady = before.isReady == true
      guard ready == isReady, metrics == (Double(synced), Double(verified), isReady ? 1 : 0, before.isHealthy ? 1 : 0),
        // Of a kind that is off the list shows the entries as they were.
        !row.isEnabled || page == (synced, verified)
      else {
        throw TestSupportError(
          "status: ready \(isReady), healthy \(before.isHealthy), \(synced) synced, \(verified) verified;"
            + " /readyz: \(ready); metrics: \(metrics); page: \(page); \(before.obstacles ?? []) \(before.problems)")
      }
      surfacesCompared += 1
      return
    }
  }

  private func readiness() async throws -> Bool {
    do {
      _ = try await pair.secondary.bytes(AgentRoute.readiness)
      return true
    } catch  where error.status == 503 {
      return false
    }
  }

  /// Returns how many entries the page lists with a filter.
  private func pageCount(_ filter: String) async throws -> Int {
    let session: String
    if let cookie {
      session = cookie
    } else {
      session = try await signIn()
      cookie = session
    }
    var request = HTTPRequest(
      .get, "http://127.0.0.1:\(fixture.secondaryPort)/kinds/\(AgentPairClient.kind)?\(filter)")
    request.headers.add("Cookie", session)
    let (status, text) = try await http.exchange(request) { answer in
      (answer.status, String(decoding: try await answer.prefix(4 << 20), as: UTF8.self))
    }
    guard status == 200 else { throw TestSupportError("the page answers \(status)") }
    return text.firstMatch(of: #/<p>(\d+) in all\.</p>/#).flatMap { Int($0.1) } ?? 0
  }

  private func signIn() async throws -> String {
    var request = HTTPRequest(.post, "http://127.0.0.1:\(fixture.secondaryPort)/sign-in")
    request.headers.add("Content-Type", "application/x-www-form-urlencoded")
    request.body = Array("token=\(try fixture.secret("reader"))".utf8)
    let cookie = try await http.exchange(request) { $0.headers["Set-Cookie"] }
    guard let value = cookie?.split(separator: ";").first else { throw TestSupportError("no session of the page") }
    return String(value)
  }
}
