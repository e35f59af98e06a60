internal import ArgumentParser
internal import Mirroring
internal import Synchronization

/// Says what a batch does: a progress line on a terminal, a line or a JSON object for each repository that has ended.
final class MirrorPrinter: Sendable {
  private struct State {
    var line = ProgressLine()
    var ended = 0
    var failures: [MirrorError] = []
  }

  private let requests: [MirrorRequest]
  private let isJSON: Bool
  private let isQuiet: Bool
  let showsProgress: Bool
  private let state = Mutex(State())

  init(requests: [MirrorRequest], isJSON: Bool, isQuiet: Bool) {
    self.requests = requests
    self.isJSON = isJSON
    self.isQuiet = isQuiet
    showsProgress = Output.statusIsTerminal && !isQuiet && !isJSON
  }

  /// Called often, from the threads of the runs.
  func progress(_ index: Int, _ progress: MirrorProgress) {
    guard showsProgress else { return }
    let prefix = requests.count == 1 ? "" : "[\(state.withLock { $0.ended })/\(requests.count)] "
    state.withLock { $0.line.show(progress, prefix: prefix) }
  }

  func ended(_ ended: MirrorBatch.Ended) {
    let request = requests[ended.index]
    let report = MirrorReport(request, ended)
    state.withLock { state in
      state.ended += 1
      state.line.clear()
      if let error = ended.outcome.error {
        state.failures.append(error)
        Output.error("error: \(error)")
      }
      for warning in ended.outcome.warnings { Output.error("warning: \(request.destination): \(warning.message)") }
      if isJSON {
        do { try Output.json(report) } catch { Output.error("error: cannot print the result: \(error)") }
      } else if !isQuiet, ended.outcome.status != .failed {
        Output.result(Self.line(request, ended.outcome, report.seconds))
      }
    }
  }

  func finish() { state.withLock { $0.line.clear() } }

  /// `nil` when all is good.
  var exitStatus: ExitCode? {
    state.withLock { state in
      guard let first = state.failures.first else { return nil }
      if requests.count == 1 { return ExitStatus.of(first) }
      return state.failures.count == requests.count ? ExitStatus.failed : ExitStatus.someFailed
    }
  }

  private static func line(_ request: MirrorRequest, _ outcome: MirrorOutcome, _ seconds: Double) -> String {
    let status =
      request.isDryRun && outcome.status != .unchanged ? "would be \(outcome.status.rawValue)" : outcome.status.rawValue
    var parts = ["\(status) \(request.destination):"]
    let refs = outcome.refs
    if outcome.status == .unchanged {
      parts.append("\(refs.total) refs")
    } else {
      parts.append("\(refs.created) created, \(refs.updated) updated, \(refs.deleted) deleted, \(refs.total) refs,")
      parts.append("\(outcome.objects) objects, \(ProgressLine.size(outcome.bytes))")
    }
    if outcome.headIsUnknown { parts.append("(HEAD unknown)") }
    return (parts + ["in \(seconds) s"]).joined(separator: " ")
  }
}
