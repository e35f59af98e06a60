internal import Foundation
internal import GitValues
internal import Glibc
internal import Mirroring
internal import SystemPackage

/// Results on standard output, messages about a run on standard error.
enum Output {
  static func result(_ line: String) { write(line + "\n", to: .standardOutput) }

  /// Text on standard output as it is.
  static func text(_ text: String) { write(text, to: .standardOutput) }

  static func error(_ line: String) { write("remora: \(line)\n", to: .standardError) }

  /// Text on standard error as it is, without a line end.
  static func status(_ text: String) { write(text, to: .standardError) }

  static var statusIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// One JSON object on one line.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    result(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  private static func write(_ text: String, to descriptor: SystemPackage.FileDescriptor) {
    // There is no place left to report that our own output is gone (`remora … | head`); the exit status still says how it went.
    _ = try? descriptor.writeAll(PathText.shown(text).utf8)
  }
}

/// A value of a report whose key is there also when the value is not: as null, where the compiler's own encoding leaves the
/// key out.
@propertyWrapper
struct NullWhenMissing<Value: Encodable>: Encodable {
  var wrappedValue: Value?

  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

/// The one line on a terminal that says how far a run is; written over itself.
struct ProgressLine {
  private var isShown = false
  private var throttle = ProgressThrottle<Phase>()
  private var lastRate: (bytes: Int, time: ContinuousClock.Instant)?
  private var rate = 0

  private enum Phase { case pausing, listing, requesting, remote, receiving, indexing, checking, publishing }

  mutating func show(_ progress: MirrorProgress, prefix: String) {
    let now = ContinuousClock.now
    guard throttle.allows(Self.phase(of: progress), at: now) else { return }
    isShown = true
    Output.status("\r\u{1B}[K\(prefix)\(text(progress, at: now))")
  }

  mutating func clear() {
    guard isShown else { return }
    isShown = false
    Output.status("\r\u{1B}[K")
  }

  private mutating func text(_ progress: MirrorProgress, at now: ContinuousClock.Instant) -> String {
    switch progress {
    case .pausing(let host, let seconds): return "Waiting \(seconds) s: \(host) has asked for a pause"
    case .listing: return "Listing refs"
    case .requesting: return "Waiting for the source to prepare the pack"
    case .remote(let line): return "remote: \(line.prefix(70))"
    case .receiving(let objects, let total, let bytes):
      measure(bytes, at: now)
      return "Receiving objects: \(Self.share(objects, total)), \(Self.size(bytes)) | \(Self.size(rate))/s"
    case .indexing(let objects, let total): return "Indexing objects: \(Self.share(objects, total))"
    case .checking(let objects): return "Checking connectivity: \(objects)"
    case .publishing(let refs): return "Changing refs: \(refs)"
    }
  }

  private static func phase(of progress: MirrorProgress) -> Phase {
    switch progress {
    case .pausing: .pausing
    case .listing: .listing
    case .requesting: .requesting
    case .remote: .remote
    case .receiving: .receiving
    case .indexing: .indexing
    case .checking: .checking
    case .publishing: .publishing
    }
  }

  private mutating func measure(_ bytes: Int, at now: ContinuousClock.Instant) {
    guard let last = lastRate, bytes >= last.bytes else {
      lastRate = (bytes, now)
      return
    }
    let seconds = MirrorReport.seconds(now - last.time)
    guard seconds >= 0.5 else { return }
    rate = Int(Double(bytes - last.bytes) / seconds)
    lastRate = (bytes, now)
  }

  private static func share(_ part: Int, _ whole: Int) -> String {
    whole == 0 ? "\(part)" : "\(part * 100 / whole)% (\(part)/\(whole))"
  }

  /// `12.34 MiB`, as git writes sizes.
  static func size(_ bytes: Int) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    guard let (unit, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
    let hundredths = bytes / (unit / 1024) * 100 / 1024
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(name)"
  }
}

/// Limits how often a line is written: each phase at once, the same one again ten times a second.
///
/// A new phase is never left out: the line would name the one before for as long as the new one lasts.
struct ProgressThrottle<Phase: Equatable> {
  private var last: (phase: Phase, time: ContinuousClock.Instant)?

  mutating func allows(_ phase: Phase, at now: ContinuousClock.Instant) -> Bool {
    if let last, last.phase == phase, now - last.time < .milliseconds(100) { return false }
    last = (phase, now)
    return true
  }
}
