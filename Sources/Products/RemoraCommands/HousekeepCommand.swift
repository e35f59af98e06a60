internal import ArgumentParser
internal import Housekeeping
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

/// `remora housekeep`: put a copy's packs together and let go what its history no longer protects.
struct HousekeepCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "housekeep",
    abstract: "Put the packs of a copy together, and free what it no longer keeps.",
    discussion: """
      Does only what is needed. Small packs become one; what refs have dropped is
      kept for the retention and then let go; where less than half of a copy is
      still needed, all of it is packed anew. It may be run at any time, beside
      readers too: a replaced pack stays for an hour and is removed by the next
      housekeeping after that.

      Examples:
        remora housekeep /srv/copies/project.git
        remora housekeep /srv/copies/project.git --retention 90 --json
      """)

  @Argument(help: "The copy.", completion: .directory)
  var copy: String

  @Option(help: ArgumentHelp("Keep what refs have dropped for so long, from the drop.", valueName: "days"))
  var retention: Int = 30

  @Option(help: ArgumentHelp("Wait for another run on the same copy.", valueName: "seconds"))
  var wait: Int = 0

  @Option(help: ArgumentHelp("End after so long, with the copy sound.", valueName: "seconds"))
  var timeout: Int = 6 * 3600

  @Option(help: ArgumentHelp("Bytes that must stay free on the copy's file system.", valueName: "bytes"))
  var keepFree: UInt64 = 64 << 20

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print failures only.")
  var quiet = false

  func validate() throws {
    guard (1...36_500).contains(retention) else { throw ValidationError("--retention takes a number of days from 1") }
    guard wait >= 0 else { throw ValidationError("--wait takes 0 or more seconds") }
    guard timeout > 0 else { throw ValidationError("--timeout takes a number of seconds from 1") }
  }

  func run() async throws {
    let path = try LocalPath.absolute(copy)
    var settings = HousekeepingSettings()
    settings.wait = .seconds(wait)
    settings.run = .seconds(timeout)
    settings.retention = .seconds(retention * 24 * 3600)
    settings.freeBytesToKeep = keepFree
    let clock = ContinuousClock()
    let start = clock.now
    let printer = HousekeepPrinter(copy: path, isJSON: json, isQuiet: quiet)
    let interrupted = await Interruption.watch { [settings] in
      let pool = WorkerPool(name: "housekeeping", threads: 1, waitingLimit: 1)
      var outcome: HousekeepingOutcome
      do {
        outcome = try await pool.run { flag in
          CopyHousekeeping(path, settings: settings, cancellation: flag).execute()
        }
      } catch {
        outcome = .failed(
          MirrorError(.cancelled, "housekeep '\(path)': cancelled", hint: "the copy is sound; run again"))
      }
      await pool.shutdown()
      printer.tell(outcome, after: clock.now - start)
    }
    if interrupted { throw ExitStatus.interrupted }
    if let status = printer.exitStatus { throw status }
  }
}
