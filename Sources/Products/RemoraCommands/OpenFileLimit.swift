internal import Glibc

/// How many files this process may have open.
///
/// libgit2 keeps each pack open that it has read from. Shells start programs with a soft limit of 1,024, often far below the
/// hard one; a sound copy of 1,100 packs would then look damaged. The soft limit is for programs that use select(2), which
/// this one does not.
enum OpenFileLimit {
  /// Raises the soft limit to the hard one; leaves it where that is refused.
  static func raise() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else {
      return
    }
    limit.rlim_cur = min(limit.rlim_max, most)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Children close all descriptors up to the limit one by one: a million of them would take a moment each time.
  private static let most: rlim_t = 65_536
}
