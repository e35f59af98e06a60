import Replication
import TestSupport

extension WalkSecondary {
  /// Starts a sync or a verification where nothing runs; by hand also what is not due.
  mutating func begin(_ index: Int, byHand: Bool, now: Timestamp) {
    guard jobs[index] == nil, let entry = entries[index] else { return }
    let prefersSync = byHand && entry.id.isMultiple(of: 2)
    if !prefersSync, entry.isDueForVerification(at: now) || byHand && entry.verificationState == .succeeded {
      guard let ticket = entries[index]?.startVerification(at: now) else { return }
      jobs[index] = .verification(ticket, .reading)
    } else if byHand || entry.isDueForSync(at: now) {
      guard let ticket = entries[index]?.startSync(at: now) else { return }
      jobs[index] = .sync(ticket, listed: nil)
    }
  }

  /// One line of the running job. `fault`: nil is none, else the job fails here; true for a fault of the host.
  mutating func step(
    _ index: Int, _ primary: WalkPrimary, tick: Int, now: Timestamp, fault: Bool?,
    using generator: inout SeededGenerator
  ) throws {
    guard let job = jobs[index] else { return }
    let before = (entries[index]?.retryCount ?? 0, entries[index]?.verificationRetryCount ?? 0)
    if let isHost = fault {
      jobs[index] = nil
      switch job {
      case .sync(let ticket, _):
        if isHost {
          entries[index]?.pauseSync(ticket)
          try claim((entries[index]?.retryCount ?? 0) == before.0, "a pause was counted")
        } else {
          entries[index]?.failSync(ticket, "fault", missingOnPrimary: false, at: now, using: &generator)
        }
      case .verification(let ticket, _):
        if isHost {
          entries[index]?.pauseVerification(ticket)
          try claim((entries[index]?.verificationRetryCount ?? 0) == before.1, "a pause was counted")
        } else {
          entries[index]?.failVerification(ticket, "fault", at: now, using: &generator)
        }
      }
      return
    }
    switch job {
    case .sync(let ticket, let listed):
      syncStep(index, ticket, listed, primary, tick: tick, now: now, using: &generator)
    case .verification(let ticket, let phase):
      try verificationStep(index, ticket, phase, primary, tick: tick, now: now, using: &generator)
    }
  }

  private mutating func syncStep(
    _ index: Int, _ ticket: SyncTicket, _ listed: (refs: Refs, tick: Int)?, _ primary: WalkPrimary, tick: Int,
    now: Timestamp, using generator: inout SeededGenerator
  ) {
    if let listed {
      apply(index, listed.refs, tick: listed.tick, isFresh: ticket.forceToRedownload)
      jobs[index] = nil
      switch entries[index]?.finishSync(ticket) {
      case .recorded: count("synced", index)
      case .syncAgain: count("syncAgain", index)
      case .stale, nil: counts["stale", default: 0] += 1
      }
    } else if let refs = primary.repositories[index]?.refs {
      jobs[index] = .sync(ticket, listed: (refs, tick))
    } else {
      jobs[index] = nil
      entries[index]?.failSync(ticket, "missing", missingOnPrimary: true, at: now, using: &generator)
    }
  }

  private mutating func count(_ name: String, _ index: Int) {
    counts[name, default: 0] += 1
    if let number = entries[index]?.id { successes.syncs.insert(number) }
  }

  private mutating func apply(_ index: Int, _ refs: Refs, tick: Int, isFresh: Bool) {
    var copy = copies[index] ?? Copy(refs: Array(repeating: nil, count: refs.count))
    let old = copy.refs
    copy.refs = refs
    if isFresh {
      if copy.blind != nil { counts["mended", default: 0] += 1 }
      copy.blind = nil
    } else if let blind = copy.blind {
      copy.refs[blind] = old[blind]
    }
    copies[index] = copy
    // An entry made anew while the job ran has nothing from it.
    if entries[index] != nil { listedAt[index] = tick }
  }

