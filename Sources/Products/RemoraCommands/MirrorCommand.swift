internal import ArgumentParser
internal import Foundation
internal import GitTransport
internal import GitValues
internal import Housekeeping
internal import Mirroring
internal import RefStore
internal import SystemPackage

/// `remora mirror`: make copies equal to their sources.
struct MirrorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirror",
    abstract: "Make a bare repository an exact copy of another one, or many of many.",
    discussion: """
      SOURCE is a URL (https, http, ssh, git, file), USER@HOST:PATH or a path.
      DESTINATION is a bare repository; it is made if it is missing. After exit 0 it
      has exactly the refs of the source, its HEAD, and every object that they
      reach; refs that the source does not have are gone, and 'remora history' shows
      their last values. All refs change in one step.

      Examples:
        remora mirror https://git.example.org/project.git /srv/copies/project.git
        remora mirror git@git.example.org:project.git /srv/copies/project.git
        remora mirror --exclude-ref refs/pull /srv/git/project.git /backup/p.git
        remora mirror --list repositories.txt --into /srv/copies --jobs 8 --json
      """)

  @Argument(help: "Where the repository comes from.")
  var source: String?

  @Argument(help: "The bare repository that becomes the copy.", completion: .directory)
  var destination: String?

  @Option(
    help: ArgumentHelp(
      "Mirror every repository of a file: a line each, 'SOURCE [RELATIVE-DESTINATION]'; a line with # in front is a comment.",
      valueName: "file"), completion: .file())
  var list: String?

  @Option(help: ArgumentHelp("Where the copies of --list go.", valueName: "dir"), completion: .directory)
  var into: String?

  @Option(help: ArgumentHelp("Repositories at a time with --list.", valueName: "number"))
  var jobs: Int = 4

  @Option(
    name: .customLong("exclude-ref"),
    help: ArgumentHelp(
      """
      Leave out refs that match, and remember it for later runs; give it again to change it, '' to end it. \
      May be repeated. * stands for anything, a name without * for itself and all below it.
      """, valueName: "glob"))
  var excludedRefs: [String] = []

  @Flag(help: "Take over a bare repository that is no copy of this source.")
  var adopt = false

  @Flag(help: "Say what would be done; write nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp("Wait for another run on the same copy (0, with --list 60).", valueName: "seconds"))
  var wait: Int?

  @Option(help: ArgumentHelp("Refuse a pack with more objects.", valueName: "count"))
  var maxPackObjects: Int = 50_000_000

  @Option(help: ArgumentHelp("Bytes that must stay free on the copy's file system.", valueName: "bytes"))
  var keepFree: UInt64 = 64 << 20

  @Option(
    help: ArgumentHelp(
      "After an update of a copy of more than 50 packs, put them together within so long; 0 leaves them.",
      valueName: "seconds"))
  var maintenance: Int = 60

  @Flag(help: "Print one JSON object a repository.")
  var json = false

  @Flag(help: "Print failures only.")
  var quiet = false

  @OptionGroup(title: "Connection") var connection: ConnectionOptions

  func validate() throws {
    if list == nil {
      guard source != nil, destination != nil else {
        throw ValidationError("give SOURCE and DESTINATION, or --list FILE --into DIR")
      }
      guard into == nil else { throw ValidationError("--into goes with --list") }
    } else {
      guard source == nil else { throw ValidationError("--list stands in place of SOURCE and DESTINATION") }
      guard into != nil else { throw ValidationError("--list needs --into DIR") }
    }
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs takes a number from 1 to 256") }
    guard wait.map({ $0 >= 0 }) ?? true else { throw ValidationError("--wait takes 0 or more seconds") }
    for rule in excludedRefs where !rule.isEmpty {
      guard let reason = RefExclusion.reasonForMatchingNothing(rule) else { continue }
      throw ValidationError("--exclude-ref '\(rule)' can match no ref: \(reason)")
    }
    guard maintenance >= 0 else { throw ValidationError("--maintenance takes 0 or more seconds") }
    guard maxPackObjects > 0 else { throw ValidationError("--max-pack-objects takes a number from 1") }
  }

  func run() async throws {
    let requests = try requests()
    let transports = connection.transports(connections: jobs)
    let printer = MirrorPrinter(requests: requests, isJSON: json, isQuiet: quiet)
    let upkeep = CopyMaintenance(budget: .seconds(maintenance), freeBytesToKeep: keepFree)
    var environment = MirrorEnvironment(transports: transports)
    environment.showsServerText = printer.showsProgress
    let interrupted = await Interruption.watch { [environment] in
      let batch = MirrorBatch(
        environment: environment, jobs: min(jobs, max(1, requests.count))
      ) { upkeep.afterRun($0, $1, cancellation: $2) }
      await batch.run(requests, progress: { printer.progress($0, $1) }, ended: { printer.ended($0) })
    }
    printer.finish()
    await transports.shutdown()
    if interrupted { throw ExitStatus.interrupted }
    if let status = printer.exitStatus { throw status }
  }

  private func requests() throws -> [MirrorRequest] {
    guard let list, let into else {
      return [try request(LocalPath.source(source ?? ""), LocalPath.absolute(destination ?? ""))]
    }
    let bytes: [UInt8]
    do {
      bytes = try list == "-" ? FileHandle.standardInput.readToEnd().map(Array.init) ?? [] : Self.contents(of: list)
    } catch {
      throw ValidationError("cannot read the list '\(PathText.shown(list))': \(error)")
    }
    do {
      let entries = try MirrorList.parse(
        bytes, into: LocalPath.absolute(into), relativeTo: LocalPath.absolute("."))
      return try entries.map { try request($0.source, $0.destination) }
    } catch let error as MirrorError {
      throw ValidationError("\(error)")
    }
  }

  /// Also of a pipe (`--list <(…)`), which the port for durable files refuses.
  private static func contents(of path: String) throws -> [UInt8] {
    let file = try FileDescriptor.open(FilePath(pathText: path), .readOnly)
    return try file.closeAfter {
      var bytes: [UInt8] = []
      var part = [UInt8](repeating: 0, count: 64 << 10)
      while true {
        let count = try part.withUnsafeMutableBytes { try file.read(into: $0) }
        guard count > 0 else { return bytes }
        bytes += part[..<count]
        guard bytes.count <= longestList else { throw Errno.fileTooLarge }
      }
    }
  }

  /// Bytes: more than a million repositories.
  private static let longestList = 256 << 20

  private func request(_ source: SourceURL, _ destination: FilePath) throws -> MirrorRequest {
    var limits = MirrorLimits()
    limits.run = .seconds(connection.timeout)
    limits.packObjects = maxPackObjects
    limits.freeBytesToKeep = keepFree
    let rules = excludedRefs.filter { !$0.isEmpty }
    return MirrorRequest(
      source: source, destination: destination, exclusion: excludedRefs.isEmpty ? nil : RefExclusion(rules),
      adopts: adopt, isDryRun: dryRun, wait: .seconds(wait ?? (list == nil ? 0 : 60)), limits: limits)
  }
}
