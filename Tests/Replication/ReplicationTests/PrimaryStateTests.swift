import Replication
import Testing

@Suite("The state machine of a primary's checksum")
struct PrimaryStateTests {
  enum Input: String, CaseIterable, Sendable {
    case announceChange, announceNew, announceKnown, start, finish, fail, reverify, restart
  }

  /// In order of `VerificationState`'s first four; p, s, g, f, a dot for no change.
  static let table: [(input: Input, results: [Character])] = [
    (.announceChange, [".", "p", "p", "p"]),
    (.announceNew, ["p", "s", "p", "p"]),
    (.announceKnown, [".", ".", ".", "."]),
    (.start, ["s", ".", "s", "s"]),
    (.finish, [".", "g", ".", "."]),
    (.fail, [".", "f", ".", "."]),
    (.reverify, [".", ".", "p", "p"]),
    (.restart, [".", "p", ".", "."]),
  ]

  private func make(_ state: VerificationState) throws -> (PrimaryState, ReadingTicket?) {
    var generator = ConstantGenerator.smallest
    var primary = PrimaryState(replicableID: try Sample.id("a"), incarnation: Sample.incarnation)
    primary.announce(Sample.generation(5))
    guard state != .pending else { return (primary, nil) }
    let ticket = try primary.beginReading(at: Sample.start)
    switch state {
    case .succeeded: #expect(primary.finishReading(ticket, Sample.reading(1, at: 5), at: Sample.start) == true)
    case .failed: primary.failReading(ticket, "no", at: Sample.start, using: &generator)
    case .pending, .started, .disabled: break
    }
    return (primary, ticket)
  }

  @Test("every input from everywhere", arguments: Input.allCases)
  func transitions(input: Input) throws {
    let results = try #require(Self.table.first { $0.input == input }?.results)
    let now = Sample.start + .seconds(60)
    var generator = ConstantGenerator.smallest
    for (state, result) in zip([VerificationState.pending, .started, .succeeded, .failed], results) {
      let (before, ticket) = try make(state)
      var primary = before
      switch input {
      case .announceChange: primary.announceChange()
      case .announceNew: primary.announce(Sample.generation(9))
      case .announceKnown: primary.announce(Sample.generation(5))
      case .start: _ = primary.startReading(at: now)
      case .finish: if let ticket { _ = primary.finishReading(ticket, Sample.reading(2, at: 5), at: now) }
      case .fail: if let ticket { primary.failReading(ticket, "no", at: now, using: &generator) }
      case .reverify: primary.reverify()
      case .restart: primary.recoverAfterRestart()
      }
      let comment: Comment = "\(state) \(input)"
      switch result {
      case ".": #expect(primary == before, comment)
      case "p": #expect(primary.verificationState == .pending && primary.isDue(at: Sample.start), comment)
      case "s": #expect(primary.verificationState == .started, comment)
      case "g": #expect(primary.verificationState == .succeeded, comment)
      case "f": #expect(primary.verificationState == .failed, comment)
      default: Issue.record("no such result")
      }
    }
  }

  @Test("a reading of before the last published event is discarded")
  func overtaken() throws {
    let (before, ticket) = try make(.started)
    let running = try #require(ticket)
    var published = before
    published.announce(Sample.generation(9))
    #expect(published.finishReading(running, Sample.reading(2, at: 8), at: Sample.start) == false)
    #expect(published.verificationState == .pending)
    #expect(published.reading == nil)
    var covered = before
    covered.announce(Sample.generation(9))
    #expect(covered.finishReading(running, Sample.reading(2, at: 9), at: Sample.start) == true)
    var changed = before
    changed.announceChange()
    #expect(changed.finishReading(running, Sample.reading(2, at: 9), at: Sample.start) == false)
    let second = try changed.beginReading(at: Sample.start)
    #expect(second != running)
    #expect(changed.finishReading(running, Sample.reading(2, at: 9), at: Sample.start) == false)
    #expect(changed.finishReading(second, Sample.reading(2, at: 9), at: Sample.start) == true)
  }

  @Test("an event that the reading has seen already changes nothing but the generation")
  func seen() throws {
    var (primary, ticket) = try make(.started)
    #expect(primary.finishReading(try #require(ticket), Sample.reading(1, at: 9), at: Sample.start) == true)
    primary.announce(Sample.generation(8))
    #expect(primary.verificationState == .succeeded)
    #expect(primary.generation == Sample.generation(8))
    primary.announce(Sample.generation(1, log: Sample.otherLog))
    #expect(primary.verificationState == .pending)
  }

  @Test("failures count on through changes until a success, and are waited for")
  func failures() throws {
    var (primary, _) = try make(.failed)
    var generator = ConstantGenerator.smallest
    #expect(primary.verificationRetryCount == 1)
    #expect(primary.verificationRetryAt == Sample.start + .seconds(16))
    #expect(!primary.isDue(at: Sample.start))
    #expect(primary.isDue(at: Sample.start + .seconds(16)))
    #expect(primary.isDue(at: Sample.start - .seconds(86_400)))
    primary.announceChange()
    #expect(primary.verificationRetryCount == 1)
    let ticket = try primary.beginReading(at: Sample.start)
    primary.failReading(ticket, "no", at: Sample.start, using: &generator)
    #expect(primary.verificationRetryCount == 2)
    let last = try primary.beginReading(at: Sample.start)
    #expect(primary.finishReading(last, Sample.reading(1, at: 5), at: Sample.start) == true)
    #expect(primary.verificationRetryCount == 0)
    #expect(primary.verificationFailure == nil)
  }

  @Test("a log that was restored to before an event takes it back")
  func restoredLog() throws {
    let (before, _) = try make(.succeeded)
    var kept = before
    #expect(kept.forgetGenerations(after: Sample.generation(5)) == false)
    #expect(kept.forgetGenerations(after: Sample.generation(1, log: Sample.otherLog)) == false)
    #expect(kept == before)
    var lost = before
    #expect(lost.forgetGenerations(after: Sample.generation(4)) == true)
    #expect(lost.generation == nil)
    #expect(lost.reading == nil)
    #expect(lost.verificationState == .pending)
  }

  @Test("a renamed state is the same but for its id, and nothing runs under the new one")
  func renamed() throws {
    let (state, ticket) = try make(.started)
    var renamed = state.renamed(to: try Sample.id("b"))
    #expect(renamed.replicableID == (try Sample.id("b")))
    #expect(renamed.incarnation == state.incarnation)
    #expect(renamed.verificationState == .pending)
    #expect(renamed.finishReading(try #require(ticket), Sample.reading(1, at: 5), at: Sample.start) == false)
  }
}
