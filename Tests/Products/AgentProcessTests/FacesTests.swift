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
      let rig = try AgentRig(directory)
      for id in ["failing", "altered", "missing", "fine"] { try repository(at: rig.source(id)) }
      let primary = try rig.startPrimary()
      let secondary = try rig.startSecondary()
      try await rig.asking { pair in
        try await pair.untilSettled(count: 4)
        #expect(try await rig.remora(["status"], at: rig.secondaryConfiguration).isSuccess)
        // Its source is no repository any more: what cannot be served is named, and is no failure of the copy.
        try FileManager.default.removeItem(atPath: rig.source("failing") + "/objects")
        try Data("garbage\n".utf8).write(to: URL(fileURLWithPath: rig.source("failing") + "/HEAD"))
        _ = try await rig.remora(["registry", "resync", "failing"], at: rig.secondaryConfiguration)
        // Another writer moves a branch of the copy.
        try await GitCommand(in: rig.copy("altered")).run("update-ref", "refs/heads/main", "refs/heads/old")
        _ = try await rig.remora(["registry", "reverify", "altered"], at: rig.secondaryConfiguration)
        try await pair.until("both are told") {
          let (failing, altered) = (try await pair.entry("failing"), try await pair.entry("altered"))
          return failing?.notOffered == .broken && altered?.checksumMismatch == true
        }
        let status = try await rig.remora(["status"], at: rig.secondaryConfiguration)
        #expect(status.status == 1 && status.text.contains("differ from the primary"))
        let shown = try await rig.remora(["registry", "show", "altered"], at: rig.secondaryConfiguration)
        #expect(shown.text.contains("verification_checksum: sha256:"))
        #expect(shown.text.contains("verification_checksum_mismatched: sha256:"))
        #expect(shown.text.contains("differs: refs/heads/main: "))
        let explained = try await rig.remora(["explain", "altered"], at: rig.secondaryConfiguration)
        #expect(explained.text.contains("differs: refs/heads/main: ") && explained.text.contains("Next: "))
        _ = try await rig.remora(["registry", "resync", "altered"], at: rig.secondaryConfiguration)
        try await pair.untilVerified("altered")
        let views = (try GitCommand().view(rig.copy("altered")), try GitCommand().view(rig.source("altered")))
        #expect(views.0 == views.1)
        try FileManager.default.removeItem(atPath: rig.source("missing"))
        try await pair.until("the copy is in the trash") {
          try await rig.remora(["trash", "list", "--json"], at: rig.secondaryConfiguration).text
            .contains("\"id\":\"missing\"")
        }
        let list = try await rig.remora(["registry", "list", "--json"], at: rig.secondaryConfiguration)
        #expect(list.lines.count == 3)
        let events = try await rig.remora(["events", "--json"], at: rig.primaryConfiguration)
        #expect(events.lines.contains { $0.contains("\"event_name\":\"deleted\"") })
        let flag = "geo_release_asset_replication"
        #expect(
          try await rig.remora(["feature", "disable", flag], at: rig.secondaryConfiguration).text.contains("off"))
        #expect(try await rig.remora(["feature", "enable", flag], at: rig.secondaryConfiguration).text.contains("on"))
        #expect(try await rig.remora(["explain", "nothing"], at: rig.secondaryConfiguration).status == 1)
      }
      withExtendedLifetime((primary, secondary)) {}
    }
  }
}
