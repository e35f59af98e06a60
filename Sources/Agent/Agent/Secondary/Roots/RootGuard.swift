internal import DurableFiles
internal import Foundation
internal import Replication
internal import SiteAssembly
internal import StateFiles
internal import Synchronization
internal import SystemPackage

/// Refuses work in a root of copies that does not belong to this site's registry: its disk is not mounted, or copies
/// are missing. Nothing is written there, and nothing read there counts.
///
///     unknown ──establish: empty registry, or the copies are there──► sound ──its file is gone, another id──► refused
///        └──────── too few copies are there ──► refused                 ▲  └── too few copies ──► refused        │
///                                                                       └──── its id is back, or accepted ───────┘
final class RootGuard: Sendable {
  /// Why the root is refused.
  struct Refusal: Hashable, Sendable {
    var since: Timestamp
    var message: String
    /// The id is right, but there are too few copies: only a new count, or an operator, ends it.
    var isOfCount = false
  }

  private enum State {
    case unknown
    /// The identity file as it was when it was read.
    case sound(FileStatus)
    case refused(Refusal)
  }

  let kind: ReplicableName
  let identity: RootIdentity
  private let now: @Sendable () -> Timestamp
  private let tell: @Sendable (ReplicationLine) -> Void
  private let state = Mutex(State.unknown)

  /// The code of errors that a refused root causes.
  static let code = StrategyError.Code(rawValue: "root_refused")

  init(
    _ kind: ReplicableName, _ identity: RootIdentity, now: @escaping @Sendable () -> Timestamp,
    tell: @escaping @Sendable (ReplicationLine) -> Void
  ) {
    self.kind = kind
    self.identity = identity
    self.now = now
    self.tell = tell
  }

  /// Guards the root of a kind of an open site.
  convenience init(_ kind: KindPlan, _ site: SiteResources, tell: @escaping @Sendable (ReplicationLine) -> Void) {
    // Like the strategy: a symbolic link to the directory of the copies is resolved at the start.
    let root = SiteResources.resolved(kind.root) ?? FilePath(kind.root)
    let identity = RootIdentity(
      root: root, kind: kind.name.text, record: FilePath(site.plan.state).appending("roots.json"),
      files: RealFileSystem())
    self.init(kind.name, identity, now: site.environment.now, tell: tell)
  }

  /// Why the root is refused; `nil` when it is not.
  var refusal: Refusal? {
    state.withLock { if case .refused(let refusal) = $0 { refusal } else { nil } }
  }

  /// The root is neither refused nor unknown.
  var isSound: Bool {
    state.withLock { if case .sound = $0 { true } else { false } }
  }

  /// Checks the root before a job works in it: two stats, as long as its identity file is unchanged. Blocks on the
  /// disk.
  ///
  /// - Throws: `StrategyError` of code `root_refused`.
  func check() throws(StrategyError) {
    do {
      let status = try files.status(of: identity.file)
      let isKnown = state.withLock { state -> Bool in
        if case .sound(let known) = state, let status, known == status { return true }
        return false
      }
      if isKnown { return }
      try examine(status)
    } catch {
      refuse("look at the root '\(identity.root)': \(error)")
    }
    if let refusal { throw StrategyError(Self.code, refusal.message, disposition: .host) }
    if !isSound {
      throw StrategyError(
        Self.code, "the root '\(identity.root)' of '\(kind)' was not compared with the registry yet", disposition: .host
      )
    }
  }

  private var files: any FileSystemPort { identity.files }

  private func examine(_ status: FileStatus?) throws {
    if try files.status(of: identity.acceptance) != nil { return try accept() }
    guard let recorded = try identity.recorded() else { return }
    guard try files.status(of: identity.root)?.kind == .directory else {
      return refuse("there is no directory at '\(identity.root)', the root of '\(kind)'")
    }
    let carried = try identity.carried()
    guard carried == recorded, let status else {
      let what = carried == nil ? "does not carry the identity" : "carries another identity than the one"
      return refuse(
        "the root '\(identity.root)' of '\(kind)' \(what) that this site's copies have: its disk may not be mounted;"
          + " nothing is written there. Mount it; or, if this directory is meant, run: touch '\(identity.acceptance)'")
    }
    if refusal?.isOfCount != true { becomeSound(status) }
  }

