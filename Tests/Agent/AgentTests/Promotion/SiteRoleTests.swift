import Foundation
import Replication
import TestSupport
import Testing

@testable import Agent

/// Configured role × record × epoch: what the site does, and what its status says. The article `Promotion` has the same table.
@Suite("Roles of sites")
struct SiteRoleTests {
  /// What was recorded, in the order in which it can come about.
  enum Recorded: String, CaseIterable {
    case nothing
    /// Followed a primary of epoch 2.
    case followed
    /// Was fenced as a primary.
    case fenced
    /// Was promoted in place of oslo, which is fenced.
    case promoted
    /// Was promoted in place of oslo, which cannot be reached.
    case promotedUnfenced
    /// Was promoted in place of oslo, and fenced by it afterwards: fail over and back.
    case promotedThenFenced

    var record: EpochRecord {
      var record = EpochRecord()
      guard self != .nothing else { return record }
      record.epoch = 2
      if [.fenced, .promotedThenFenced].contains(self) {
        record.fence = .init(at: "2026-11-22T18:04:05.123Z", by: "oslo", lastEventID: 4)
      }
      if [.promoted, .promotedUnfenced, .promotedThenFenced].contains(self) {
        record.promotion = .init(
          at: "2026-11-21T18:04:05.123Z", formerURL: "https://oslo:7170", formerName: "oslo", lastEventID: 3,
          isFormerFenced: self != .promotedUnfenced)
      }
      return record
    }
  }

  private static let oslo = SiteRole.Configured.secondary(of: "https://oslo:7170")
  private static let rome = SiteRole.Configured.secondary(of: "https://rome:7170")

  private static let table: [(SiteRole.Configured, Recorded, SiteRole)] = [
    (.primary, .nothing, .primary),
    (.primary, .followed, .primary),
    (.primary, .fenced, .fenced(by: "oslo")),
    (.primary, .promoted, .primary),
    (.primary, .promotedUnfenced, .primary),
    (.primary, .promotedThenFenced, .fenced(by: "oslo")),
    (oslo, .nothing, .secondary),
    (oslo, .followed, .secondary),
    (oslo, .fenced, .secondary),
    (oslo, .promoted, .promoted),
    (oslo, .promotedUnfenced, .promoted),
    (oslo, .promotedThenFenced, .secondary),
    (rome, .nothing, .secondary),
    (rome, .followed, .secondary),
    (rome, .fenced, .secondary),
    (rome, .promoted, .secondary),
    (rome, .promotedUnfenced, .secondary),
    (rome, .promotedThenFenced, .secondary),
    (.listed, .nothing, .listed),
    (.listed, .followed, .listed),
    (.listed, .fenced, .listed),
    (.listed, .promoted, .listed),
    (.listed, .promotedUnfenced, .listed),
    (.listed, .promotedThenFenced, .listed),
  ]

  @Test("the table is whole, and each row of it holds")
  func roles() {
    #expect(Self.table.count == 4 * Recorded.allCases.count)
    for (configured, recorded, role) in Self.table {
      #expect(SiteRole(configured, recorded.record) == role, "\(configured), \(recorded)")
    }
  }

  @Test("what the status says of each row, and nothing where nothing needs the operator")
  func status() {
    for (configured, recorded, role) in Self.table {
      let failure = recorded == .promotedUnfenced ? "no route" : nil
      let status = PromotionStatus(role, recorded.record, formerFailure: failure)
      let text = status.problems.joined(separator: "\n")
      switch role {
      case .fenced:
        #expect(status.fencedBy == "oslo" && text.contains("replaced by 'oslo'"), "\(configured), \(recorded)")
        #expect(text.contains("stale") && text.contains("remora promote --force"))
        #expect(status.problems.count == 1, "nothing else matters: \(text)")
      case .primary, .promoted:
        #expect(status.fencedBy == nil)
        #expect(text.isEmpty == (recorded != .promotedUnfenced), "\(configured), \(recorded): \(text)")
        if recorded == .promotedUnfenced {
          #expect(text.contains("former primary at https://oslo:7170 is not fenced") && text.contains("no route"))
        }
      case .secondary, .listed: #expect(text.isEmpty && status.fencedBy == nil, "\(configured), \(recorded): \(text)")
      }
    }
  }

  struct Primary {
    let epoch: UInt64
    let isFollowed: Bool
  }

  private static let primaries = [(0, false), (1, false), (2, true), (3, true), (1_002, true), (1_003, false)].map {
    Primary(epoch: $0, isFollowed: $1)
  }

  /// What a secondary of the table does with the answers of its primary, by that one's epoch.
  @Test(
    "a secondary follows a primary of at least its epoch, and none of a lower one",
    arguments: Recorded.allCases.filter { $0 != .nothing }, primaries)
  func epochs(recorded: Recorded, primary: Primary) throws {
    try withTemporaryDirectory("role") { directory in
      let bytes = try JSONEncoder().encode(recorded.record)
      try directory.write(String(decoding: bytes, as: UTF8.self), to: "epoch.json")
      let epoch = try SiteEpochTests.open(directory)
      #expect(((try? epoch.learn(primary.epoch, of: "https://rome:7170")) != nil) == primary.isFollowed)
      let after = try SiteEpochTests.open(directory).record
      #expect(after.epoch == (primary.isFollowed ? max(2, primary.epoch) : 2))
      // Whatever it was, it has followed: without a promotion it is no primary again, whatever the configuration says.
      guard primary.isFollowed else { return #expect(after == recorded.record) }
      #expect(SiteRole(Self.oslo, after) == .secondary)
      if after.promotion != nil || recorded == .fenced {
        #expect(!SiteRole(.primary, after).takesEvents, "\(recorded), \(after)")
      }
    }
  }

  @Test(
    "two spellings of the former primary's address are one",
    arguments: [
      "https://oslo:7170/", "HTTPS://oslo:7170", "https://OSLO:7170",
    ])
  func spellings(url: String) {
    #expect(SiteRole(.secondary(of: url), Recorded.promoted.record) == .promoted)
  }

  @Test("a former primary whose secret the configuration does not have is named, and so is one without a name")
  func unreachable() {
    let record = Recorded.promotedUnfenced.record
    let status = PromotionStatus(.primary, record, reachesFormer: false)
    #expect(status.problems.first?.contains("name it under 'secondaries'") == true)
    var nameless = record
    nameless.promotion?.formerName = nil
    #expect(PromotionStatus(.promoted, nameless).problems.contains { $0.contains("name is not known") })
  }

  @Test("a former primary that was fenced and is a primary again is a problem")
  func twoPrimaries() {
    let status = PromotionStatus(.promoted, Recorded.promoted.record, formerFailure: "its epoch is the same")
    #expect(status.problems.count == 1 && status.problems[0].contains("is a primary again"))
    #expect(PromotionStatus(.promoted, Recorded.promoted.record).problems.isEmpty)
  }

  @Test("sites that named a higher epoch are a problem of a primary that was not replaced")
  func claims() {
    let status = PromotionStatus(.primary, EpochRecord(), claims: ["berlin", "rome"])
    #expect(status.problems.count == 1 && status.problems[0].hasPrefix("'berlin', 'rome' named a higher epoch"))
    #expect(PromotionStatus(.secondary, EpochRecord(), claims: ["berlin"]).problems.isEmpty)
  }
}

extension SiteRole {
  fileprivate var takesEvents: Bool { self == .primary || self == .promoted }
}
