import TestSupport

/// Two programs in turns, so that a busy machine is busy for both.
struct Contest {
  struct Side {
    var seconds: [Double] = []
    var peakMegabytes = 0.0

    var median: Double {
      let sorted = seconds.sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    mutating func add(_ outcome: ProcessOutcome, isCounted: Bool) {
      peakMegabytes = max(peakMegabytes, Double(outcome.peakMemoryBytes) / 1_000_000)
      if isCounted { seconds.append(outcome.duration / .seconds(1)) }
    }
  }

  private(set) var ours = Side()
  private(set) var reference = Side()

  /// Runs round 0, which is not counted, and `rounds` more; who begins changes each round.
  ///
  /// - Parameter prepare: what each round needs, outside the time.
  init(
    rounds: Int, prepare: (Int) throws -> Void = { _ in }, ours runOurs: (Int) throws -> ProcessOutcome,
    reference runReference: (Int) throws -> ProcessOutcome
  ) throws {
    for round in 0...rounds {
      try prepare(round)
      if round % 2 == 0 { reference.add(try runReference(round), isCounted: round > 0) }
      ours.add(try runOurs(round), isCounted: round > 0)
      if round % 2 == 1 { reference.add(try runReference(round), isCounted: round > 0) }
    }
  }

  func time(goal: Double?, _ detail: String = "") -> Figure {
    Figure(detail: detail, ours: ours.median, reference: reference.median, goal: goal.map { .ratio($0) })
  }

  func memory(goal: Double?, _ detail: String = "") -> Figure {
    Figure(
      unit: .megabytes, detail: detail, ours: ours.peakMegabytes, reference: reference.peakMegabytes,
      goal: goal.map { .atMost($0) })
  }
}
