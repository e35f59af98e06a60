internal import CLibgit2
internal import Glibc

/// libgit2 itself: started once per process, its process-wide options set here and nowhere else.
///
/// Every type of this target calls `start()` before its first call into C, so no caller has to. libgit2's
/// options are plain globals without a lock; they are set before any other thread can be inside the library, and never
/// again.
package enum Library {
  /// Objects that one pack may hold. The count stands in the pack's header, libgit2 allocates 12 bytes for each before
  /// it has seen one, and keeps about 250 bytes for each while it indexes. The largest public repositories have some
  /// 10 to 20 million objects.
  package static let maximumPackObjects = 50_000_000
  /// Bytes that one object may come out at when a delta is resolved: a delta of a few bytes can demand gigabytes.
  package static let maximumObjectBytes = 1 << 30

  /// What the running libgit2 turned out to be.
  package struct Properties: Hashable, Sendable {
    package let version: String
    /// False for a library without Debian's security update of October 2026: deltas may then demand any size.
    package let limitsObjectSize: Bool
  }

  private static let outcome = Result<Properties, GitError> { () throws(GitError) in try initialise() }

  /// Starts libgit2, or says why it cannot be used. Cheap after the first call; any thread.
  @discardableResult
  package static func start() throws(GitError) -> Properties { try outcome.get() }

  private static func initialise() throws(GitError) -> Properties {
    try check(git_libgit2_init(), "git_libgit2_init")
    try limitMemory()
    try limitOpenPacks()
    try isolateFromUserConfiguration()
    // `Repository.openBare` makes this check itself; kept on for any way round it.
    try set(GIT_OPT_SET_OWNER_VALIDATION, to: 1)
    // One stat per pack less. Nothing of ours writes `.keep` files or repacks through libgit2.
    try set(GIT_OPT_DISABLE_PACK_KEEP_FILE_CHECKS, to: 1)
    // Every object of a pack is hashed when the pack is indexed, and the object check hashes again what has lain on
    // disk. Hashing at each read in between costs more than all the rest of a walk.
    try set(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, to: 0)
    // Between the two libgit2 leaves no room for `LooseObjectBackend`.
    try set(GIT_OPT_SET_ODB_PACKED_PRIORITY, to: LooseObjectBackend.priority + 1)
    try set(GIT_OPT_SET_ODB_LOOSE_PRIORITY, to: LooseObjectBackend.priority - 1)
    try check(
      remora_set_size(Int32(GIT_OPT_SET_PACK_MAX_OBJECTS.rawValue), maximumPackObjects), "git_libgit2_opts",
      on: "pack max objects")
    return Properties(version: version(), limitsObjectSize: limitObjectSize())
  }

  /// libgit2's defaults (256 MiB of cached objects, 1 GiB windows, 8 GiB mapped) suit a desktop.
  ///
  /// The object cache is off: walks read each object once, and caching objects that are not read again made a walk of
  /// 98,344 commits and trees take 3.4 s with 16 MiB of cache, 1.0 s with 256 MiB and 0.7 s without. The limit on
  /// mapped memory binds when packs are read; while one is indexed libgit2 ignores it (see `PackResidency`).
  private static func limitMemory() throws(GitError) {
    try set(GIT_OPT_ENABLE_CACHING, to: 0)
    try check(
      remora_set_size(Int32(GIT_OPT_SET_MWINDOW_SIZE.rawValue), 16 << 20), "git_libgit2_opts", on: "window size")
    try check(
      remora_set_size(Int32(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT.rawValue), 64 << 20), "git_libgit2_opts",
      on: "mapped limit")
  }

  /// Each pack that was read from stays open; of more than half of the files that this process may have, the least
  /// recently used one is closed. Without a limit a copy of more packs than that looks damaged.
  private static func limitOpenPacks() throws(GitError) {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let files = Int(min(limit.rlim_cur, 65_536)) / 2
    try check(
      remora_set_size(Int32(GIT_OPT_SET_MWINDOW_FILE_LIMIT.rawValue), max(16, files)), "git_libgit2_opts",
      on: "open packs")
  }

  /// A user's `insteadOf`, proxies or `safe.directory` must not change what this program does.
  private static func isolateFromUserConfiguration() throws(GitError) {
    let levels = [
      GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_PROGRAMDATA,
    ]
    for level in levels {
      try check(remora_set_search_path(level.rawValue, ""), "git_libgit2_opts", on: "search path")
    }
  }

  /// Asks by number, because the header that we are built against and the library that runs may differ: an unknown
  /// number is an error without effect.
  private static func limitObjectSize() -> Bool {
    var current = 0
    guard remora_get_size(Int32(REMORA_OPT_GET_PACK_MAX_OBJECT_SIZE), &current) == 0,
      remora_set_size(Int32(REMORA_OPT_SET_PACK_MAX_OBJECT_SIZE), maximumObjectBytes) == 0
    else {
      git_error_clear()
      return false
    }
    return true
  }

  private static func set(_ option: git_libgit2_opt_t, to value: Int32) throws(GitError) {
    try check(remora_set_int(Int32(option.rawValue), value), "git_libgit2_opts", on: "option \(option.rawValue)")
  }

  private static func version() -> String {
    var major: Int32 = 0
    var minor: Int32 = 0
    var revision: Int32 = 0
    git_libgit2_version(&major, &minor, &revision)
    return "\(major).\(minor).\(revision)"
  }
}
