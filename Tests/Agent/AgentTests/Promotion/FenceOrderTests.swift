import AgentAPI
import Foundation
import Replication
import TestSupport
import Testing

@testable import Agent

/// Orders by which one site replaces another, also several at a time, and a crash between any two steps of one.
@Suite("Orders of fence")
struct FenceOrderTests {
  private static func begin(
    _ number: UInt64, by site: String, isForced: Bool = false, _ epoch: SiteEpoch
  ) throws -> FenceTicket {
    guard case .begun(let ticket) = try epoch.beginFence(number, by: site, isForced: isForced) else {
      throw TestSupportError("the order was carried out before")
    }
    return ticket
  }

  private static func code(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return (error as? AgentFault)?.code ?? "\(error)"
    }
  }

  @Test("a refused order of another site leaves the whole record as it was, whatever it asked for")
  func refusedOrder() throws {
    try withTemporaryDirectory("fence") { directory in
      let epoch = try SiteEpochTests.open(directory)
      try epoch.complete(Self.begin(1, by: "berlin", epoch), lastEventID: 9)
      let fenced = epoch.record
      for number in [0, 1, 2, 9, 1_001, 1_002, 9_007_199_254_740_991, UInt64.max] {
        #expect(Self.code { _ = try Self.begin(number, by: "rome", epoch) } != nil, "\(number)")
        #expect(epoch.record == fenced)
      }
      // A forced one begins, and is refused later: its epoch and its fence never were.
      let ticket = try Self.begin(9, by: "rome", isForced: true, epoch)
      epoch.abandon(ticket)
      #expect(epoch.record == fenced)
      #expect(try SiteEpochTests.open(directory).record == fenced)
    }
  }

  @Test("the reasons of refusals are distinguished")
  func reasons() throws {
    try withTemporaryDirectory("fence") { directory in
      let epoch = try SiteEpochTests.open(directory)
      try epoch.set(5)
      #expect(Self.code { _ = try Self.begin(5, by: "berlin", epoch) } == "old_epoch")
      #expect(Self.code { _ = try Self.begin(4, by: "berlin", epoch) } == "old_epoch")
      #expect(Self.code { _ = try Self.begin(1_006, by: "berlin", epoch) } == "implausible_epoch")
      let ticket = try Self.begin(1_005, by: "berlin", epoch)
      #expect(Self.code { _ = try Self.begin(6, by: "rome", epoch) } == "busy")
      try epoch.complete(ticket, lastEventID: 0)
      #expect(Self.code { _ = try Self.begin(1_006, by: "rome", epoch) } == "fenced")
      #expect(Self.code { _ = try Self.begin(1_006, by: "rome", isForced: true, epoch) } == nil)
    }
  }

  @Test("the same order again is the one of before, with its last event")
  func repeatedOrder() throws {
    try withTemporaryDirectory("fence") { directory in
      let epoch = try SiteEpochTests.open(directory)
      try epoch.complete(Self.begin(1, by: "berlin", epoch), lastEventID: 9)
      let again = try SiteEpochTests.open(directory)
      #expect(try again.beginFence(1, by: "berlin", isForced: false) == .done(lastEventID: 9))
      #expect(try again.beginFence(1, by: "berlin", isForced: true) == .done(lastEventID: 9))
    }
  }

  @Test("an order completes only on the record that it began with")
  func compareAndSet() throws {
    try withTemporaryDirectory("fence") { directory in
      let epoch = try SiteEpochTests.open(directory)
      let ticket = try Self.begin(1, by: "berlin", epoch)
      try epoch.set(4)
      #expect(Self.code { try epoch.complete(ticket, lastEventID: 0) } == "busy")
      #expect(epoch.record.fence == nil && epoch.record.epoch == 4)
      // One that was ended by its failure does not come back.
      epoch.abandon(ticket)
      let second = try Self.begin(5, by: "berlin", epoch)
      epoch.abandon(second)
      let third = try Self.begin(6, by: "rome", epoch)
      #expect(Self.code { try epoch.complete(second, lastEventID: 0) } == "busy")
      // Nor does its end stop another one.
      epoch.abandon(second)
      try epoch.complete(third, lastEventID: 0)
      #expect(epoch.record.fence?.by == "rome" && epoch.record.epoch == 6)
    }
  }

  @Test("a crash in the middle of an order leaves a primary, one after it a fenced primary")
  func crash() throws {
    try withTemporaryDirectory("fence") { directory in
      let epoch = try SiteEpochTests.open(directory)
      let ticket = try Self.begin(1, by: "berlin", epoch)
      #expect(Self.code { try epoch.checkNotFenced("publish") } == "busy")
      try SiteEpochTests.open(directory).checkNotFenced("publish")
      try epoch.complete(ticket, lastEventID: 0)
      let again = try SiteEpochTests.open(directory)
      #expect(Self.code { try again.checkNotFenced("publish") } == "fenced")
    }
  }

  @Test("events that are being written are waited for, and none is written after them")
  func publishing() async throws {
    try await withTemporaryDirectory("fence") { directory in
      let epoch = try SiteEpochTests.open(directory)
      try epoch.beginPublishing()
      let ticket = try Self.begin(1, by: "berlin", epoch)
      #expect(Self.code { try epoch.beginPublishing() } == "busy")
      await #expect(throws: AgentFault.self) { try await epoch.waitForPublishing(atMost: .milliseconds(50)) }
      async let end: Void = epoch.waitForPublishing(atMost: .seconds(30))
      epoch.endPublishing()
      try await end
      try epoch.complete(ticket, lastEventID: 3)
      #expect(Self.code { try epoch.beginPublishing() } == "fenced")
    }
  }

  @Test("a hundred orders at once of three sites: one is carried out, and the record is its")
  func race() async throws {
    try await withTemporaryDirectory("fence") { directory in
      let epoch = try SiteEpochTests.open(directory)
      let completed = await withTaskGroup(of: FenceTicket?.self) { group in
        for number in 0..<100 {
          group.addTask {
            var begun: FenceTicket?
            while begun == nil {
              let code = Self.code {
                begun = try Self.begin(UInt64(number % 7 + 1), by: ["a", "b", "c"][number % 3], epoch)
              }
              // Another order is being carried out: try again, as the answer says. Any other refusal ends this one.
              if let code, code != "busy" { return nil }
              await Task.yield()
            }
            guard let ticket = begun else { return nil }
            if number % 5 == 0 {
              epoch.abandon(ticket)
              return nil
            }
            return (try? epoch.complete(ticket, lastEventID: UInt64(number))) == nil ? nil : ticket
          }
        }
        return await group.reduce(into: [FenceTicket]()) { if let ticket = $1 { $0.append(ticket) } }
      }
      #expect(completed.count == 1)
      #expect(epoch.record.fence?.by == completed.first?.site && epoch.record.epoch == completed.first?.epoch)
      #expect(try SiteEpochTests.open(directory).record == epoch.record)
    }
  }
}
