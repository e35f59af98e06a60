/// The result of one intake of the spool.
package struct SpoolReport: Hashable, Sendable {
  /// Events that were handled, and whose files were removed.
  package internal(set) var taken = 0
  /// Files moved to `bad/`: not an event, too large, no regular file, or left unfinished for an hour.
  package internal(set) var setAside = 0
  /// Of those, how many were removed because `bad/` was full.
  package internal(set) var discarded = 0
  /// Files that could be neither read nor moved; with the first error.
  package internal(set) var stuck = 0
  package internal(set) var firstProblem: EventLogError?

  /// Nothing happened.
  package init() {}
}

extension SpoolReport {
  mutating func note(_ problem: EventLogError) {
    stuck += 1
    if firstProblem == nil { firstProblem = problem }
  }

  mutating func add(_ other: SpoolReport) {
    taken += other.taken
    setAside += other.setAside
    discarded += other.discarded
    stuck += other.stuck
    if firstProblem == nil { firstProblem = other.firstProblem }
  }
}
