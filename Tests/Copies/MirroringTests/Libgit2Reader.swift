import CLibgit2
import Git
import TestSupport

/// Lists refs as a program built on libgit2 does. One thread at a time.
final class Libgit2Reader {
  private var repository: OpaquePointer?

  init(_ path: String) throws {
    try Library.start()
    guard git_repository_open_bare(&repository, path) == 0 else {
      throw TestSupportError("libgit2 cannot open \(path)")
    }
  }

  deinit { git_repository_free(repository) }

  /// Returns every ref as a line `OID NAME`.
  func list() throws -> [String] {
    var iterator: OpaquePointer?
    guard git_reference_iterator_new(&iterator, repository) == 0 else {
      throw TestSupportError("libgit2 lists nothing")
    }
    defer { git_reference_iterator_free(iterator) }
    var lines: [String] = []
    var reference: OpaquePointer?
    while true {
      let status = git_reference_next(&reference, iterator)
      if status == GIT_ITEROVER.rawValue { return lines }
      guard status == 0 else { throw TestSupportError("libgit2 cannot go on listing: \(status)") }
      defer { git_reference_free(reference) }
      guard let oid = git_reference_target(reference), let text = git_oid_tostr_s(oid) else { continue }
      lines.append("\(String(cString: text)) \(String(cString: git_reference_name(reference)))")
    }
  }
}
