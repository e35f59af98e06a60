/// Goes through a recording step by step and builds the states of each.
struct CrashWalk {
  /// A different state: the disk, the number of steps issued, the marks passed, what was lost.
  typealias OnState = (DiskImage, Int, [String], String) throws -> Void
  /// After each step: how many states were built, equal ones included.
  typealias OnStep = (Int) -> Void

  /// The disk between two steps.
  private struct Moment {
    var step = 0
    var last = "nothing was done"
    /// All that is synchronised.
    var durable: DiskImage
    var pending: VolatileOperations
    var marks: [String] = []
  }

  private struct Sighting: Hashable {
    let signature: DiskSignature
    let marks: Int
    let isFinal: Bool
  }

  let log: DiskLog
  private var simulator: DiskSimulator
  /// Kept from one visit to the next: a state that was shown is not shown again.
  private var seen: Set<Sighting> = []

  init(log: DiskLog, simulator: DiskSimulator) {
    self.log = log
    self.simulator = simulator
  }

  /// Shows each different state of the recording as it is.
  mutating func visitAll(onStep: OnStep, onState: OnState) throws {
    for moment in moments(omitting: nil) { onStep(try visit(moment, onState)) }
  }

  /// Shows the states that only the omission of one step, an fsync, makes possible. Those of the recording as it is have
  /// been shown before.
  ///
  /// The last step comes first: what is left volatile stays so until something else synchronises it, and the later the
  /// power goes, the more was built on it. A check refuses one of the first states that it is shown, and of a step
  /// behind a second fsync of the same thing there is nothing new to show.
  mutating func visit(omitting omitted: Int, onStep: OnStep, onState: OnState) throws {
    // Until the omitted step all is as it was without the omission.
    for moment in moments(omitting: omitted).dropFirst(omitted + 1).reversed() {
      onStep(try visit(moment, onState))
    }
  }

  /// Before the first step and after each.
  private mutating func moments(omitting omitted: Int?) -> [Moment] {
    var moment = Moment(durable: log.start, pending: VolatileOperations(log.operations))
    var moments = [moment]
    for (index, step) in log.steps.enumerated() {
      switch step.kind {
      case .operations(let range):
        for number in range { moment.pending.add(number) }
      case .synchronization where index == omitted: break
      case .synchronization(let inode):
        for number in moment.pending.settle(inode) {
          simulator.apply(log.operations[number], number: number, to: &moment.durable)
        }
      case .mark(let name):
        moment.marks.append(name)
      }
      moment.step = index + 1
      moment.last = step.label
      moments.append(moment)
    }
    return moments
  }

  /// - Returns: how many states were built.
  private mutating func visit(_ moment: Moment, _ onState: OnState) throws -> Int {
    let candidates = CrashCandidate.all(of: moment.pending)
    for candidate in candidates {
      var image = moment.durable
      for number in candidate.kept {
        let tear = candidate.tear.flatMap { $0.operation == number ? $0.tear : nil }
        simulator.apply(log.operations[number], number: number, tear: tear, to: &image)
      }
      let sighting = Sighting(
        signature: image.signature(), marks: moment.marks.count, isFinal: moment.step == log.steps.count)
      guard !seen.contains(sighting) else { continue }
      try onState(image, moment.step, moment.marks, "\(moment.last); \(candidate.description(in: self))")
      // Not before: a state that was refused must be refused again where it comes from another omission.
      seen.insert(sighting)
    }
    return candidates.count
  }

  /// Returns the step that an operation belongs to, in words.
  func label(of operation: Int) -> String {
    for case (let step, .operations(let range)) in log.steps.map({ ($0, $0.kind) }) where range.contains(operation) {
      return range.count == 1 ? step.label : "\(step.label) (number \(operation - range.lowerBound + 1))"
    }
    preconditionFailure("an operation of no step")
  }
}
