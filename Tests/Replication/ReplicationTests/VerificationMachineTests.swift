import Replication
import Testing

@Suite("The verification state machine")
struct VerificationMachineTests {
  enum Input: String, CaseIterable, Sendable {
    case start, succeed, mismatch, fail, moved, pause, reverify, primaryReadOther, primaryReadSame, primaryReadOlder,
      restart
  }

  /// p pending, s started, g succeeded, f failed (with the sync), a dot for no change.
  static let table: [(input: Input, results: [Character])] = [
    //      pending started again synced verifying verified failed mismatched
    (.start, [".", ".", ".", "s", ".", "s", ".", "."]),
    (.succeed, [".", ".", ".", ".", "g", ".", ".", "."]),
    (.mismatch, [".", ".", ".", ".", "f", ".", ".", "."]),
    (.fail, [".", ".", ".", ".", "f", ".", ".", "."]),
    (.moved, [".", ".", ".", ".", "p", ".", ".", "."]),
    (.pause, [".", ".", ".", ".", "p", ".", ".", "."]),
    (.reverify, [".", ".", ".", ".", ".", "p", ".", "."]),
    (.primaryReadOther, [".", ".", ".", ".", ".", "p", ".", "."]),
    (.primaryReadSame, [".", ".", ".", ".", ".", ".", ".", "."]),
    (.primaryReadOlder, [".", ".", ".", ".", ".", ".", ".", "."]),
    (.restart, [".", "r", ".", ".", "p", ".", ".", "."]),
  ]

  static func apply(_ input: Input, to entry: inout RegistryEntry, _ ticket: VerificationTicket?) {
    let now = Sample.start + .seconds(60)
    var generator = ConstantGenerator.smallest
    switch input {
    case .start: _ = entry.startVerification(at: now)
    case .succeed: if let ticket { _ = entry.succeedVerification(ticket, Sample.checksum(1), at: now) }
    case .mismatch:
      if let ticket {
        entry.failMismatch(
          ticket, copy: Sample.checksum(1), primary: Sample.checksum(2), at: now, using: &generator)
      }
    case .fail: if let ticket { entry.failVerification(ticket, "no", at: now, using: &generator) }
    case .moved: if let ticket { entry.moved(ticket, at: now) }
    case .pause: if let ticket { entry.pauseVerification(ticket) }
    case .reverify: entry.reverify()
    case .primaryReadOther: entry.primaryRead(Sample.reading(9, at: 5))
    case .primaryReadSame: entry.primaryRead(Sample.reading(1, at: 5))
    case .primaryReadOlder: entry.primaryRead(Sample.reading(9, at: 4))
    case .restart: entry.recoverAfterRestart()
    }
  }

  @Test("every input from everywhere", arguments: Input.allCases)
  func transitions(input: Input) throws {
    let results = try #require(Self.table.first { $0.input == input }?.results)
    #expect(results.count == EntryStanding.allCases.count)
    for (standing, result) in zip(EntryStanding.allCases, results) {
      let (before, _, ticket) = try standing.make()
      var entry = before
      Self.apply(input, to: &entry, ticket)
      let comment: Comment = "\(standing) \(input)"
      switch result {
      case ".": #expect(entry == before, comment)
      case "p": #expect(entry.verificationState == .pending && entry.state == .synced, comment)
      case "s": #expect(entry.verificationState == .started && entry.state == .synced, comment)
      case "g": #expect(entry.verificationState == .succeeded && entry.state == .synced, comment)
      case "f": #expect(entry.verificationState == .failed && entry.state == .failed, comment)
      // Only the sync is recovered.
      case "r": #expect(entry.verificationState == before.verificationState && entry.state == .pending, comment)
      default: Issue.record("no such result")
      }
    }
  }