  private mutating func verificationStep(
    _ index: Int, _ ticket: VerificationTicket, _ phase: VerificationPhase, _ primary: WalkPrimary, tick: Int,
    now: Timestamp, using generator: inout SeededGenerator
  ) throws {
    guard let copy = copies[index]?.refs, let source = primary.repositories[index]?.refs else {
      jobs[index] = nil
      entries[index]?.failVerification(
        ticket, "missing", missingOnPrimary: primary.repositories[index] == nil, at: now, using: &generator)
      return
    }
    let next: VerificationPhase
    switch phase {
    case .reading:
      let checksum = Walk.checksum(copy)
      if let reading = primary.states[index]?.reading, reading.checksum == checksum, ticket.isProven(by: reading) {
        jobs[index] = nil
        let tick = known.visible(upTo: ticket.held, of: ticket.incarnation)
        try succeed(index, ticket, copy, primary, since: tick, now: now, "reading")
        return
      }
      next = .listingBefore(first: nil)
    case .listingBefore(let first): next = .syncing(before: Listing(refs: source, tick: tick), first: first)
    case .syncing(let before, let first):
      next = .applying(before: before, synced: Listing(refs: source, tick: tick), first: first)
    case .applying(let before, let synced, let first):
      apply(index, synced.refs, tick: synced.tick, isFresh: false)
      next = .listingAfter(before: before, synced: synced, copy: copies[index]?.refs ?? [], first: first)
    case .listingAfter(let before, let synced, let read, let first):
      jobs[index] = nil
      try judge(
        index, ticket, before: before, synced: synced, copy: read, after: source, first, primary, now: now,
        using: &generator)
      return
    }
    jobs[index] = .verification(ticket, next)
  }

  private mutating func judge(
    _ index: Int, _ ticket: VerificationTicket, before: Listing, synced: Listing, copy: Refs, after: Refs,
    _ first: Verdict?, _ primary: WalkPrimary, now: Timestamp, using generator: inout SeededGenerator
  ) throws {
    var judgement = StableComparison.judge(
      before: Walk.listing(before.refs), copy: Walk.listing(copy), after: Walk.listing(after))
    let flapped = Set(
      after.indices.filter { before.refs[$0] == after[$0] && synced.refs[$0] != after[$0] }.map(Walk.refName))
    if let first { judgement = StableComparison.judge(judgement, after: first.judgement) }
    switch judgement {
    case .succeeded: try succeed(index, ticket, copy, primary, since: before.tick, now: now, "bracket")
    case .moved:
      counts["moved", default: 0] += 1
      entries[index]?.moved(ticket, at: now)
    case .mismatched where first == nil:
      jobs[index] = .verification(ticket, .listingBefore(first: Verdict(judgement: judgement, flapped: flapped)))
    case .mismatched(let differences):
      for difference in differences {
        guard let ref = after.indices.first(where: { Walk.refName($0) == difference.name }) else { continue }
        // Two brackets in a row may each catch a ref that was elsewhere in between; no rule over listings can detect
        // that.
        let isFlap = flapped.contains(difference.name) && first?.flapped.contains(difference.name) == true
        try claim(copy[ref] != synced.refs[ref] || isFlap, "\(index): false mismatch of \(difference.name)")
        counts[isFlap ? "flaps" : "mismatches", default: 0] += 1
      }
      entries[index]?.failMismatch(
        ticket, copy: Walk.checksum(copy), primary: Walk.checksum(after), at: now, using: &generator)
    }
  }

  private mutating func succeed(
    _ index: Int, _ ticket: VerificationTicket, _ copy: Refs, _ primary: WalkPrimary, since tick: Int, now: Timestamp,
    _ basis: String
  ) throws {
    if entries[index]?.succeedVerification(ticket, Walk.checksum(copy), at: now) == true {
      counts["verified by \(basis)", default: 0] += 1
    } else if basis == "bracket", entries[index]?.proveOvertaken(ticket, Walk.checksum(copy), at: now) == true {
      counts["overtaken", default: 0] += 1
    } else {
      counts["void", default: 0] += 1
      return
    }
    if let number = entries[index]?.id { successes.verifications.insert(number) }
    let seen = primary.history[index]
    let first = seen.lastIndex { $0.tick <= tick } ?? 0
    for ref in copy.indices {
      try claim(
        seen[first...].contains { ($0.refs ?? Array(repeating: nil, count: copy.count))[ref] == copy[ref] },
        "\(index) is verified by \(basis) and ref \(ref) is \(copy[ref].map { "\($0)" } ?? "none")")
    }
    if basis == "reading" {
      try claim(seen[first...].contains { $0.refs == copy }, "\(index) is verified by a reading of something else")
    }
  }
}
