internal import CLibgit2

/// Carries a progress closure through C and its error back out.
///
/// libgit2 holds it unretained; the indexer that made it keeps it alive until libgit2 has forgotten it.
final class PackProgressCallback {
  private let progress: (PackProgress) throws -> Void
  private let residency: PackResidency
  private var failure: (any Error)?

  init(directory: String, _ progress: @escaping (PackProgress) throws -> Void) {
    self.progress = progress
    residency = PackResidency(directory: directory)
  }

  func report(_ stats: git_indexer_progress) throws { try progress(PackProgress(stats)) }

  func takeFailure() -> (any Error)? {
    defer { failure = nil }
    return failure
  }

  /// The C side: a Swift error becomes GIT_EUSER, and waits here for the caller of the outer function.
  static func call(_ stats: UnsafePointer<git_indexer_progress>?, _ payload: UnsafeMutableRawPointer?) -> Int32 {
    guard let stats, let payload else { return 0 }
    let callback = Unmanaged<PackProgressCallback>.fromOpaque(payload).takeUnretainedValue()
    callback.residency.relieve()
    do {
      try callback.report(stats.pointee)
      return 0
    } catch {
      callback.failure = error
      return GIT_EUSER.rawValue
    }
  }
}