  @Test("a success clears what failed and ends the lag")
  func success() throws {
    var (entry, _, ticket) = try EntryStanding.verifying.make()
    #expect(entry.announcedAt == Sample.start)
    #expect(entry.lag(at: Sample.start + .seconds(9)) == .seconds(9))
    let now = Sample.start + .seconds(10)
    #expect(entry.succeedVerification(try #require(ticket), Sample.checksum(3), at: now) == true)
    #expect(entry.verificationChecksum == Sample.checksum(3))
    #expect(entry.verifiedAt == now)
    #expect(entry.lag(at: now + .seconds(9)) == .zero)
    #expect(try #require(ticket).announcedAt == Sample.start)
  }

  @Test("a result is void when something was announced meanwhile, also when it was synced again since")
  func void() throws {
    var generator = ConstantGenerator.smallest
    var (entry, _, first) = try EntryStanding.verifying.make()
    let ticket = try #require(first)
    #expect(entry.announce(Sample.generation(6), incarnation: nil, at: Sample.start) == .pending)
    let pending = entry
    #expect(entry.succeedVerification(ticket, Sample.checksum(1), at: Sample.start) == false)
    #expect(entry.failVerification(ticket, "no", at: Sample.start, using: &generator) == false)
    #expect(entry == pending)
    let sync = try entry.beginSync(at: Sample.start + .seconds(1))
    #expect(entry.finishSync(sync) == .recorded)
    let second = try entry.beginVerification(at: Sample.start)
    #expect(second != ticket)
    #expect(entry.succeedVerification(ticket, Sample.checksum(1), at: Sample.start) == false)
    #expect(entry.succeedVerification(second, Sample.checksum(1), at: Sample.start) == true)
  }

  @Test("a proof that was overtaken is kept as of its time, and the entry stays pending")
  func overtaken() throws {
    let (verifying, _, first) = try EntryStanding.verifying.make()
    let ticket = try #require(first)
    let now = Sample.start + .seconds(60)
    var entry = verifying
    let isEarly = entry.proveOvertaken(ticket, Sample.checksum(3), at: now)
    #expect(!isEarly && entry == verifying, "nothing was announced: that is the ordinary success")
    _ = entry.announce(Sample.generation(6), incarnation: nil, at: ticket.startedAt + .seconds(1))
    let isProven = entry.proveOvertaken(ticket, Sample.checksum(3), at: now)
    #expect(isProven)
    #expect(entry.state == .pending && entry.verificationState == .disabled)
    #expect(entry.verifiedAt == now && entry.verificationChecksum == Sample.checksum(3))
    #expect(entry.announcedAt == ticket.startedAt, "what was published before the bracket is in it")
    #expect(entry.held == verifying.held && entry.wanted == Sample.generation(6))
    _ = try entry.beginSync(at: now)
    let syncing = entry
    let isLate = entry.proveOvertaken(ticket, Sample.checksum(3), at: now)
    #expect(!isLate && entry == syncing, "a sync has begun since")
    entry = verifying
    entry.forgetGenerations()
    let isOfAnotherLog = entry.proveOvertaken(ticket, Sample.checksum(3), at: now)
    #expect(!isOfAnotherLog)
  }

  @Test("what always changes is proven while it is pending")
  func restless() throws {
    var (entry, _, _) = try EntryStanding.verifying.make()
    #expect(entry.announce(Sample.generation(6), incarnation: nil, at: Sample.start) == .pending)
    let now = Sample.start + .seconds(60)
    let begun = entry.startProof(at: now)
    let ticket = try #require(begun)
    #expect(entry.state == .pending && entry.verificationState == .disabled && entry.verificationChecksum == nil)
    let isProven = entry.proveOvertaken(ticket, Sample.checksum(3), at: now)
    #expect(isProven && entry.verifiedAt == now && entry.isDueForSync(at: now))
    let sync = try entry.beginSync(at: now)
    let duringSync = entry.startProof(at: now)
    #expect(duringSync == nil)
    #expect(entry.finishSync(sync) == .recorded)
    let whenSynced = entry.startProof(at: now)
    #expect(whenSynced == nil, "to be verified")
  }

