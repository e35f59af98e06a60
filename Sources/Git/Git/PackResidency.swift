internal import GitValues
internal import Glibc

/// Keeps the pages of a pack that is being indexed from piling up in this process.
///
/// libgit2 maps the growing pack and, while it resolves deltas, never unmaps a part of it: its own limit on mapped
/// memory does not see an indexer's file (`mwindow.c` drops the file from its list at the first `git_mwindow_free_all`,
/// which is the first append). A pack of a gigabyte so becomes a gigabyte of resident memory. The pages are clean and
/// stay in the kernel's cache; giving them back costs a soft fault where they are touched again.
///
/// Looks at `/proc` now and then; where there is none, nothing happens. Belongs to the indexer's thread.
final class PackResidency {
  /// How far the mapped files of the whole process may grow before this indexer's pack is given back.
  private static let allowance = 32 << 20
  /// A look costs about 10 µs, the work between two is that for this many objects.
  private static let callsBetweenLooks = 64

  private let prefix: String
  private let baseline: Int
  private var calls = 0

  /// - Parameter directory: where libgit2 keeps the pack while it has no name yet.
  init(directory: String) {
    let resolved = PathText.withCString(directory) { realpath($0, nil) }
    defer { free(resolved) }
    prefix = (resolved.map { String(cString: $0) } ?? directory) + "/pack_git2_"
    baseline = Self.mappedBytes()
  }

  /// Called for every object; does something for few.
  func relieve() {
    calls += 1
    guard calls % Self.callsBetweenLooks == 0, Self.mappedBytes() > baseline + Self.allowance else { return }
    releasePages()
  }

  /// Resident bytes of mapped files, the program's own included: the third number of `statm`, in pages.
  private static func mappedBytes() -> Int {
    guard let text = read("/proc/self/statm"), let pages = text.split(separator: " ").dropFirst(2).first else {
      return 0
    }
    return (Int(pages) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Nothing is lost: the mappings are read-only and of a file, and only this thread looks at them.
  private func releasePages() {
    guard let maps = fopen("/proc/self/maps", "re") else { return }
    defer { fclose(maps) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, maps) > 0 {
      guard let line, strstr(line, prefix) != nil else { continue }
      var end: UnsafeMutablePointer<CChar>?
      let start = strtoul(line, &end, 16)
      guard let end, end.pointee == CChar(bitPattern: UInt8(ascii: "-")) else { continue }
      let stop = strtoul(end + 1, nil, 16)
      // Advice: a refusal leaves everything as it was.
      madvise(UnsafeMutableRawPointer(bitPattern: start), Int(stop - start), MADV_DONTNEED)
    }
  }

  private static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
      let count = Glibc.read(file, buffer.baseAddress, buffer.count)
      return count > 0 ? String(decoding: buffer[0..<count], as: UTF8.self) : nil
    }
  }
}
