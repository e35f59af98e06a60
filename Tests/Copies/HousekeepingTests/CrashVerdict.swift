import DurableFiles
import Foundation
import GitValues
import Mirroring
import SystemPackage
import TestSupport

@testable import Housekeeping

/// What must hold of a copy whatever was cut off, by a look without the code under test.
struct CrashVerdict: Sendable {
  private let view: RefView
  private let kept: [String]

  init(_ fixture: HousekeepingFixture) throws {
    view = try fixture.source.view()
    // All that the refs reach, and all that the dropped log names within the retention.
    let limit = Int(fixture.now.timeIntervalSince1970) - 30 * 24 * 3600
    let log = try RealFileSystem().contents(of: fixture.layout.droppedLog, limit: 1 << 20) ?? []
    let young = String(decoding: log, as: UTF8.self).split(separator: "\n").compactMap { line -> String? in
      let words = line.split(separator: " ")
      return Int(words[4]).map { $0 > limit } ?? false ? String(words[1]) : nil
    }
    kept = try fixture.copy.attempt(["rev-list", "--objects", "--no-object-names", "--all"] + young).lines
  }

  /// Looks at the copy as a crash left it. By libgit2, which is a second reader beside git and starts no process.
  func check(_ copy: String, askingGit: Bool) throws {
    if askingGit {
      let complaints = try GitCommand().fsck(copy, connectivityOnly: true)
      guard complaints.isEmpty else { throw TestSupportError("git fsck: \(complaints)") }
      let found = try GitCommand(in: copy).run(
        "cat-file", "--batch-check", input: Array((kept.joined(separator: "\n") + "\n").utf8))
      let missing = found.lines.filter { $0.hasSuffix("missing") }
      guard missing.isEmpty else { throw TestSupportError("git misses \(missing)") }
    }
    try CopyObjects.require(kept, in: copy)
  }

  /// Requires that a housekeeping and a mirror run repair everything, and leave nothing.
  func heal(_ copy: String, at now: Date) throws {
    for seconds in [0.0, 3_700] {
      let outcome = CrashScenario.housekeep(
        FilePath(copy), at: now.addingTimeInterval(seconds), through: RealFileSystem())
      if let error = outcome.error { throw TestSupportError("the next housekeeping: \(error)") }
      try check(copy, askingGit: false)
    }
    guard try GitCommand().view(copy) == view else { throw TestSupportError("the refs are others") }
    let left = try TemporaryDirectory.files(below: copy).filter { name in
      name.contains("staging") || name.contains("tmp") || name.hasSuffix(".lock") || name.contains("git2")
        || name.hasSuffix("replaced.json")
    }
    guard left.isEmpty else { throw TestSupportError("left behind: \(left)") }
    let packs = try PackInventory(CopyLayout(root: FilePath(copy)), through: RealFileSystem()).packs
    guard packs.count <= 2 else { throw TestSupportError("\(packs.count) packs are left") }
    try check(copy, askingGit: true)
  }
}
