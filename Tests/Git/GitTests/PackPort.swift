import Git
import GitValues

/// A port that serves a listing and a pack from memory and keeps what it was asked.
final class PackPort: RemotePort {
  struct Refused: Error, Equatable { let step: String }

  let listing: RefView
  let pack: [UInt8]
  let directory: String
  /// The step that throws.
  let refusing: String?
  private(set) var steps: [String] = []
  private(set) var wants: [ObjectID] = []
  private(set) var indexed: IndexedPack?

  init(_ listing: RefView, pack: [UInt8] = [], directory: String = "", refusing: String? = nil) {
    self.listing = listing
    self.pack = pack
    self.directory = directory
    self.refusing = refusing
  }

  private func step(_ name: String) throws {
    steps.append(name)
    if name == refusing { throw Refused(step: name) }
  }

  func connect(to url: String) throws { try step("connect") }

  func view() throws -> RefView {
    try step("view")
    return listing
  }

  func negotiate(wants: [ObjectID]) throws {
    self.wants = wants
    try step("negotiate")
  }

  func downloadPack(_ report: (RemoteProgress) throws -> Void) throws {
    try step("download")
    indexed = try index(pack, in: directory)
    try report(RemoteProgress(totalObjects: indexed?.objectCount ?? 0, receivedBytes: pack.count))
  }

  func close() { steps.append("close") }
}
