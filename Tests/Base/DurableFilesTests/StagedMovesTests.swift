import DurableFiles
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Moves of many names as one change")
struct StagedMovesTests {
  /// A circle, a chain, and a file that takes the name of a directory on another one's way.
  private static let moves = [("a", "b"), ("b", "a"), ("c", "d/e"), ("d", "c"), ("f", "g/h/i")]
  private static let expected = ["b": "a", "a": "b", "d/e": "c", "c": "d", "g/h/i": "f"]

  private static func carryOut(_ root: FilePath, _ files: any FileSystemPort, begins: Bool) throws {
    let staged = StagedMoves(directory: root.appending(".moves"), files: files)
    let lines = moves.map { "\($0.0)\t\($0.1)" }
    if begins { try staged.begin(lines) }
    guard try !staged.lines().isEmpty else { return }
    #expect(try staged.lines() == lines)
    try staged.carryOut(moves.map { (root.pushing(FilePath($0.0)), root.pushing(FilePath($0.1))) }) { path, rename in
      try files.synchronizeParents(of: try files.makeDirectories(path.removingLastComponent()))
      try rename()
    }
    try staged.finish()
  }

  private static func names(_ root: FilePath) throws -> [String: String] {
    let files = RealFileSystem()
    var found: [String: String] = [:]
    var open = [("", root)]
    while let (prefix, directory) = open.popLast() {
      for entry in try files.entries(of: directory) where entry.name.string != ".moves" {
        let path = directory.appending(entry.name)
        if entry.kind == .directory {
          open.append((prefix + entry.name.string + "/", path))
        } else {
          let bytes = try files.contents(of: path, limit: 100) ?? []
          found[prefix + entry.name.string] = String(decoding: bytes, as: UTF8.self)
        }
      }
    }
    return found
  }

  @Test("a loss of power at any line leaves all under their old names, or what the next call completes")
  func powerLoss() throws {
    let before = Dictionary(uniqueKeysWithValues: Self.moves.map { ($0.0, $0.0) })
    try PowerLossExperiment { root in
      let files = RealFileSystem()
      for (name, _) in Self.moves {
        let file = try files.create(root.appending(name), permissions: .mode(0o644))
        try file.write(Array(name.utf8))
        try file.synchronize()
        try file.close()
      }
      try files.synchronizeDirectory(root)
    } act: { stage in
      try Self.carryOut(stage.root, stage.files, begins: true)
    } check: { state in
      try Self.carryOut(state.root, RealFileSystem(), begins: false)
      let found = try Self.names(state.root)
      guard found == Self.expected || !state.isFinal && found == before else {
        throw TestSupportError("found \(found)")
      }
    }.run()
  }

  @Test("what is not there is left out, and what is in the way stops the moves without a loss")
  func obstacles() throws {
    let directory = try TemporaryDirectory("moves")
    let (root, files) = (FilePath(directory.path("")), RealFileSystem())
    try directory.write("one", to: "one")
    try directory.write("in the way", to: "taken")
    let staged = StagedMoves(directory: root.appending(".moves"), files: files)
    let paths = [("nothing", "new"), ("one", "taken")].map { (root.appending($0.0), root.appending($0.1)) }
    try staged.begin(["nothing", "one"])
    #expect(throws: FileError.self) { try staged.carryOut(paths) { try $1() } }
    #expect(try Self.names(root) == ["taken": "in the way"])
    try FileManager.default.removeItem(atPath: directory.path("taken"))
    try staged.carryOut(paths) { try $1() }
    try staged.finish()
    #expect(try Self.names(root) == ["taken": "one"])
    #expect(try staged.lines().isEmpty)
  }
}
