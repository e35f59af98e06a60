internal import ArgumentParser
internal import GitValues
internal import Glibc

extension RemoraCommand {
  /// Runs the program with the arguments of this process, which need not be UTF-8 (see `PathText`).
  package static func runProgram() async {
    OpenFileLimit.raise()
    let arguments = CommandLine.rawArguments.dropFirst().map(PathText.text)
    if arguments.first == "help", let reason = UsageAdvice.reason(for: arguments) {
      exit(withError: ValidationError(reason))
    }
    let command: any ParsableCommand
    do {
      command = try parseAsRoot(arguments)
    } catch {
      guard exitCode(for: error) == .validationFailure, let reason = UsageAdvice.reason(for: arguments) else {
        exit(withError: error)
      }
      let usage = fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
      Output.status((["Error: \(reason)"] + usage.map(String.init)).joined(separator: "\n") + "\n")
      exit(withError: ExitStatus.usage)
    }
    do {
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        var synchronous = command
        try synchronous.run()
      }
    } catch {
      exit(withError: error)
    }
  }
}

extension CommandLine {
  /// The bytes of each argument.
  fileprivate static var rawArguments: [[UInt8]] {
    (0..<Int(argc)).compactMap { index in
      unsafeArgv[index].map { start in
        Array(UnsafeBufferPointer(start: start, count: strlen(start))).map(UInt8.init(bitPattern:))
      }
    }
  }
}