  @Test(
    "mismatches fail the sync with growing back-off through the syncs between them; every third asks for a fresh download"
  )
  func mismatches() throws {
    var (entry, _, first) = try EntryStanding.verifying.make()
    var ticket = try #require(first)
    var generator = ConstantGenerator.smallest
    var now = Sample.start
    let waits = [16, 31, 96, 271, 640, 1_311, 2_416, 3_616, 3_616]
    for (index, wait) in waits.enumerated() {
      entry.failMismatch(
        ticket, copy: Sample.checksum(1), primary: Sample.checksum(2), at: now, using: &generator)
      let count = index + 1
      #expect(entry.verificationRetryCount == count)
      #expect(entry.retryCount == count)
      #expect(entry.retryAt == now + .seconds(wait))
      #expect(entry.verificationRetryAt == entry.retryAt)
      #expect(entry.checksumMismatch)
      #expect(entry.verificationChecksum == Sample.checksum(1))
      #expect(entry.verificationChecksumMismatched == Sample.checksum(2))
      #expect(entry.lastSyncFailure?.hasPrefix("Verification failed with: checksum sha256:01") == true)
      #expect(entry.held == nil)
      #expect(entry.forceToRedownload == count.isMultiple(of: 3))
      now = now + .seconds(wait)
      #expect(entry.isDueForSync(at: now))
      let sync = try entry.beginSync(at: now)
      #expect(sync.forceToRedownload == count.isMultiple(of: 3))
      // Still to be seen while it is mended.
      #expect(entry.verificationState == .failed)
      #expect(entry.finishSync(sync) == .recorded)
      #expect(entry.isDueForVerification(at: now))
      ticket = try entry.beginVerification(at: now)
    }
    #expect(entry.succeedVerification(ticket, Sample.checksum(2), at: now) == true)
    #expect(entry.verificationRetryCount == 0)
    #expect(!entry.checksumMismatch)
    #expect(entry.verificationChecksumMismatched == nil)
    #expect(entry.verificationFailure == nil)
  }

  @Test("what cannot be read is synced again, and what the primary does not have is missing there")
  func failures() throws {
    var (entry, _, ticket) = try EntryStanding.verifying.make()
    var generator = ConstantGenerator.largest
    entry.failVerification(
      try #require(ticket), String(repeating: "x", count: 300), missingOnPrimary: true, at: Sample.start,
      using: &generator)
    #expect(entry.state == .failed)
    #expect(entry.missingOnPrimary)
    #expect(entry.verificationFailure?.count == 255)
    #expect(entry.lastSyncFailure?.count == 255)
    #expect(!entry.checksumMismatch)
    #expect(entry.held == Sample.generation(5))
    #expect(!entry.forceToRedownload)
  }

  @Test("what moved is no failure and waits its turn")
  func moved() throws {
    var (entry, _, ticket) = try EntryStanding.verifying.make()
    let now = Sample.start + .seconds(5)
    entry.moved(try #require(ticket), at: now)
    #expect(entry.verificationRetryCount == 0)
    #expect(entry.verifiedAt == now)
    #expect(entry.isDueForVerification(at: now))
  }

  @Test("only a reading that is no older than what is held proves the copy")
  func proof() throws {
    let (_, _, ticket) = try EntryStanding.verifying.make()
    let held = try #require(ticket)
    #expect(held.isProven(by: Sample.reading(1, at: 5)))
    #expect(held.isProven(by: Sample.reading(1, at: 6)))
    #expect(!held.isProven(by: Sample.reading(1, at: 4)))
    #expect(!held.isProven(by: Sample.reading(1, at: 6, log: Sample.otherLog)))
    var unknown = RegistryEntry(id: 3, replicableID: try Sample.id("c"), createdAt: Sample.start)
    let sync = try unknown.beginSync(at: Sample.start)
    #expect(unknown.finishSync(sync) == .recorded)
    let nothing = try unknown.beginVerification(at: Sample.start)
    #expect(!nothing.isProven(by: Sample.reading(1, at: 6)))
  }
}
