import Git
import Testing

@Suite("Configuration")
struct ConfigurationTests {
  @Test("reads values as git does")
  func reads() throws {
    let workshop = try Workshop()
    let file = "\(workshop.path)/config"
    try workshop.write(
      """
      [Core]
      \tBare = yes ; a comment
      \tsize = 2k
      \talone
      [remote "Origin one"]
      \turl = first
      \turl = second
      [include]
      \tpath = more
      """, to: file)
    try workshop.write("[more]\n\tkey = included\n", to: "\(workshop.path)/more")
    let configuration = try Configuration(path: file)
    #expect(try configuration.bool("core.bare") == true)
    #expect(try configuration.integer("CORE.SIZE") == 2048)
    #expect(try configuration.string("core.alone") == "")
    #expect(try configuration.bool("core.alone") == true)
    #expect(try configuration.string("remote.Origin one.url") == "second")
    #expect(try configuration.strings("remote.Origin one.url") == ["first", "second"])
    #expect(try configuration.strings("remote.origin one.url") == [])
    #expect(try configuration.string("more.key") == "included")
    #expect(try configuration.string("core.absent") == nil)
    #expect(try configuration.bool("core.absent") == nil)
    #expect(try configuration.integer("core.absent") == nil)
    #expect(
      try configuration.entries(below: "core.").map(\.name) == ["core.bare", "core.size", "core.alone"])
    #expect(throws: GitError.self) { try configuration.bool("remote.Origin one.url") }
    #expect(throws: GitError.self) { try configuration.integer("remote.Origin one.url") }
  }

  @Test("writes what git reads")
  func writes() throws {
    let workshop = try Workshop()
    let file = "\(workshop.path)/config"
    let configuration = try Configuration(path: file)
    #expect(try workshop.files(in: workshop.path) == [])
    try configuration.set("gc.auto", to: 0)
    try configuration.set("gc.reflogExpire", to: "never")
    try configuration.set("core.bare", to: true)
    let excluded = ["refs/pull/*", "refs/\"odd\" # name \\", "last"]
    try configuration.setAll("remora.excludeRef", to: ["old"])
    try configuration.setAll("remora.excludeRef", to: excluded)
    #expect(try configuration.strings("remora.excluderef") == excluded)
    #expect(try workshop.git("config", "-f", file, "gc.auto") == "0")
    #expect(try workshop.git("config", "-f", file, "gc.reflogexpire") == "never")
    #expect(try workshop.git("config", "-f", file, "core.bare") == "true")
    #expect(
      try workshop.git("config", "-f", file, "--get-all", "remora.excluderef") == excluded.joined(separator: "\n"))
    try configuration.setAll("remora.excludeRef", to: [])
    #expect(try configuration.strings("remora.excluderef") == [])
    #expect(try workshop.files(in: workshop.path) == ["config"])
  }

  @Test("a file that is no configuration is an error")
  func refusesNonsense() throws {
    let workshop = try Workshop()
    try workshop.write("[unfinished\n", to: "\(workshop.path)/config")
    #expect(throws: GitError.self) { _ = try Configuration(path: "\(workshop.path)/config") }
  }
}
