import DurableFiles
import SystemPackage
import TestSupport
import Testing

@Suite struct TreeTests {
  let fixture: MemoryDirectory
  let files = RealFileSystem()
  var root: FilePath { fixture.path }

  init() throws { fixture = try MemoryDirectory("remora-trees") }

  @Test("directories are made outermost first, and only those that were missing")
  func makesDirectories() throws {
    let inner = root.appending("a").appending("b").appending("c")
    try files.makeDirectory(root.appending("a"), permissions: .mode(0o755))
    let made = try files.makeDirectories(inner)
    #expect(made == [root.appending("a").appending("b"), inner])
    #expect(try files.makeDirectories(inner).isEmpty)
    try files.synchronizeParents(of: made)
  }

  @Test("a file in the way is reported, and directories made before it was met are removed")
  func refusesFileInTheWay() throws {
    try files.write("file")(root)
    expect(.notDirectory) { () throws(FileError) in try files.makeDirectories(root.appending("file")) }
    expect(.notDirectory) { () throws(FileError) in
      try files.makeDirectories(root.appending("file").appending("below"))
    }
    let fault = FaultyFileSystem(FaultPlan(call: 2, code: .noSpace))
    expect(.noSpace) { () throws(FileError) in
      try fault.makeDirectories(root.appending("x").appending("y"))
    }
    #expect(try files.entries(of: root).map(\.name) == ["file"])
  }

  @Test("a tree goes with all that is in it; what its links lead to stays")
  func removesTree() throws {
    let tree = root.appending("tree")
    try files.makeDirectories(tree.appending("a").appending("b"))
    try files.makeDirectory(root.appending("kept"), permissions: .mode(0o755))
    try files.write("file")(root.appending("kept"))
    try files.write("file")(tree.appending("a"))
    try SystemLink.make(tree.appending("a").appending("link"), to: root.appending("kept"))
    try files.removeTree(tree)
    try files.removeTree(tree)
    #expect(try files.entries(of: root).map(\.name) == ["kept"])
    #expect(try files.entries(of: root.appending("kept")).count == 1)
    try SystemLink.make(root.appending("link"), to: root.appending("kept"))
    try files.removeTree(root.appending("link"))
    try files.removeTree(root.appending("kept").appending("file"))
    #expect(try files.entries(of: root).map(\.name) == ["kept"])
    #expect(try files.entries(of: root.appending("kept")).isEmpty)
  }

  @Test("a tree deeper than allowed is refused")
  func boundsDepth() throws {
    var path = root.appending("deep")
    for _ in 0..<4 { path.append("d") }
    try files.makeDirectories(path)
    expect(.tooManySymbolicLinkLevels) { () throws(FileError) in
      try files.removeTree(root.appending("deep"), maximumDepth: 3)
    }
    try files.removeTree(root.appending("deep"), maximumDepth: 4)
    #expect(try files.status(of: root.appending("deep")) == nil)
  }
}
