import Replication
import Testing

/// What a table does to an entry.
enum SyncInput: String, CaseIterable, Sendable {
  case announceNew, announceKnown, announceOlder, announceOfOtherLog, announceUnknown, announceOtherIncarnation
  case resync, requestFreshDownload, forgetGenerations, start, finish, fail, failMissing, pause, restart
}

@Suite("The sync state machine")
struct SyncMachineTests {
  /// The state that each input leads to from each standing, in order of `EntryStanding`: p, s, d (done) and f; a dot
  /// for "nothing changed at all".
  static let table: [(input: SyncInput, results: [Character])] = [
    //                            pending started again synced verifying verified failed mismatched
    (.announceNew, ["p", "p", "p", "p", "p", "p", "p", "p"]),
    (.announceKnown, [".", ".", ".", ".", ".", ".", ".", "."]),
    (.announceOlder, [".", ".", ".", ".", ".", ".", ".", "."]),
    (.announceOfOtherLog, ["p", "p", "p", "p", "p", "p", "p", "p"]),
    (.announceUnknown, ["p", "p", "p", "p", "p", "p", "p", "p"]),
    (.announceOtherIncarnation, [".", ".", ".", ".", ".", ".", ".", "."]),
    (.resync, ["p", "p", "p", "p", "p", "p", "p", "p"]),
    (.requestFreshDownload, ["p", "p", "p", "p", "p", "p", "p", "p"]),
    (.forgetGenerations, ["p", "p", "p", "p", "p", "p", "p", "p"]),
    (.start, ["s", ".", "s", "s", "s", "s", "s", "s"]),
    (.finish, [".", "d", "p", ".", ".", ".", ".", "."]),
    (.fail, [".", "f", "p", ".", ".", ".", ".", "."]),
    (.failMissing, [".", "f", "p", ".", ".", ".", ".", "."]),
    (.pause, [".", "p", ".", ".", ".", ".", ".", "."]),
    (.restart, [".", "p", ".", ".", "d", ".", ".", "."]),
  ]

  static func apply(_ input: SyncInput, to entry: inout RegistryEntry, _ ticket: SyncTicket?) -> String {
    let now = Sample.start + .seconds(60)
    var generator = ConstantGenerator.smallest
    func announce(_ generation: Generation?, _ incarnation: Incarnation? = Sample.incarnation) -> String {
      "\(entry.announce(generation, incarnation: incarnation, at: now))"
    }
    switch input {
    case .announceNew: return announce(Sample.generation(9))
    case .announceKnown: return announce(entry.wanted)
    case .announceOlder: return announce(Sample.generation(4))
    case .announceOfOtherLog: return announce(Sample.generation(1, log: Sample.otherLog))
    case .announceUnknown: return announce(nil)
    case .announceOtherIncarnation: return announce(Sample.generation(9), Incarnation(2))
    case .resync: entry.resync()
    case .requestFreshDownload: entry.requestFreshDownload()
    case .forgetGenerations: entry.forgetGenerations()
    case .start: return entry.startSync(at: now) == nil ? "nil" : "ticket"
    case .finish: return ticket.map { "\(entry.finishSync($0))" } ?? "-"
    case .fail, .failMissing:
      return ticket.map {
        let outcome = entry.failSync($0, "no", missingOnPrimary: input == .failMissing, at: now, using: &generator)
        return "\(outcome)"
      } ?? "-"
    case .pause: return ticket.map { "\(entry.pauseSync($0))" } ?? "-"
    case .restart: entry.recoverAfterRestart()
    }
    return ""
  }

