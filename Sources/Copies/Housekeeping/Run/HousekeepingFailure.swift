internal import ChildProcess
internal import Git
internal import Glibc
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

/// Translates the errors of the targets below into those of commands.
enum HousekeepingFailure {
  static func translate(_ error: any Error, attempt: String, copy: FilePath) -> MirrorError {
    switch error {
    case is Cancelled: MirrorError(.cancelled, "\(attempt): cancelled", hint: "the copy is sound; run again")
    case ChildFailure.runTimedOut, ChildFailure.silent: timeout(attempt)
    case ChildFailure.failed(let what, let code):
      MirrorError(.housekeepingFailed, "\(attempt): \(what) git: \(String(cString: strerror(code)))", hint: "run again")
    case let missing as ConnectivityCheck.Missing: incomplete(missing, attempt)
    case let error as GitError where error.code == .packCorrupt:
      MirrorError(
        .housekeepingFailed, "\(attempt): index the new pack: \(error.message)",
        hint: "the copy is as it was; look at it with 'git fsck'")
    default: MirrorError(error, "housekeep", copy.string)
    }
  }

  static func timeout(_ attempt: String) -> MirrorError {
    MirrorError(.timeout, "\(attempt): it took longer than it may", hint: "give it more time; the copy is sound")
  }

  private static func incomplete(_ missing: ConnectivityCheck.Missing, _ attempt: String) -> MirrorError {
    let needer = missing.neededBy.map { ", which \($0) needs," } ?? ""
    return MirrorError(
      .destinationDamaged, "\(attempt): object \(missing.oid)\(needer) is missing",
      hint: "nothing was removed; look at the copy with 'git fsck'")
  }
}
