/// Goes through a recording step by step and builds the states of each.
struct CrashWalk {
  /// A different state: the disk, the number of steps issued, the marks passed, what was lost.
  typealias OnState = (DiskImage, Int, [String], String) throws -> Void
  /// After each step: how many states were built, equal ones included.
  typealias OnStep = (Int) -> Void

  private struct Sighting: Hashable {
    let signature: DiskSignature
    let marks: Int
    let isFinal: Bool
  }

  let log: DiskLog
  /// The step, an fsync, that is taken away; nil for the recording as it is.
  var omitted: Int?
  private var simulator: DiskSimulator
  /// All that is synchronised.
  private var durable: DiskImage
  private var pending: VolatileOperations
  /// Kept from one visit to the next: a state that was shown is not shown again.
  private var seen: Set<Sighting> = []
  private var marks: [String] = []

  init(log: DiskLog, simulator: DiskSimulator) {
    self.log = log
    self.simulator = simulator
    durable = log.start
    pending = VolatileOperations(log.operations)
  }

  /// Shows each different state; called again with a step omitted, those that only that omission makes possible.
  mutating func visitAll(onStep: OnStep, onState: OnState) throws {
    durable = log.start
    pending = VolatileOperations(log.operations)
    marks = []
    // Until the omitted step all is as it was at the visit without an omission.
    let first = omitted ?? 0
    if omitted == nil { onStep(try visit(step: 0, "nothing was done", onState)) }
    for (index, step) in log.steps.enumerated() {
      switch step.kind {
      case .operations(let range):
        for number in range { pending.add(number) }
      case .synchronization where index == omitted: break
      case .synchronization(let inode):
        for number in pending.settle(inode) {
          simulator.apply(log.operations[number], number: number, to: &durable)
        }
      case .mark(let name):
        marks.append(name)
      }
      if index >= first { onStep(try visit(step: index + 1, step.label, onState)) }
    }
  }

  /// - Returns: how many states were built.
  private mutating func visit(step: Int, _ last: String, _ onState: OnState) throws -> Int {
    let candidates = CrashCandidate.all(of: pending)
    for candidate in candidates {
      var image = durable
      for number in candidate.kept {
        let tear = candidate.tear.flatMap { $0.operation == number ? $0.tear : nil }
        simulator.apply(log.operations[number], number: number, tear: tear, to: &image)
      }
      let sighting = Sighting(
        signature: image.signature(), marks: marks.count, isFinal: step == log.steps.count)
      guard !seen.contains(sighting) else { continue }
      try onState(image, step, marks, "\(last); \(candidate.description(in: self))")
      // Not before: a state that was refused must be refused again where it comes from another omission.
      seen.insert(sighting)
    }
    return candidates.count
  }

  /// The step that an operation belongs to, in words.
  func label(of operation: Int) -> String {
    for case (let step, .operations(let range)) in log.steps.map({ ($0, $0.kind) }) where range.contains(operation) {
      return range.count == 1 ? step.label : "\(step.label) (number \(operation - range.lowerBound + 1))"
    }
    preconditionFailure("an operation of no step")
  }
}
