internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import Glibc
internal import RefStore
internal import SystemPackage

/// Reads the refs of a source on this machine from its files, to detect without a process that nothing has changed.
///
/// It only proves equality: the refs are compared with the state of the last run. In every other case (a difference, a
/// repository that hides refs or has another owner, anything unreadable) the run uses `git upload-pack`, which reports
/// errors.
enum LocalSourceProbe {
  enum Sight {
    /// What upload-pack would show.
    case view(RefView)
    /// Something is certainly not as in the copy.
    case changed
    /// Only upload-pack can decide.
    case unclear
  }

  /// Examines a source on this machine, for a copy whose refs are all in its packed-refs.
  static func look(
    at source: SourceURL, for copy: CopyLayout, _ exclusion: RefExclusion, through files: any FileSystemPort
  ) -> Sight {
    guard case .file(let text) = source.kind else { return .unclear }
    // Whatever is wrong here, the long way finds it again and reports it.
    guard let sight = try? read(FilePath(pathText: text), copy, exclusion, files) else { return .unclear }
    if case .view(let view) = sight, !view.broken.isEmpty { return .unclear }
    return sight
  }

  private static func read(
    _ path: FilePath, _ copy: CopyLayout, _ exclusion: RefExclusion, _ files: any FileSystemPort
  ) throws -> Sight {
    let dotGit = path.appending(".git")
    let root = try files.status(of: dotGit)?.kind == .directory ? dotGit : path
    let repository = try Repository.openBare(at: root.pathText)
    let configuration = repository.configuration
    guard !repository.traits.isShallow, try configuration.strings("transfer.hiderefs").isEmpty,
      try configuration.strings("uploadpack.hiderefs").isEmpty
    else { return .unclear }
    let packed = try files.contents(of: copy.packedRefs, limit: CopyLayout.maximumFileBytes) ?? []
    let view = try RefReader(repository: root, files: files).view { loose in
      // Refs pushed since the source was packed are loose. Looking for one of these values in the copy's packed-refs
      // costs a search through its bytes; reading and hashing the whole source costs a tenth of the run.
      guard let newest = newest(of: loose.entries.filter { !$0.name.bytes.withUnsafeBytes(exclusion.excludes) }, files)
      else { return false }
      return !contains(newest, in: packed)
    }
    return view.map(Sight.view) ?? .changed
  }

  /// The line that packed-refs must have for the ref that was written last; `nil` when no loose ref names an oid.
  private static func newest(of entries: [LooseRefs.Entry], _ files: any FileSystemPort) -> [UInt8]? {
    guard entries.count <= maximumLooseRefs else { return nil }
    var newest: (line: [UInt8], time: FileTime)?
    for entry in entries {
      guard case .direct(let oid) = entry.value, let status = try? files.status(of: entry.path) else { continue }
      guard newest.map({ $0.time < status.modified }) ?? true else { continue }
      newest = (Array("\(oid) ".utf8) + entry.name.bytes + [UInt8(ascii: "\n")], status.modified)
    }
    return newest?.line
  }

  /// Beyond this, asking each for its time costs more than the glance.
  private static let maximumLooseRefs = 1_000

  private static func contains(_ line: [UInt8], in packed: [UInt8]) -> Bool {
    packed.withUnsafeBytes { packed in
      var rest = packed[...]
      while rest.count >= line.count, let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress {
        if line.withUnsafeBytes({ memcmp(start, $0.baseAddress ?? start, line.count) }) == 0 { return true }
        guard let end = memchr(start, Int32(UInt8(ascii: "\n")), rest.count) else { return false }
        rest = rest.dropFirst(start.distance(to: end) + 1)
      }
      return false
    }
  }
}
