internal import ArgumentParser
internal import GitValues
internal import Mirroring
internal import RefStore
internal import SystemPackage

extension RefsChecksum: ExpressibleByArgument {}

/// `remora checksum`: a digest over all refs and HEAD.
struct ChecksumCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checksum",
    abstract: "Print the refs checksum of a repository.",
    discussion: """
      sha256 covers every ref and HEAD; git prints the same digits:
        { t=$(git symbolic-ref -q HEAD) && echo "ref: $t HEAD" ||
            echo "$(git rev-parse HEAD) HEAD"
          git for-each-ref --format='%(objectname) %(refname)'; } | sha256sum
      gitaly is GitLab's checksum, grokmirror the fingerprint of kernel.org's
      manifests (git show-ref | sha1sum). A repository with broken refs has no
      checksum: they are named and the exit status is 3.

      Example:
        remora checksum /srv/copies/project.git --algorithm gitaly
      """)

  @Argument(help: "A repository on this machine.", completion: .directory)
  var repository: String

  @Option(help: "sha256, gitaly or grokmirror.")
  var algorithm: RefsChecksum = .sha256

  @Flag(help: "Print a JSON object.")
  var json = false

  private struct Report: Encodable {
    let repository: String
    let algorithm: String
    @NullWhenMissing var checksum: String?
    let refs: Int
    let broken: [BrokenReport]
  }

  func run() async throws {
    do {
      let path = try LocalPath.absolute(repository)
      let view = try RepositoryReading.view(of: path)
      let checksum = view.broken.isEmpty ? algorithm.digest(of: view) : nil
      if json {
        try Output.json(
          Report(
            repository: path.string, algorithm: algorithm.rawValue, checksum: checksum, refs: view.refs.count,
            broken: view.broken.map { BrokenReport($0) }))
      } else if let checksum {
        Output.result(checksum)
      }
      guard checksum != nil else {
        BrokenReport.tell(view.broken, of: path)
        throw ExitStatus.broken
      }
    } catch let error as MirrorError {
      Output.error("error: \(error)")
      throw ExitStatus.of(error)
    }
  }
}
