import AgentAPI
import Foundation
import Replication
import TestSupport
import Testing

@testable import Agent

@Suite("Epochs of sites")
struct SiteEpochTests {
  static let now = Timestamp(milliseconds: 1_795_000_000_000)

  static func open(_ directory: TemporaryDirectory) throws -> SiteEpoch {
    try SiteEpoch(state: directory.path, now: { now })
  }

  private static let numbers: [UInt64] = [
    0, 1, 3, 1_000, 1_001, 9_007_199_254_740_991, 9_007_199_254_740_992, .max,
  ]

  private static let promotion = EpochRecord.Promotion(
    at: "\(now)", formerURL: "https://oslo", formerName: "oslo", lastEventID: 7, isFormerFenced: false)

  @Test(
    "what a site says in passing fences nothing, whatever the number",
    arguments: numbers)
  func claim(epoch claimed: UInt64) throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.note(claimed, from: "berlin")
      try epoch.checkNotFenced("publish")
      #expect(epoch.record == EpochRecord())
      #expect(epoch.claims.map(\.site) == (claimed > 0 ? ["berlin"] : []))
      // An answer that shows it can be read.
      #expect(epoch.claims.allSatisfy { $0.epoch <= 9_007_199_254_740_991 })
      #expect(!FileManager.default.fileExists(atPath: directory.path("epoch.json")))
      // The site's next request corrects it.
      try epoch.note(0, from: "berlin")
      #expect(epoch.claims.isEmpty)
    }
  }

  @Test("a fenced primary answers no site, also after a restart")
  func fenced() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      guard case .begun(let ticket) = try epoch.beginFence(3, by: "berlin", isForced: false) else {
        return #expect(Bool(false), "the order did not begin")
      }
      try epoch.complete(ticket, lastEventID: 5)
      let again = try Self.open(directory)
      #expect(again.record.epoch == 3)
      #expect(again.record.fence == .init(at: "\(Self.now)", by: "berlin", lastEventID: 5))
      let error = #expect(throws: AgentFault.self) { try again.note(0, from: "rome") }
      #expect(error?.code == "fenced" && error?.message.contains("'berlin'") == true)
    }
  }

  @Test("a secondary follows no primary of an older epoch than its own, and none that is too far ahead")
  func learn() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.learn(2, of: "https://rome")
      #expect(try Self.open(directory).record.epoch == 2)
      let old = #expect(throws: AgentFault.self) { try epoch.learn(1, of: "https://oslo") }
      #expect(old?.code == "old_epoch")
      try epoch.learn(2, of: "https://rome")
      for far in [1_003, 9_007_199_254_740_991, 9_007_199_254_740_992, UInt64.max] {
        let error = #expect(throws: AgentFault.self) { try epoch.learn(far, of: "https://rome") }
        #expect(error?.code == "implausible_epoch" && error?.hint?.contains("remora epoch set") == true, "\(far)")
      }
      try epoch.learn(1_002, of: "https://rome")
      #expect(try Self.open(directory).record.epoch == 1_002)
    }
  }

  @Test("no number of requests brings an epoch to its end")
  func headroom() throws {
    #expect(EpochRange.isReachable(1_000, from: 0) && !EpochRange.isReachable(1_001, from: 0))
    #expect(EpochRange.isReachable(0, from: .max) && !EpochRange.isReachable(.max, from: .max - 1))
    #expect(!EpochRange.isReachable(EpochRange.highest + 1, from: EpochRange.highest))
    #expect(EpochRange.next(after: 0) == 1 && EpochRange.next(after: EpochRange.highest - 1) == EpochRange.highest)
    for last in [EpochRange.highest, 9_007_199_254_740_992, UInt64.max] { #expect(EpochRange.next(after: last) == nil) }
    // A step at each of ten requests a second: ten thousand years.
    #expect(EpochRange.highest / EpochRange.longestStep / 10 / 86_400 / 365 > 10_000)
  }

  @Test("an operator brings back a site whose epoch came about in another way")
  func set() throws {
    try withTemporaryDirectory("epoch") { directory in
      try directory.write(#"{"epoch":9007199254740991,"format":1}"#, to: "epoch.json")
      let epoch = try Self.open(directory)
      try epoch.note(9_007_199_254_740_991, from: "berlin")
      let error = #expect(throws: AgentFault.self) { try epoch.learn(1, of: "https://oslo") }
      #expect(error?.hint?.contains("remora epoch set 1") == true)
      try epoch.set(1)
      try epoch.learn(1, of: "https://oslo")
      #expect(try Self.open(directory).record.epoch == 1)
      for far in [EpochRange.highestToSet + 1, UInt64.max] {
        #expect(throws: AgentFault.self) { try epoch.set(far) }
      }
      #expect(epoch.record.epoch == 1)
    }
  }

  @Test("a promotion is recorded and asks for a restart once")
  func promotion() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.stepDown(to: 1, by: "rome")
      #expect(!epoch.wantsRestart && epoch.record.fence?.by == "rome")
      try epoch.promote(2, Self.promotion)
      #expect(epoch.wantsRestart)
      let again = try Self.open(directory)
      #expect(!again.wantsRestart && again.record.fence == nil && again.record.promotion?.isFormerFenced == false)
      try again.formerIsFenced()
      #expect(try Self.open(directory).record.promotion?.isFormerFenced == true)
    }
  }

  @Test("a former primary that follows needs no fence; one that has not learned the epoch does")
  func following() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.promote(2, Self.promotion)
      try epoch.note(0, from: "oslo")
      try epoch.note(2, from: "rome")
      #expect(epoch.record.promotion?.isFormerFenced == false)
      try epoch.note(2, from: "oslo")
      #expect(try Self.open(directory).record.promotion?.isFormerFenced == true)
    }
  }

  @Test("the name of a former primary that never answered is recorded when it does, and the site is opened with it")
  func lateName() throws {
    try withTemporaryDirectory("epoch") { directory in
      var nameless = Self.promotion
      nameless.formerName = nil
      try Self.open(directory).promote(2, nameless)
      let epoch = try Self.open(directory)
      try epoch.formerIsFenced(name: "oslo")
      #expect(epoch.wantsRestart && epoch.record.promotion?.formerName == "oslo")
      #expect(epoch.record.promotion?.isFormerFenced == true)
    }
  }

  @Test(
    "a site that follows another primary than the one that it replaced is no primary again when its configuration names that one"
  )
  func promotionIsOver() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.promote(1, Self.promotion)
      #expect(SiteRole(.secondary(of: "https://rome"), epoch.record) == .secondary)
      #expect(SiteRole(.secondary(of: "https://oslo"), epoch.record) == .promoted)
      try epoch.learn(1, of: "https://rome")
      let record = try Self.open(directory).record
      #expect(SiteRole(.secondary(of: "https://oslo"), record) == .secondary)
      #expect(SiteRole(.primary, record) == .fenced(by: "https://rome"))
    }
  }

  @Test("a damaged, a newer and an unreadable record stop the start", arguments: ["", "{", #"{"format":2,"epoch":1}"#])
  func damaged(text: String) throws {
    try withTemporaryDirectory("epoch") { directory in
      try directory.write(text, to: "epoch.json")
      #expect(throws: (any Error).self) { try Self.open(directory) }
    }
    try withTemporaryDirectory("epoch") { directory in
      try FileManager.default.createDirectory(
        atPath: directory.path("epoch.json"), withIntermediateDirectories: false)
      #expect(throws: (any Error).self) { try Self.open(directory) }
    }
  }

  @Test("the record of version 0.1 is read, and keeps its meaning")
  func firstVersion() throws {
    try withTemporaryDirectory("epoch") { directory in
      try directory.write(
        #"{"epoch":2,"fence":{"at":"2026-11-22T18:04:05.123Z","by":"rome"},"format":1,"promotion":{"at":"2026-11-20T18:04:05.123Z","#
          + #""formerName":"oslo","formerURL":"https://oslo","isFormerFenced":true,"lastEventID":7}}"#, to: "epoch.json"
      )
      let record = try Self.open(directory).record
      #expect(record.fence?.by == "rome" && record.fence?.lastEventID == nil && record.promotion?.formerName == "oslo")
      #expect(SiteRole(.secondary(of: "https://oslo"), record) == .secondary)
    }
  }
}