  /// Accepts the root as it is by an operator's order: missing copies are fetched again.
  private func accept() throws {
    try identity.establish()
    try files.unlink(identity.acceptance)
    tell(.note("the root '\(identity.root)' of '\(kind)' was accepted by an operator (\(identity.acceptance))"))
    if let status = try files.status(of: identity.file) { becomeSound(status) }
  }

  private func becomeSound(_ status: FileStatus) {
    let ended = state.withLock { state -> Refusal? in
      defer { state = .sound(status) }
      if case .refused(let refusal) = state { return refusal }
      return nil
    }
    if let ended {
      tell(.note("the root '\(identity.root)' of '\(kind)' is in use again, refused since \(ended.since)"))
    }
  }

  private func refuse(_ message: String, isOfCount: Bool = false) {
    let moment = now()
    let isNew = state.withLock { state -> Bool in
      if case .refused(var refusal) = state {
        refusal.message = message
        refusal.isOfCount = isOfCount
        state = .refused(refusal)
        return false
      }
      state = .refused(Refusal(since: moment, message: message, isOfCount: isOfCount))
      return true
    }
    if isNew { tell(.trouble(message)) }
  }

  // MARK: Counting

  /// Records that the copies could not be counted: the root is refused until they can.
  func couldNotCount(_ why: String) {
    guard !isSound else { return }
    refuse("compare the root '\(identity.root)' of '\(kind)' with the registry: \(why)", isOfCount: true)
  }

  /// Records the number of copies in the registry, and how many of them are present. Blocks on the disk.
  ///
  /// - Throws: errors of writing the identity.
  func take(known: Int, present: Int) throws {
    let missing = known - present
    let isUnknown = try identity.recorded() == nil
    let isTooFew = missing > max(3, known / 20) || (isUnknown && known > 0 && present == 0)
    if isTooFew {
      return refuse(
        "\(missing) of the \(known) copies of '\(kind)' that the registry knows are not in '\(identity.root)': nothing is"
          + " written there. Mount its disk or bring the copies back; or, to fetch them again, run:"
          + " touch '\(identity.acceptance)'", isOfCount: true)
    }
    if isUnknown { try identity.establish() }
    guard let recorded = try identity.recorded(), try identity.carried() == recorded,
      let status = try files.status(of: identity.file)
    else { return }
    becomeSound(status)
  }
}

/// The identity of a root of copies: a file with a random id in the root (`.remora-root`), and the same id in the state
/// (`roots.json`). A directory with another id or none does not have this site's copies: its disk is not mounted.
struct RootIdentity: Sendable {
  private struct Stored: Codable {
    /// Not checked: the id of a root is valid in every version.
    var format = 1
    var id: String
  }

  /// The root of one kind.
  let root: FilePath
  /// The kind's name, the key in `roots.json`.
  let kind: String
  /// `roots.json`.
  let record: FilePath
  let files: any FileSystemPort

  var file: FilePath { root.appending(".remora-root") }
  /// An operator creates this file to accept the root as it is.
  var acceptance: FilePath { root.appending(".remora-accept") }

  /// Returns the recorded id; `nil` before the first.
  func recorded() throws -> String? { try records()[kind] }

  /// Returns the root's id; `nil` where it has none, or an unreadable one.
  func carried() throws -> String? {
    try identity.readIfUsable()?.id
  }

  /// Makes this root the kind's root, with its own id where it has one, else with a new one. The root first: a crash in
  /// between leaves an id that the next start adopts.
  func establish() throws {
    var id = try carried()
    if id == nil {
      let new = UUID().uuidString.lowercased()
      if try files.status(of: file) != nil { try files.unlink(file) }
      try identity.write(Stored(id: new))
      id = new
    }
    var all = try records()
    all[kind] = id
    try ids.write(all)
  }

  /// A damaged record has no ids: the copies themselves show whether the root is the right one.
  private func records() throws -> [String: String] { try ids.readIfUsable() ?? [:] }

  private var identity: StateFile<Stored> {
    StateFile(
      file, format: .json(version: nil), limit: 1 << 12, permissions: FilePermissions(rawValue: 0o644), through: files)
  }

  private var ids: StateFile<[String: String]> { StateFile(record, format: .json(version: nil), through: files) }
}
