internal import Foundation
internal import Logging
internal import Synchronization
internal import TextBytes

/// The level from which on lines are written; a reload changes it for the whole process.
final class LogLevel: Sendable {
  private let level: Mutex<Logger.Level>

  /// A level by its name; one that is none counts as `info`, and the configuration's reader lets none through.
  init(_ name: String) { level = Mutex(Logger.Level(rawValue: name) ?? .info) }

  func set(_ name: String) { level.withLock { $0 = Logger.Level(rawValue: name) ?? $0 } }

  var current: Logger.Level { level.withLock { $0 } }
}

/// Writes log lines on standard error: time, level, what happened, fields.
struct AgentLog: LogHandler {
  let level: LogLevel
  var metadata: Logger.Metadata = [:]
  /// The process's level decides, and not one of a logger.
  var logLevel: Logger.Level = .trace

  init(level: LogLevel) { self.level = level }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    guard event.level >= level.current else { return }
    let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let tail = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
    let time = RFC3339.text(RFC3339.milliseconds(since1970: Date().timeIntervalSince1970))
    Output.error("\(time) \(event.level.rawValue) \(event.message)\(tail)")
  }

  private static func quoted(_ value: String) -> String {
    value.contains { $0 == " " || $0 == "\"" } ? "\"\(value.replacing("\"", with: "'"))\"" : value
  }
}