  @Test("every input from everywhere", arguments: table.map(\.input))
  func transitions(input: SyncInput) throws {
    let results = try #require(Self.table.first { $0.input == input }?.results)
    for (standing, result) in zip(EntryStanding.allCases, results) {
      let (before, ticket, _) = try standing.make()
      var entry = before
      let outcome = Self.apply(input, to: &entry, ticket)
      let comment: Comment = "\(standing) \(input) \(outcome)"
      switch result {
      case ".": #expect(entry == before, comment)
      case "p": #expect(entry.state == .pending, comment)
      case "s": #expect(entry.state == .started, comment)
      case "d": #expect(entry.state == .synced, comment)
      case "f": #expect(entry.state == .failed, comment)
      default: Issue.record("no such result")
      }
      if entry.state != .synced {
        #expect([.failed, .disabled].contains(entry.verificationState), comment)
      }
      if entry.state == .pending { #expect(entry.isDueForSync(at: Sample.start), comment) }
      // Only a sync that ends well begins the count anew.
      if outcome != "recorded" || input != .finish { #expect(entry.retryCount >= before.retryCount, comment) }
    }
    #expect(results.count == EntryStanding.allCases.count)
  }

  @Test("the table has every input")
  func completeness() { #expect(Set(Self.table.map(\.input)) == Set(SyncInput.allCases)) }

  @Test("a sync that was overtaken holds what it was started for and claims no more")
  func overtaken() throws {
    var (entry, ticket, _) = try EntryStanding.pendingAgain.make()
    #expect(entry.finishSync(try #require(ticket)) == .syncAgain)
    #expect(entry.held == Sample.generation(5))
    #expect(entry.wanted == Sample.generation(6))
    #expect(entry.state == .pending)
    let second = try entry.beginSync(at: Sample.start)
    #expect(second.wanted == Sample.generation(6))
    #expect(entry.finishSync(second) == .recorded)
    #expect(entry.held == Sample.generation(6))
    #expect(entry.verificationState == .pending)
  }

  @Test("a generation of another log replaces what was wanted, and what is held is of the log that it says")
  func otherLog() throws {
    var (entry, _, _) = try EntryStanding.synced.make()
    let other = Sample.generation(1, log: Sample.otherLog)
    #expect(entry.announce(other, incarnation: nil, at: Sample.start) == .pending)
    #expect(entry.wanted == other)
    #expect(entry.held == Sample.generation(5))
    let ticket = try entry.beginSync(at: Sample.start)
    #expect(entry.finishSync(ticket) == .recorded)
    #expect(entry.held == other)
  }

  @Test("failures count on through announcements, with their text, until a success")
  func countSurvives() throws {
    var (entry, _, _) = try EntryStanding.failed.make()
    var generator = ConstantGenerator.smallest
    #expect(entry.retryCount == 1)
    #expect(entry.retryAt == Sample.start + .seconds(16))
    #expect(entry.announce(Sample.generation(6), incarnation: nil, at: Sample.start) == .pending)
    #expect(entry.retryCount == 1)
    #expect(entry.retryAt == nil)
    #expect(entry.lastSyncFailure == "broken")
    let ticket = try entry.beginSync(at: Sample.start)
    entry.failSync(ticket, "again", missingOnPrimary: true, at: Sample.start, using: &generator)
    #expect(entry.retryCount == 2)
    #expect(entry.missingOnPrimary)
    #expect(entry.retryAt == Sample.start + .seconds(31))
    let last = try entry.beginSync(at: Sample.start)
    #expect(entry.finishSync(last) == .recorded)
    #expect(entry.retryCount == 0)
    #expect(entry.retryAt == nil)
    #expect(entry.lastSyncFailure == nil)
    #expect(!entry.missingOnPrimary)
  }

  @Test("a failure that was overtaken is due at once, and counted")
  func overtakenFailure() throws {
    var (entry, ticket, _) = try EntryStanding.pendingAgain.make()
    var generator = ConstantGenerator.smallest
    let outcome = entry.failSync(
      try #require(ticket), "no", missingOnPrimary: true, at: Sample.start, using: &generator)
    #expect(outcome == .syncAgain)
    #expect(entry.state == .pending)
    #expect(entry.retryCount == 1)
    #expect(entry.lastSyncFailure == "no")
    #expect(entry.retryAt == nil)
    // It was announced after that sync took its event.
    #expect(!entry.missingOnPrimary)
  }

  @Test("a failing host leaves a failed entry failed and counts nothing")
  func pause() throws {
    let (before, _, _) = try EntryStanding.failed.make()
    var entry = before
    let later = Sample.start + .seconds(60)
    let ticket = try entry.beginSync(at: later)
    #expect(entry.pauseSync(ticket) == .recorded)
    #expect(entry.state == .failed)
    #expect(entry.retryCount == before.retryCount)
    #expect(entry.retryAt == before.retryAt)
    #expect(entry.wanted == before.wanted)
    #expect(entry.isDueForSync(at: later))
  }

  @Test("a fresh download is asked for until one succeeds")
  func freshDownload() throws {
    var (entry, running, _) = try EntryStanding.started.make()
    var generator = ConstantGenerator.smallest
    entry.requestFreshDownload()
    #expect(entry.finishSync(try #require(running)) == .syncAgain)
    #expect(entry.forceToRedownload)
    let failing = try entry.beginSync(at: Sample.start + .seconds(1))
    #expect(failing.forceToRedownload)
    entry.failSync(failing, "no", missingOnPrimary: false, at: Sample.start, using: &generator)
    #expect(entry.forceToRedownload)
    let last = try entry.beginSync(at: Sample.start + .seconds(2))
    _ = entry.announce(Sample.generation(9), incarnation: nil, at: Sample.start)
    #expect(entry.finishSync(last) == .syncAgain)
    #expect(!entry.forceToRedownload)
  }

  @Test("a ticket is of one attempt of one entry, also within one millisecond")
  func staleTickets() throws {
    var (entry, first, _) = try EntryStanding.started.make()
    let ticket = try #require(first)
    entry.recoverAfterRestart()
    let second = try entry.beginSync(at: Sample.start)
    #expect(second != ticket)
    #expect(entry.finishSync(ticket) == .stale)
    #expect(entry.state == .started)
    var other = RegistryEntry(
      id: 2, replicableID: try Sample.id("a"), createdAt: Sample.start, incarnation: Sample.incarnation,
      wanted: Sample.generation(5))
    _ = other.startSync(at: Sample.start)
    #expect(other.finishSync(ticket) == .stale)
    entry.forgetGenerations()
    #expect(entry.finishSync(second) == .stale)
    #expect(entry.held == nil)
  }

  @Test("another incarnation changes nothing and is reported; the first one that is named is taken")
  func incarnations() throws {
    var (entry, _, _) = try EntryStanding.verified.make()
    let outcome = entry.announce(Sample.generation(9), incarnation: Incarnation(2), at: Sample.start)
    #expect(outcome == .otherIncarnation(Sample.incarnation))
    var unnamed = RegistryEntry(id: 2, replicableID: try Sample.id("b"), createdAt: Sample.start)
    #expect(unnamed.announce(nil, incarnation: Incarnation(2), at: Sample.start) == .pending)
    #expect(unnamed.incarnation == Incarnation(2))
  }

  @Test(
    "a retry time is waited for, but not one of another clock",
    arguments: [
      (false, 0, false), (false, 15, false), (false, 16, true), (false, 90_000, true), (false, -3_657, false),
      (false, -3_659, true), (false, -86_400, true), (true, -3_659, false), (true, -14_457, false),
      (true, -14_459, true),
    ])
  func due(isMissing: Bool, seconds: Int, isDue: Bool) throws {
    var (entry, ticket, _) = try EntryStanding.started.make()
    var generator = ConstantGenerator.smallest
    entry.failSync(
      try #require(ticket), "no", missingOnPrimary: isMissing, at: Sample.start, using: &generator)
    #expect(entry.isDueForSync(at: Sample.start + .seconds(seconds)) == isDue)
  }

  @Test("an entry that is ahead of its registry's cursor is found")
  func ahead() throws {
    let (entry, _, _) = try EntryStanding.pending.make()
    func cursor(_ id: UInt64, _ log: LogID = Sample.log) -> Cursor { Cursor(log: log, id: id, chain: 0) }
    #expect(entry.isAhead(of: cursor(4)))
    #expect(!entry.isAhead(of: cursor(5)))
    #expect(!entry.isAhead(of: cursor(4, Sample.otherLog)))
    #expect(entry.isAhead(of: nil))
    let new = RegistryEntry(id: 2, replicableID: try Sample.id("b"), createdAt: Sample.start)
    #expect(!new.isAhead(of: nil))
  }

  @Test("failures are cut to 255 scalars")
  func text() throws {
    var (entry, ticket, _) = try EntryStanding.started.make()
    var generator = ConstantGenerator.smallest
    let message = "e" + String(repeating: "\u{301}", count: 1_000)
    entry.failSync(try #require(ticket), message, missingOnPrimary: false, at: Sample.start, using: &generator)
    #expect(entry.lastSyncFailure?.unicodeScalars.count == 255)
  }
}
