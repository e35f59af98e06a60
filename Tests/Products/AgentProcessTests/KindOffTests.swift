import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// A kind whose configuration says `enabled: false` on one side, from the first start on.
@Suite(.serialized) struct KindOffTests {
  private static let asset = "release_asset"

  private static func write(_ text: String, _ fixture: AgentPairFixture) throws {
    try fixture.directory.write(text, to: "assets/2026/file.tar")
  }

  /// Announces the file, and waits for its copy.
  private static func follow(_ text: String, _ fixture: AgentPairFixture, _ pair: AgentPairClient) async throws {
    let told = try await fixture.remora(["event", "update", asset, "2026/file.tar"], at: fixture.primaryConfiguration)
    guard told.isSuccess else { throw TestSupportError("event update: \(told.errorText)") }
    try await untilCopied(text, fixture, pair)
  }

  private static func untilCopied(_ text: String, _ fixture: AgentPairFixture, _ pair: AgentPairClient) async throws {
    try await pair.until("'\(text)' is copied and verified", within: .seconds(50)) {
      let path = fixture.directory.path("copied-assets/2026/file.tar")
      guard try String(contentsOfFile: path, encoding: .utf8) == text else { return false }
      let entry = try await pair.entry("2026/file.tar", of: asset)
      return entry?.state == .synced && entry?.verificationState == .succeeded
    }
  }

  /// Returns the id of the repository's newest event in the primary's log; 0 where there is none.
  private static func newestEvent(_ pair: AgentPairClient) async throws -> UInt64 {
    let page = try await pair.primary.get(AgentRoute.path(AgentRoute.events, [("limit", "1000")]), as: EventPage.self)
    return page.events.filter { $0.replicableName == AgentPairClient.kind }.map(\.id).max() ?? 0
  }

  /// Commits to the repository and announces it.
  ///
  /// - Returns: whether the primary has published that.
  private static func push(_ branch: String, _ fixture: AgentPairFixture, _ pair: AgentPairClient) async throws -> Bool
  {
    let before = try await newestEvent(pair)
    try TestRepository(existing: fixture.source("group/one")).change {
      $0.ref("refs/heads/\(branch)", at: $0.commit(["branch": "\(branch)"]))
    }
    try await fixture.push("group/one")
    return try await newestEvent(pair) > before
  }

  private static func row(
    _ site: KeyPath<AgentPairClient, AgentClient>, _ pair: AgentPairClient
  ) async throws -> StatusRow.KindRow {
    let kinds = try await pair.status(of: site).kinds
    return try #require(kinds.first { $0.name == AgentPairClient.kind })
  }

  @Test(arguments: ["primary", "secondary"])
  func `it delays no other kind, status names it, and it joins when it is switched on`(side: String) async throws {
    try await withTemporaryDirectory("off") { directory in
      var settings = AgentPairFixture.Settings()
      // A comparison shows a secondary that the kind is on again.
      (settings.primary, settings.secondary) = ("", "consistency: { interval: 5s }")
      let kind = side == "primary" ? \AgentPairFixture.Settings.primaryKind : \.secondaryKind
      settings[keyPath: kind] = "enabled: false"
      let fixture = try AgentPairFixture(directory, settings: settings)
      try fixture.makeSources("group/one")
      try Self.write("first", fixture)
      let agents = (try fixture.startPrimary(), try fixture.startSecondary())
      try await fixture.asking { pair in
        try await Self.untilCopied("first", fixture, pair)
        try Self.write("second", fixture)
        try await Self.follow("second", fixture, pair)
        // Off on the primary it is not published, off on the secondary not taken.
        #expect(try await Self.push("off", fixture, pair) == (side == "secondary"))
        let off = side == "primary" ? \AgentPairClient.primary : \.secondary
        try await pair.until("both sites name the kind that is off", within: .seconds(120)) {
          let problems = try await pair.status(of: \.secondary).problems
          let named = "the feature of '\(AgentPairClient.kind)' is off"
          guard problems.contains(where: { $0.hasPrefix(named) }) else { return false }
          return try await pair.status(of: off).problems.contains { $0.hasPrefix(named) }
        }
        #expect(try await !Self.row(off, pair).isEnabled)
        #expect(try await Self.row(\.secondary, pair).isOffOnPrimary == (side == "primary"))
        if side == "secondary" {
          #expect(try await pair.entry("group/one") == nil)
          #expect(!FileManager.default.fileExists(atPath: fixture.copy("group/one")))
        }
        let feature = FeatureRow(name: "geo_\(AgentPairClient.kind)_replication", isEnabled: true)
        try await pair[keyPath: off].post(AgentRoute.features, feature)
        #expect(try await Self.push("on", fixture, pair))
        try await pair.untilEqual("group/one", fixture, within: .seconds(50))
        try Self.write("third", fixture)
        try await Self.follow("third", fixture, pair)
        for site in [\AgentPairClient.primary, \.secondary] {
          try await pair.until("nothing is named any more", within: .seconds(120)) {
            try await pair.status(of: site).problems == []
          }
        }
      }
      withExtendedLifetime(agents) {}
    }
  }
}
