internal import Foundation
internal import GitValues
internal import Glibc
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
