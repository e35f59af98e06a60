internal import DurableFiles
internal import Git
internal import GitTransport
internal import GitValues
internal import RefStore
internal import SystemPackage

/// Reads the refs of a source on this machine from its files, to see that nothing has changed without starting a process.
///
/// It only ever proves equality: what it sees is compared with what the last run left, and everything else (a difference, a
/// repository that hides refs or is not ours, anything unreadable) goes the long way over `git upload-pack`, which then
/// says what is wrong.
enum LocalGlance {
  /// What upload-pack would show; `nil` when only upload-pack itself can tell.
  static func view(of source: SourceURL, through files: any FileSystemPort) -> RefView? {
    guard case .file(let text) = source.kind else { return nil }
    // Whatever is wrong here, the long way finds it again and reports it.
    guard let view = try? read(FilePath(text), files), view.broken.isEmpty else { return nil }
    return view
  }

  private static func read(_ path: FilePath, _ files: any FileSystemPort) throws -> RefView? {
    let dotGit = path.appending(".git")
    let root = try files.status(of: dotGit)?.kind == .directory ? dotGit : path
    let repository = try Repository.openBare(at: root.string)
    let configuration = repository.configuration
    guard !repository.traits.isShallow, try configuration.strings("transfer.hiderefs").isEmpty,
      try configuration.strings("uploadpack.hiderefs").isEmpty
    else { return nil }
    return try RefReader(repository: root, files: files).view()
  }
}
