import AgentAPI
import Foundation
import TestSupport
import Testing

/// What an operator asks a running pair, by the commands.
@Suite(.serialized) struct FacesTests {
  private func repository(at path: String) throws {
    var builder = RepositoryBuilder()
    let first = builder.commit(["a": "one"])
    builder.ref("refs/heads/main", at: builder.commit(["a": "two"], parents: [first]))
    builder.ref("refs/heads/old", at: first)
    _ = try builder.build(at: path)
  }

  @Test func `one failing, one altered and one missing repository are told, explained and mended`() async throws {
    try await withTemporaryDirectory("faces") { directory in
      let fixture = try AgentPairFixture(directory)
      for id in ["failing", "altered", "missing", "fine"] { try repository(at: fixture.source(id)) }
      let primary = try fixture.startPrimary()
      let secondary = try fixture.startSecondary()
      try await fixture.asking { pair in
        try await pair.untilSettled(count: 4)
        #expect(try await fixture.remora(["status"], at: fixture.secondaryConfiguration).isSuccess)
        // Its source is no repository any more: what cannot be served is named, and is no failure of the copy.
        try FileManager.default.removeItem(atPath: fixture.source("failing") + "/objects")
        try Data("garbage\n".utf8).write(to: URL(fileURLWithPath: fixture.source("failing") + "/HEAD"))
        _ = try await fixture.remora(["registry", "resync", "failing"], at: fixture.secondaryConfiguration)
        // Another writer moves a branch of the copy.
        try await GitCommand(in: fixture.copy("altered")).run("update-ref", "refs/heads/main", "refs/heads/old")
        _ = try await fixture.remora(["registry", "reverify", "altered"], at: fixture.secondaryConfiguration)
        try await pair.until("both are told") {
          let (failing, altered) = (try await pair.entry("failing"), try await pair.entry("altered"))
          return failing?.notOffered == .broken && altered?.checksumMismatch == true
        }
        let status = try await fixture.remora(["status"], at: fixture.secondaryConfiguration)
        #expect(status.status == 1 && status.text.contains("differ from the primary"))
        let shown = try await fixture.remora(["registry", "show", "altered"], at: fixture.secondaryConfiguration)
        #expect(shown.text.contains("verification_checksum: sha256:"))
        #expect(shown.text.contains("verification_checksum_mismatched: sha256:"))
        #expect(shown.text.contains("differs: refs/heads/main: "))
        let explained = try await fixture.remora(["explain", "altered"], at: fixture.secondaryConfiguration)
        #expect(explained.text.contains("differs: refs/heads/main: ") && explained.text.contains("Next: "))
        _ = try await fixture.remora(["registry", "resync", "altered"], at: fixture.secondaryConfiguration)
        try await pair.untilVerified("altered")
        let views = (try GitCommand().view(fixture.copy("altered")), try GitCommand().view(fixture.source("altered")))
        #expect(views.0 == views.1)
        try FileManager.default.removeItem(atPath: fixture.source("missing"))
        try await pair.until("the copy is in the trash") {
          try await fixture.remora(["trash", "list", "--json"], at: fixture.secondaryConfiguration).text
            .contains("\"id\":\"missing\"")
        }
        let list = try await fixture.remora(["registry", "list", "--json"], at: fixture.secondaryConfiguration)
        #expect(list.lines.count == 3)
        let events = try await fixture.remora(["events", "--json"], at: fixture.primaryConfiguration)
        #expect(events.lines.contains { $0.contains("\"event_name\":\"deleted\"") })
        let flag = "geo_release_asset_replication"
        #expect(
          try await fixture.remora(["feature", "disable", flag], at: fixture.secondaryConfiguration).text.contains(
            "off"))
        #expect(
          try await fixture.remora(["feature", "enable", flag], at: fixture.secondaryConfiguration).text.contains("on"))
        #expect(try await fixture.remora(["explain", "nothing"], at: fixture.secondaryConfiguration).status == 1)
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }
}
