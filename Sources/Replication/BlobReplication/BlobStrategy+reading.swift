import DurableFiles
package import Replication
import Synchronization
import SystemPackage
import WorkerPool

extension BlobStrategy {
  /// The one line of a file's listing.
  static let lineName = "content"
  /// A file that changes while it is read is read again; after so many times it is busy.
  static let readingAttempts = 3

  package func listing(of id: ReplicableID) async throws(StrategyError) -> ContentListing {
    try await onWorker("read '\(id)'") { [self] cancellation in
      let checksum = try checksum(of: id, cancellation)
      var listing = ContentListing()
      listing.append(name: Self.lineName.utf8, value: checksum.description.utf8.dropFirst("sha256:".utf8.count))
      listing.checksum = checksum
      return listing
    }
  }

  package func presence(of id: ReplicableID) async throws(StrategyError) -> Presence {
    let operation = "look for '\(id)'"
    return try await onWorker(operation) { [self] _ in
      switch try place.standing(of: id) {
      case .file(let status):
        let root = try place.requireRoot()
        knownRoot.withLock { $0 = FileIdentity(device: root.device, inode: root.inode) }
        return .present(FileIdentity(status))
      case .foreign: return .unfinished
      case .blocked(let path, .symbolicLink):
        // Moved to another disk, perhaps, and linked back: that does not mean that it is gone.
        throw place.occupied(path, "a link lies on the way", operation)
      case .nothing, .directory, .blocked:
        try requireCredibleAbsence(trying: operation)
        return .absent
      }
    }
  }

  /// The caller judges whether an absence is plausible, because it has the number of replicables.
  package func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook {
    try await onWorker("look at '\(id)'") { [self] _ in
      switch try place.standing(of: id) {
      case .file: CopyLook()
      case .nothing, .blocked, .directory: CopyLook(isThere: false)
      case .foreign: CopyLook(damage: ["something else stands in its place"])
      }
    }
  }

  /// An unmounted disk looks like an empty root. So an empty root is accepted only for the same directory in which this
  /// process has seen a file: then it was emptied.
  private func requireCredibleAbsence(trying operation: String) throws {
    let root = try place.requireRoot()
    guard try place.isEmpty(), knownRoot.withLock({ $0 }) != FileIdentity(device: root.device, inode: root.inode) else {
      return
    }
    throw StrategyError(
      .fileSystem, trying: operation, "the root '\(place.root)' is empty", hint: "is its disk mounted?",
      disposition: .host)
  }

  private func checksum(of id: ReplicableID, _ cancellation: CancellationFlag) throws -> Checksum {
    let operation = "read '\(id)'"
    switch try place.standing(of: id) {
    case .file: break
    case .nothing, .directory: throw Self.missing(operation)
    case .foreign: throw place.occupied(place.path(of: id), "no regular file stands there", operation)
    case .blocked(let path, let kind):
      guard kind == .symbolicLink else { throw Self.missing(operation) }
      throw place.occupied(path, "a link lies on the way", operation)
    }
    for _ in 0..<Self.readingAttempts {
      let file: OpenFile
      do { file = try OpenFile(below: place.root, place.path(of: id)) } catch {
        guard error.code == .noSuchFileOrDirectory else { throw error }
        throw Self.missing(operation)
      }
      let startedAt = now()
      if let known = digests?.checksum(of: id, try file.stamp(), at: startedAt) { return known }
      guard let digest = try FileDigest(reading: file, cancellation: cancellation) else { continue }
      digests?.note(digest.checksum, of: id, digest.stamp, readAt: startedAt)
      return digest.checksum
    }
    throw StrategyError(
      .busy, trying: operation, "the file changed each of the \(Self.readingAttempts) times that it was read",
      hint: "it is tried again later")
  }

  private static func missing(_ operation: String) -> StrategyError {
    StrategyError(.missing, trying: operation, "there is no such file")
  }
}
