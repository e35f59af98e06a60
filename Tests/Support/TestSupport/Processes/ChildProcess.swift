import Foundation
import WorkerPool

/// A program that runs beside the test: start it, feed it, watch what it prints, kill it at a moment, collect it.
///
/// The child leads its own process group, has only descriptors 0 to 2 (and those handed over), default signals and exactly
/// the environment that it is given. Two threads of ours serve it: one moves bytes, one waits for the end. When the value
/// goes away, which may be right after its last use, the whole group is killed.
package final class ChildProcess: Sendable {
  /// What the child reads.
  package enum Input: Sendable {
    /// These bytes, then the end.
    case bytes([UInt8])
    /// An input that stays open without data until `endInput()`, or until the test process is gone.
    case heldOpen
    package static let none = Input.bytes([])
  }

  struct State: Sendable {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var isDrained = false
    var isReaped = false
    var end: ProcessEnd?
    var processorTime = Duration.zero
    var peakMemoryBytes = 0
    var duration = Duration.zero
  }

  /// More output than this and the child is killed: a test that floods is wrong.
  package static let outputLimitBytes = 512 << 20

  package let commandLine: [String]
  package let processID: Int32
  let state = Monitor(State())
  private let heldInput: Monitor<Int32?>

  /// Starts it. `executable` is looked up in PATH when it has no slash.
  ///
  /// - Parameters:
  ///   - environment: the whole environment; nil gives `isolatedEnvironment()`.
  ///   - descriptors: become the child's descriptors 3, 4, …; they stay open here.
  package init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil, directory: String? = nil,
    input: Input = .none, descriptors: [Int32] = []
  ) throws {
    commandLine = [executable] + arguments
    let stdin = try DescriptorPair.pipe()
    let stdout = try DescriptorPair.pipe()
    let stderr = try DescriptorPair.pipe()
    defer { for end in [stdin.reading, stdout.writing, stderr.writing] { close(end) } }
    do {
      processID = try Spawn.start(
        commandLine, environment: environment ?? Self.isolatedEnvironment(), directory: directory,
        descriptors: [stdin.reading, stdout.writing, stderr.writing] + descriptors)
    } catch {
      for end in [stdin.writing, stdout.reading, stderr.reading] { close(end) }
      throw error
    }
    let started = ContinuousClock.now
    let streams: ChildStreams
    switch input {
    case .bytes(let bytes):
      heldInput = Monitor(nil)
      streams = ChildStreams(input: stdin.writing, pending: bytes, output: stdout.reading, errors: stderr.reading)
    case .heldOpen:
      heldInput = Monitor(stdin.writing)
      streams = ChildStreams(input: nil, pending: [], output: stdout.reading, errors: stderr.reading)
    }
    let (state, processID) = (state, processID)
    OwnThread.start(named: "child-streams") { streams.pump(into: state, killing: processID) }
    OwnThread.start(named: "child-end") { Spawn.awaitEnd(of: processID, started: started, into: state) }
  }

  deinit {
    kill()
    endInput()
  }

  /// Lets the child see the end of an input that was held open.
  package func endInput() {
    heldInput.with { descriptor in
      if let open = descriptor { close(open) }
      descriptor = nil
    }
  }

  /// False once the process has ended.
  package var isRunning: Bool { state.current.end == nil }

  /// What was printed so far.
  package var outputSoFar: String { String(decoding: state.current.output, as: UTF8.self) }
  /// What was printed to standard error so far.
  package var errorsSoFar: String { String(decoding: state.current.errors, as: UTF8.self) }

  /// Sends a signal to the process alone; nothing happens when it has ended.
  package func send(signal number: Int32) {
    // Under the lock: as long as it is not reaped, its id cannot have become another's.
    state.with { if !$0.isReaped { _ = Glibc.kill(processID, number) } }
  }

  /// Kills the process and its group at once.
  package func kill() {
    state.with { if !$0.isReaped { _ = Glibc.kill(-processID, SIGKILL) } }
  }

  /// Waits for the end and for the last of the output. Kills and throws when that takes longer than `limit`.
  ///
  /// A grandchild may hold the streams open after the end; they get one more second, then what came is taken.
  @discardableResult
  package func outcome(within limit: Duration = .seconds(180)) throws -> ProcessOutcome {
    guard state.wait(atMost: limit, until: { $0.end != nil }) else {
      kill()
      _ = state.wait(atMost: .seconds(5), until: { $0.end != nil })
      throw TestSupportError("\(commandLine.joined(separator: " ")): still running after \(limit); \(errorsSoFar)")
    }
    _ = state.wait(atMost: .seconds(1), until: \.isDrained)
    let last = state.current
    return ProcessOutcome(
      end: last.end ?? .exited(0), output: last.output, errors: last.errors, processorTime: last.processorTime,
      peakMemoryBytes: last.peakMemoryBytes, duration: last.duration)
  }

  /// Waits as `outcome(within:)`, from async code.
  @discardableResult
  package func outcome(within limit: Duration = .seconds(180)) async throws -> ProcessOutcome {
    try await OwnThread.run { try self.outcome(within: limit) as ProcessOutcome }
  }

  /// Waits until standard output or standard error contains `text`; false when the process ended or time ran out first.
  package func waitUntil(printed text: String, within limit: Duration = .seconds(90)) -> Bool {
    let wanted = Array(text.utf8)
    let holds: (State) -> Bool = {
      Bytes.firstIndex(of: wanted, in: $0.output) != nil
        || Bytes.firstIndex(of: wanted, in: $0.errors) != nil
    }
    _ = state.wait(atMost: limit) { holds($0) || ($0.end != nil && $0.isDrained) }
    return holds(state.current)
  }

  /// Waits until `isReached` says so, asking every half millisecond; false when the process ended or time ran out first.
  ///
  /// For moments that only the file system shows: a lock that appears, a spool that grows.
  package func waitUntil(within limit: Duration = .seconds(90), _ isReached: () -> Bool) -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      if isReached() { return true }
      if state.wait(atMost: .microseconds(500), until: { $0.end != nil }) { return isReached() }
    }
    return false
  }

  /// Waits until a file or directory is there; see the other `waitUntil`.
  package func waitUntil(fileExists path: String, within limit: Duration = .seconds(90)) -> Bool {
    waitUntil(within: limit) { access(path, F_OK) == 0 }
  }

  /// PATH, C locale, UTC, and no way to ask at a terminal: nothing of the user that runs the tests.
  package static func isolatedEnvironment(home: String = "/nonexistent") -> [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": home,
      "LC_ALL": "C", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
      "GIT_TERMINAL_PROMPT": "0",
    ]
  }
}
