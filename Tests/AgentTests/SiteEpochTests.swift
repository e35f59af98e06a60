import AgentAPI
import Foundation
import Replication
import TestSupport
import Testing

@testable import Agent

@Suite("Epochs of sites")
struct SiteEpochTests {
  private static let now = Timestamp(milliseconds: 1_795_000_000_000)

  private static func open(_ directory: TemporaryDirectory) throws -> SiteEpoch {
    try SiteEpoch(state: directory.path, now: { now })
  }

  @Test("a higher epoch fences a primary, durably; the same or a lower one does not")
  func fence() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.hear(of: 0, from: "berlin")
      try epoch.checkNotFenced("publish")
      #expect(!FileManager.default.fileExists(atPath: directory.path("epoch.json")))
      #expect(throws: AgentFault.self) { try epoch.hear(of: 3, from: "berlin") }
      let again = try Self.open(directory)
      #expect(again.record.epoch == 3 && again.record.fence?.by == "berlin")
      let error = #expect(throws: AgentFault.self) { try again.hear(of: 0, from: "rome") }
      #expect(error?.code == "fenced" && error?.message.contains("'berlin'") == true)
      try again.liftFence(to: 0)
      try Self.open(directory).checkNotFenced("publish")
    }
  }

  @Test("a secondary follows no primary of an older epoch than it knows")
  func learn() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.learn(2, of: "https://rome")
      #expect(try Self.open(directory).record.epoch == 2)
      let error = #expect(throws: AgentFault.self) { try epoch.learn(1, of: "https://oslo") }
      #expect(error?.code == "old_epoch")
      try epoch.learn(2, of: "https://rome")
    }
  }

  @Test("a promotion is remembered and asks for a restart once")
  func promotion() throws {
    try withTemporaryDirectory("epoch") { directory in
      let epoch = try Self.open(directory)
      try epoch.fence(1, by: "rome")
      #expect(!epoch.wantsRestart)
      try epoch.promote(
        2,
        .init(at: "\(Self.now)", formerURL: "https://oslo", formerName: "oslo", lastEventID: 7, isFormerFenced: false))
      #expect(epoch.wantsRestart)
      let again = try Self.open(directory)
      #expect(!again.wantsRestart && again.record.fence == nil && again.record.promotion?.isFormerFenced == false)
      try again.formerIsFenced()
      #expect(try Self.open(directory).record.promotion?.isFormerFenced == true)
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
}
