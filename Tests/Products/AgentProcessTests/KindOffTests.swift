import AgentAPI
import AgentClient
import Foundation
import TestSupport
import Testing

/// A kind whose configuration says `enabled: false` on one side, from the first start on.
@Suite(.serialized) struct KindOffTests {
  private static let asset = "release_asset"

  private static func write(_ text: String, _ rig: AgentRig) throws {
    try rig.directory.write(text, to: "assets/2026/file.tar")
  }

  /// Announces the file, and waits for its copy.
  private static func follow(_ text: String, _ rig: AgentRig, _ pair: RigQuestions) async throws {
    let told = try await rig.remora(["event", "update", asset, "2026/file.tar"], at: rig.primaryConfiguration)
    guard told.isSuccess else { throw TestSupportError("event update: \(told.errorText)") }
    try await untilCopied(text, rig, pair)
  }

  private static func untilCopied(_ text: String, _ rig: AgentRig, _ pair: RigQuestions) async throws {
    try await pair.until("'\(text)' is copied and verified", within: .seconds(30)) {
      let path = rig.directory.path("copied-assets/2026/file.tar")
      guard try String(contentsOfFile: path, encoding: .utf8) == text else { return false }
      let entry = try await pair.entry("2026/file.tar", of: asset)
      return entry?.state == .synced && entry?.verificationState == .succeeded
    }
  }

  private static func row(
    _ site: KeyPath<RigQuestions, AgentClient>, _ pair: RigQuestions
  ) async throws -> StatusRow.KindRow {
    let kinds = try await pair.status(of: site).kinds
    return try #require(kinds.first { $0.name == RigQuestions.kind })
  }

  @Test(arguments: ["primary", "secondary"])
  func `it delays no other kind, status names it, and it joins when it is switched on`(side: String) async throws {
    try await withTemporaryDirectory("off") { directory in
      var settings = AgentRig.Settings()
      let kind = side == "primary" ? \AgentRig.Settings.primaryKind : \.secondaryKind
      settings[keyPath: kind] = "enabled: false"
      let rig = try AgentRig(directory, settings: settings)
      try rig.makeSources("group/one")
      try Self.write("first", rig)
      let agents = (try rig.startPrimary(), try rig.startSecondary())
      try await rig.asking { pair in
        try await Self.untilCopied("first", rig, pair)
        try Self.write("second", rig)
        try await Self.follow("second", rig, pair)
        #expect(!FileManager.default.fileExists(atPath: rig.copy("group/one")))
        let off = side == "primary" ? \RigQuestions.primary : \.secondary
        try await pair.until("both sites name the kind that is off", within: .seconds(30)) {
          let problems = try await pair.status(of: \.secondary).problems
          let named = "the feature of '\(RigQuestions.kind)' is off"
          guard problems.contains(where: { $0.hasPrefix(named) }) else { return false }
          return try await pair.status(of: off).problems.contains { $0.hasPrefix(named) }
        }
        #expect(try await !Self.row(off, pair).isEnabled)
        #expect(try await Self.row(\.secondary, pair).isOffOnPrimary == (side == "primary"))
        let feature = FeatureRow(name: "geo_\(RigQuestions.kind)_replication", isEnabled: true)
        try await pair[keyPath: off].post(AgentRoute.features, feature)
        try await pair.untilVerified("group/one", within: .seconds(30))
        #expect(try GitCommand().view(rig.copy("group/one")) == GitCommand().view(rig.source("group/one")))
        try Self.write("third", rig)
        try await Self.follow("third", rig, pair)
        for site in [\RigQuestions.primary, \.secondary] {
          try await pair.until("nothing is named any more", within: .seconds(30)) {
            try await pair.status(of: site).problems == []
          }
        }
      }
      withExtendedLifetime(agents) {}
    }
  }
}
