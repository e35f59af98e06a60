internal import DurableFiles
internal import Git
internal import Mirroring
internal import SystemPackage

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
