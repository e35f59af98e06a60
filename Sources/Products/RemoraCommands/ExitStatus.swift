internal import ArgumentParser
internal import Mirroring

/// The exit statuses of the contract.
enum ExitStatus {
  static let failed = ExitCode(1)
  static let someFailed = ExitCode(2)
  static let broken = ExitCode(3)
  /// Wrong usage, or a configuration that is none (EX_USAGE of sysexits.h).
  static let usage = ExitCode(64)
  static let busy = ExitCode(75)
  /// As a shell shows a program that Ctrl-C ended.
  static let interrupted = ExitCode(130)

  /// The status for one failure.
  static func of(_ error: MirrorError) -> ExitCode {
    switch error.code {
    case .busy, .destinationLocked: busy
    case .cancelled: interrupted
    default: failed
    }
  }
}
