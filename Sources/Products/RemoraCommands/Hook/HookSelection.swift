internal import Agent
internal import ArgumentParser
internal import SystemPackage

/// Which repositories a command is about.
struct HookSelection: ParsableArguments {
  @Argument(help: ArgumentHelp("Bare repositories.", valueName: "repository"), completion: .directory)
  var repositories: [String] = []

  @Option(
    help: ArgumentHelp("Every bare repository below this directory.", valueName: "root"), completion: .directory)
  var global: String?

  @Flag(help: "Print one JSON object a repository.")
  var json = false

  /// Called by the commands: `validate()` of a group would say its words twice.
  func validateArguments() throws {
    guard repositories.isEmpty != (global == nil) else {
      throw ValidationError("name repositories, or --global and a directory")
    }
  }

  /// True when it may be about several.
  var mayBeSeveral: Bool { global != nil || repositories.count > 1 }

  /// Does `body` for each, prints its result, and ends with the status that sums it up.
  func forEach(_ body: (HookedRepository) throws(HookError) -> HookReport) throws {
    var (good, bad) = (0, 0)
    func tell(_ report: HookReport) throws {
      if report.isGood { good += 1 } else { bad += 1 }
      try report.tell(json: json)
    }
    if let global {
      let root = try LocalPath.absolute(global)
      let search = HookedRepository.all(below: root)
      for repository in search.repositories { try tell(Self.report(repository.path, body)) }
      for failure in search.failures { try tell(HookReport(failure.path, failure)) }
      if search.repositories.isEmpty, search.failures.isEmpty {
        Output.error("no bare repository lies below '\(root)'")
        throw ExitStatus.failed
      }
    }
    for text in repositories {
      let path = try LocalPath.absolute(text)
      try tell(Self.report(path, body))
    }
    if bad > 0 { throw good > 0 ? ExitStatus.someFailed : ExitStatus.failed }
  }

  private static func report(
    _ path: FilePath, _ body: (HookedRepository) throws(HookError) -> HookReport
  ) -> HookReport {
    do throws(HookError) {
      return try body(try HookedRepository(path))
    } catch {
      return HookReport(path, error)
    }
  }
}
