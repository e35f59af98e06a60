internal import ArgumentParser
internal import Foundation
internal import Synchronization
internal import SystemPackage

/// `remora quickstart`: the whole thing on one machine, in a directory that is gone afterwards.
struct QuickstartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quickstart",
    abstract: "Show two agents at work on this machine, and leave nothing behind.",
    discussion: """
      Starts a primary and a secondary in a temporary directory, with copies of a
      repository, and then pushes, force-pushes, tampers, destroys and restores.
      Needs git. Nothing outside the temporary directory is written.

      Example:
        remora quickstart fixtures/sample.git
      """)

  @Argument(help: "The repository to play with; only read.", completion: .directory)
  var repository: String

  func run() async throws {
    let repository = try LocalPath.absolute(repository).string
    let result = Mutex<Result<Void, any Error>>(.success(()))
    let wasInterrupted = await Interruption.watch {
      do {
        let ground = try QuickstartGround()
        defer { ground.remove() }
        try await QuickstartStory(ground).tell(with: repository)
      } catch {
        result.withLock { $0 = .failure(error) }
      }
    }
    if wasInterrupted { throw ExitStatus.interrupted }
    do {
      try result.withLock { try $0.get() }
    } catch {
      Output.error("error: quickstart: \(error)")
      throw ExitStatus.failed
    }
  }
}
