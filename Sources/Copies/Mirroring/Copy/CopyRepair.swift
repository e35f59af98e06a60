package import DurableFiles
package import Foundation
internal import Git
internal import GitTransport
internal import GitValues
internal import Glibc
internal import RefStore
package import SystemPackage

/// Rewrites the derivable parts of a copy: `config`, `HEAD`, `refs/`, files below `remora/`.
///
/// Replaced files are kept below `remora/damaged/`. Needs the owner lock of the copy, if it can be taken. A crash
/// leaves some parts repaired; the next call continues.
package struct CopyRepair {
  private let layout: CopyLayout
  private let files: any FileSystemPort
  private let now: Date

  package init(_ copy: FilePath, through files: any FileSystemPort, at now: Date) {
    layout = CopyLayout(root: copy)
    self.files = files
    self.now = now
  }

  /// Takes the copy's lock and repairs what `CopyExamination` finds; a run that holds the lock is not interrupted.
  ///
  /// - Parameters:
  ///   - source: the copy's source, for its configuration; `nil` takes the one that the last run recorded.
  ///   - wait: how long to wait for a run on the same copy.
  /// - Returns: the repairs, and the damage that only a fresh copy repairs.
  /// - Throws: `LockError`, `FileError`.
  package func execute(
    source: String?, wait: Duration, isCancelled: () -> Bool
  ) throws -> (repaired: [CopyDamage], left: [CopyDamage]) {
    let examination = CopyExamination(layout.root, through: files)
    let opened = try openPermissions(examination)
    let first = try examination.damage()
    guard !first.isEmpty, first.allSatisfy({ $0.remedy == .rewrite }) else { return (opened, first) }
    try makeLockable()
    let lock = try OwnerLock.acquire(path: layout.ownerLock, wait: wait, isCancelled: isCancelled)
    defer { lock.release() }
    // Another run may have repaired it while we waited.
    let damage = try examination.damage()
    for one in damage { try repair(one, source) }
    return (opened + damage, try examination.damage())
  }

  /// Gives the owner back what it may not use; needs no lock, for it changes no content.
  private func openPermissions(_ examination: CopyExamination) throws -> [CopyDamage] {
    var opened: [CopyDamage] = []
    // Entries below an inaccessible directory are found once it is accessible.
    for _ in 0..<Self.depth {
      let closed = try examination.damage().filter { $0.remedy == .openPermissions }
      guard !closed.isEmpty else { break }
      for damage in closed {
        let path = damage.part.isEmpty ? layout.root : layout.root.pushing(FilePath(damage.part))
        guard let status = try files.status(of: path) else { continue }
        let needed: FilePermissions = status.kind == .directory ? .ownerReadWriteExecute : .ownerReadWrite
        let mode = status.permissions.union(needed)
        guard path.withPlatformString({ chmod($0, mode.rawValue) }) == 0 else {
          throw FileError(Errno(rawValue: errno), "change the mode of", path)
        }
      }
      opened += closed
    }
    return opened
  }

  private static let depth = 4

  /// The lock is in the copy: damage that prevents taking it is repaired first. Until then no process can hold it.
  private func makeLockable() throws {
    if let status = try files.status(of: layout.own), status.kind != .directory {
      try files.rename(layout.own, to: layout.root.appending(".remora-damaged-\(stamp)"))
    }
    try files.makeDirectories(layout.own)
    if let status = try files.status(of: layout.ownerLock), status.kind != .regular { try putAside(layout.ownerLock) }
  }

  private var stamp: Int64 { Int64(now.timeIntervalSince1970 * 1_000) }

  private func repair(_ damage: CopyDamage, _ source: String?) throws {
    switch damage.part {
    case "config":
      let content = configurationFile(source)
      if try files.status(of: layout.configuration) != nil { try putAside(layout.configuration) }
      try files.replaceFile(layout.configuration, with: content, permissions: .ownerReadWriteGroupOtherRead)
    case "HEAD":
      if try files.status(of: layout.head) != nil { try putAside(layout.head) }
      // Where nothing says what it was, the run that follows makes it what the source says.
      let saved = try? CopyState.recorded(in: layout, through: files)?.head  // a damaged state says nothing
      let line = saved.flatMap { $0 }.flatMap { HeadLine(text: $0) } ?? .initial
      try files.replaceFile(layout.head, with: line.file, permissions: .ownerReadWriteGroupOtherRead)
    case "refs":
      if try files.status(of: layout.refs) != nil { try putAside(layout.refs) }
      try files.makeDirectory(layout.refs, permissions: .allBeforeUmask)
      try files.synchronizeDirectory(layout.root)
    default:
      // Remora's files below `remora/` and `logs/`: a run creates them again.
      let path = layout.root.pushing(FilePath(damage.part))
      if try files.status(of: path) != nil { try putAside(path) }
    }
  }

  /// Source and rules of exclusion are in the state that the last run left. Of a file that can be parsed the other
  /// sections stay.
  private func configurationFile(_ source: String?) -> [UInt8] {
    // A damaged state says nothing, and what cannot be read any more names no rules: then the next run records its own.
    let saved = (try? CopyState.recorded(in: layout, through: files)).flatMap { $0 }
    let bytes = (try? files.contents(of: layout.configuration, limit: 1 << 20)).flatMap { $0 }
    let parsed = bytes.flatMap { bytes in
      bytes.contains(0) ? nil : try? Configuration(path: layout.configuration.pathText)
    }
    let rules = (try? parsed?.strings("remora.excluderef")).flatMap { $0 } ?? []
    let configuration = CopyConfiguration(
      source: source ?? saved?.source ?? "", exclusion: RefExclusion(rules.isEmpty ? saved?.exclude ?? [] : rules))
    guard let bytes, let parsed, (try? parsed.bool("core.bare")) != .some(false),
      let version = try? parsed.integer("core.repositoryformatversion") ?? 0, version <= 1
    else { return configuration.newFile }
    return configuration.replacing(in: bytes)
  }

  private func putAside(_ path: FilePath) throws {
    let directory = layout.own.appending("damaged")
    try files.makeDirectories(directory)
    let name = path.lastComponent?.string ?? "part"
    try files.rename(path, to: directory.appending("\(name)-\(stamp)"))
    try files.synchronizeDirectory(directory)
    try files.synchronizeDirectory(path.removingLastComponent())
  }
}
