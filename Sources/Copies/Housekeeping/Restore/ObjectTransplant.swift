internal import DurableFiles
internal import Mirroring
internal import SystemPackage
internal import WorkerPool

/// Brings all objects of a copy into a repository that is only being made: files get a second name, or, on another file
/// system, are copied byte by byte. Both are never changed afterwards, only unlinked.
///
/// Packs that housekeeping replaces meanwhile are no loss: what replaces them is there before they go, and the
/// directory is read again until nothing was missed.
struct ObjectTransplant {
  let source: CopyLayout
  let target: CopyLayout
  let files: any FileSystemPort
  let checkpoint: () throws -> Void

  func run() throws {
    for _ in 0..<Self.attempts {
      if try bringPacks(), try bringLooseObjects() {
        try files.synchronizeDirectory(target.packs)
        return
      }
    }
    throw MirrorError(
      .destinationLocked, "restore from '\(source.root)': its packs are replaced all the time",
      hint: "run again when its housekeeping has ended")
  }

  private static let attempts = 10

  /// Derived files (bitmaps, multi-pack indexes, commit-graphs) are not copied: git derives them again.
  private func bringPacks() throws -> Bool {
    var isComplete = true
    for entry in try files.entries(of: source.packs) {
      let name = entry.name.string
      guard name.hasPrefix("pack-"), name.hasSuffix(".pack") || name.hasSuffix(".idx") else { continue }
      isComplete = try bring(source.packs.appending(entry.name), to: target.packs.appending(entry.name)) && isComplete
    }
    return isComplete
  }

  private func bringLooseObjects() throws -> Bool {
    var isComplete = true
    for entry in try files.entries(of: source.objects) where entry.name.string.utf8.count == 2 {
      let (from, to) = (source.objects.appending(entry.name), target.objects.appending(entry.name))
      guard try files.status(of: from)?.kind == .directory else { continue }
      if try files.status(of: to) == nil { try files.makeDirectory(to, permissions: .allBeforeUmask) }
      for object in try files.entries(of: from) where object.name.string.utf8.count == 38 {
        isComplete = try bring(from.appending(object.name), to: to.appending(object.name)) && isComplete
      }
      try files.synchronizeDirectory(to)
    }
    return isComplete
  }

  /// False when the file was gone.
  private func bring(_ from: FilePath, to: FilePath) throws -> Bool {
    try checkpoint()
    guard try files.status(of: to) == nil else { return true }
    do {
      try files.link(from, to: to)
      return true
    } catch {
      switch error.code {
      case .noSuchFileOrDirectory: return false
      // Another file system; one without hard links; too many names.
      case .improperLink, .notPermitted, .tooManyLinks, .notSupported: return try copy(from, to: to)
      default: throw error
      }
    }
  }

  private func copy(_ from: FilePath, to: FilePath) throws -> Bool {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(from, .readOnly, options: .closeOnExec)
    } catch Errno.noSuchFileOrDirectory {
      return false
    }
    try descriptor.closeAfter {
      let file = try files.create(to, permissions: FilePermissions(rawValue: 0o444))
      do {
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while true {
          try checkpoint()
          let count = try part.withUnsafeMutableBytes { try descriptor.read(into: $0) }
          guard count > 0 else { break }
          try file.write(Array(part[..<count]))
        }
        try file.synchronize()
        try file.close()
      } catch {
        // The first error is thrown; the directory is removed with its content.
        try? file.close()
        throw error
      }
    }
    return true
  }
}
