internal import DurableFiles
internal import Foundation
internal import Git
internal import GitValues
internal import Mirroring
internal import SystemPackage

/// Packs of which an object check has walked every object and found all below it in these same packs (`remora/check.json`).
///
/// Their bytes are hashed by every check. As long as those are the same, and all of these packs are there, what they hold needs no
/// walk: each object's id is a digest of it, and with it of the ids that it names. So the next check walks what has come since. The
/// file only saves work: without it, or with one that cannot be read, everything is walked.
struct ProvenPacks: DerivedRecord, Equatable {
  struct Pack: Codable, Hashable {
    /// `pack-HEX`.
    var pack: String
    /// The digest at the end of the pack's index, which covers the pack's own.
    var index: String
  }

  var format = 1
  /// RFC 3339, UTC, milliseconds.
  var provenAt: String
  var packs: [Pack]

  init(_ packs: [Pack], at time: Date) {
    provenAt = RefJournalTime.text(time)
    self.packs = packs.sorted { $0.pack < $1.pack }
  }

  private enum CodingKeys: String, CodingKey {
    case format, packs
    case provenAt = "proven_at"
  }

  /// See above: what cannot be read proves nothing.
  static func load(_ layout: CopyLayout, through files: any FileSystemPort) throws -> ProvenPacks? {
    try load(layout.provenPacks, limit: 64 << 20, through: files)
  }
}

/// What a check takes for whole without a walk.
struct ProvenObjects {
  private let packs: [PackContents]

  /// Nothing.
  init() { packs = [] }

  /// - Parameter indexes: of packs that are proven together.
  init(_ indexes: [FilePath]) throws { packs = try indexes.map { try PackContents(indexPath: $0) } }

  /// Each as often as it is in a pack.
  var count: Int { packs.reduce(0) { $0 + $1.count } }

  func contains(_ oid: ObjectID) -> Bool { packs.contains { $0.contains(oid) } }
}

/// What one check may take over from another.
extension ObjectCheck {
  /// What an earlier check has proven and this one has found with the same bytes; all of it or nothing.
  func provenObjects(_ outcome: CheckOutcome) throws -> ProvenObjects {
    guard believesProof, let proof = try ProvenPacks.load(layout, through: files),
      Set(proof.packs).isSubset(of: outcome.soundPacks)
    else { return ProvenObjects() }
    return try contents(of: proof.packs) ?? ProvenObjects()
  }

  /// `nil` when one of them was replaced meanwhile.
  private func contents(of packs: [ProvenPacks.Pack]) throws -> ProvenObjects? {
    do {
      return try ProvenObjects(packs.map { layout.packs.appending("\($0.pack).idx") })
    } catch Errno.noSuchFileOrDirectory {
      return nil
    }
  }

  /// Records the packs of this check, where each of their objects was walked: then each has all below it among them. Of a copy with
  /// objects that nothing reaches, or that are in two packs, nothing is recorded, and the next check walks it all.
  ///
  /// Beside a run on the same copy nothing is written, nor where nothing can be: the next check has more to do then.
  func recordProof(_ outcome: CheckOutcome) throws {
    guard outcome.looseObjects == 0, !outcome.soundPacks.isEmpty,
      try contents(of: outcome.soundPacks)?.count == outcome.objects
    else { return }
    let proof = ProvenPacks(outcome.soundPacks, at: now())
    guard try ProvenPacks.load(layout, through: files)?.packs != proof.packs else { return }
    do {
      let lock = try OwnerLock.acquire(path: layout.ownerLock, wait: .zero)
      defer { lock.release() }
      let staging = PackStaging(layout: layout, files: files)
      try staging.prepare()
      try StagedFile.replace(
        layout.provenPacks, with: try proof.encoded(), staging: layout.staging.appending("check.json"), through: files)
      try staging.remove()
    } catch let error as LockError {
      guard case .failed(let error) = error else { return }
      try Self.ignoreUnwritable(error)
    } catch let error as FileError {
      try Self.ignoreUnwritable(error)
    }
  }

  /// A copy on a medium that cannot be written to, or is full, can still be checked.
  private static func ignoreUnwritable(_ error: FileError) throws(FileError) {
    guard [.readOnlyFileSystem, .permissionDenied, .noSpace, .diskQuotaExceeded].contains(error.code) else {
      throw error
    }
  }
}
