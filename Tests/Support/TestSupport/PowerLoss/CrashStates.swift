/// Every disk that a loss of power may leave, at every step of a recording.
///
/// At each step, of the operations that are not synchronised yet:
/// 1. all are there; 2. all are lost; 3. each is lost, with those that need it; 4. each write is torn (`DiskTear`),
/// all others there; 5. the newest is there alone, with those that it needs; 6. all content of one file is lost, its
/// names are there; 7. all contents are lost, all names are there; 8. the reverse.
///
/// Not every subset: that would be 2^n. One lost operation finds a missing fsync; two lost ones that only together do
/// harm are found only in the forms 5 to 8.
package struct CrashStates {
  private let log: DiskLog
  private let simulator: DiskSimulator

  init(log: DiskLog, simulator: DiskSimulator) {
    self.log = log
    self.simulator = simulator
  }

  /// What was recorded, a line a step.
  package var steps: [String] { log.steps.map(\.label) }

  /// Lays out each different state in a fresh directory in memory and hands it over. States that are equal are shown
  /// once, unless marks or the end of the recording distinguish them.
  ///
  /// - Throws: `CrashStateFailure` for the first state that the closure threw at.
  @discardableResult
  package func check(_ body: (CrashState) throws -> Void) throws -> CrashReport {
    var walk = CrashWalk(log: log, simulator: simulator)
    var report = CrashReport()
    try visit(&walk, omitting: nil, CrashLayout(log.names), &report, body)
    return report
  }

  /// Checks every state, then takes each fsync of the recording away in turn and looks whether a state that follows
  /// from that alone fails.
  ///
  /// - Returns: also the fsync calls whose absence no state showed: each is needless, or the check is blind, or it
  ///   guards against something that the model of the disk does not have.
  /// - Throws: `CrashStateFailure` for the first state that fails although every fsync was made.
  package func checkEverySynchronization(
    _ body: (CrashState) throws -> Void
  ) throws -> (report: CrashReport, unnoticed: [String]) {
    var walk = CrashWalk(log: log, simulator: simulator)
    let layout = try CrashLayout(log.names)
    var report = CrashReport()
    try visit(&walk, omitting: nil, layout, &report, body)
    var unnoticed: [String] = []
    for case (let index, .synchronization) in log.steps.enumerated().map({ ($0, $1.kind) }) {
      report.synchronizationsRemoved += 1
      do {
        try visit(&walk, omitting: index, layout, &report, body)
        unnoticed.append(log.steps[index].label)
      } catch is CrashStateFailure {
        // Seen: that fsync is needed.
      }
    }
    return (report, unnoticed)
  }

  private func visit(
    _ walk: inout CrashWalk, omitting omitted: Int?, _ layout: CrashLayout, _ report: inout CrashReport,
    _ body: (CrashState) throws -> Void
  ) throws {
    func count(_ built: Int) { report.statesBuilt += built }
    func show(_ image: DiskImage, _ step: Int, _ marks: [String], _ description: String) throws {
      let number = report.statesChecked
      let root = try layout.lay(image, number: number)
      report.statesChecked += 1
      if omitted != nil { report.statesOfRemovals += 1 }
      let state = CrashState(
        root: root, step: step, isFinal: step == log.steps.count, marks: marks,
        removed: omitted.map { log.steps[$0].label }, description: description)
      do {
        try body(state)
      } catch {
        throw CrashStateFailure(state: state, cause: error, steps: Array(steps.prefix(step)))
      }
      try layout.clear(number: number)
    }
    if let omitted {
      try walk.visit(omitting: omitted, onStep: count, onState: show)
    } else {
      try walk.visitAll(onStep: count, onState: show)
    }
  }
}
