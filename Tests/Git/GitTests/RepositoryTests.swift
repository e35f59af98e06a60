import Foundation
import Git
import GitValues
import Testing

@Suite("Repository")
struct RepositoryTests {
  private static func traits(
    isBare: Bool = true, isShallow: Bool = false, hasAlternates: Bool = false, hasGrafts: Bool = false,
    isPartial: Bool = false
  ) -> RepositoryTraits {
    RepositoryTraits(
      isBare: isBare, isShallow: isShallow, hasAlternates: hasAlternates, hasGrafts: hasGrafts, isPartial: isPartial)
  }

  private static let plain = traits()

  @Test("opens a bare repository and finds nothing out of the ordinary")
  func opens() throws {
    let workshop = try Workshop()
    let repository = try Repository.openBare(at: workshop.repository() + "/")
    #expect(repository.traits == Self.plain)
    #expect(repository.path.hasSuffix("/source.git"))
    let main = try workshop.oid("-C", repository.path, "rev-parse", "main")
    let objects = try repository.objects()
    #expect(try objects.header(of: main)?.type == .commit)
    #expect(try repository.configuration.bool("core.bare") == true)
  }

  @Test("objects stay readable when only they are kept")
  func objectsKeepTheRepository() throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    let objects = try Repository.openBare(at: source).objects()
    #expect(objects.contains(main))
    #expect(try objects.read(main) { type, _ in type } == .commit)
  }

  /// Each makes one thing of a plain repository out of the ordinary.
  @Test(
    "says each trait by itself",
    arguments: [
      ("shallow", traits(isShallow: true)), ("alternates", traits(hasAlternates: true)),
      ("empty alternates", plain), ("grafts", traits(hasGrafts: true)), ("commented grafts", plain),
      ("partial by extension", traits(isPartial: true)), ("partial by promisor", traits(isPartial: true)),
      ("promisor false", plain), ("partial by filter", traits(isPartial: true)),
      ("partial by pack", traits(isPartial: true)), ("not bare", traits(isBare: false)),
    ])
  func saysTraits(name: String, expected: RepositoryTraits) throws {
    let workshop = try Workshop()
    let path = try workshop.repository()
    func configure(_ key: String, _ value: String) throws { try workshop.git("-C", path, "config", key, value) }
    switch name {
    case "shallow": try workshop.write("\(String(repeating: "1", count: 40))\n", to: "\(path)/shallow")
    case "alternates": try workshop.write("# lender\n/elsewhere\n", to: "\(path)/objects/info/alternates")
    case "empty alternates": try workshop.write("\n# nobody\n", to: "\(path)/objects/info/alternates")
    case "grafts": try workshop.write("# old\nabc def", to: "\(path)/info/grafts")
    case "commented grafts": try workshop.write("# old\n", to: "\(path)/info/grafts")
    case "partial by extension": try configure("extensions.partialClone", "origin")
    case "partial by promisor": try configure("remote.origin.promisor", "true")
    case "promisor false": try configure("remote.origin.promisor", "false")
    case "partial by filter": try configure("remote.Origin.partialCloneFilter", "blob:none")
    case "partial by pack": try workshop.write("", to: "\(path)/objects/pack/pack-1.promisor")
    case "not bare": try configure("core.bare", "false")
    default: Issue.record("unknown trait \(name)")
    }
    #expect(try Repository.openBare(at: path).traits == expected)
  }

  @Test(
    "refuses by name what libgit2 would misread",
    arguments: [
      ("sha256", GitError.Code.unsupportedObjectFormat, "sha256"),
      ("objectformat", .unsupportedObjectFormat, "blake"), ("reftable", .unsupportedExtension, "reftable"),
      ("unknown extension", .unsupportedExtension, "extensions.novelty"), ("version", .unsupportedExtension, "2"),
    ])
  func refusesFormats(name: String, expected: GitError.Code, word: String) throws {
    let workshop = try Workshop()
    let path = "\(workshop.path)/x.git"
    try workshop.git("init", "-q", "--bare", name == "sha256" ? "--object-format=sha256" : "--quiet", "x.git")
    var lines = ""
    switch name {
    case "objectformat": lines = "[extensions]\n\tobjectFormat = blake\n"
    case "reftable": lines = "[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n"
    case "unknown extension": lines = "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tnovelty\n"
    case "version": lines = "[core]\n\trepositoryformatversion = 2\n"
    default: break
    }
    let config = try String(contentsOfFile: "\(path)/config", encoding: .utf8)
    try workshop.write(config + lines, to: "\(path)/config")
    do {
      _ = try Repository.openBare(at: path)
      Issue.record("opened")
    } catch {
      #expect(error.code == expected)
      #expect(error.message.contains(word))
      #expect(error.subject == path)
    }
  }

  @Test("extensions that change nothing for us, and any in format 0, are accepted", arguments: [0, 1])
  func acceptsExtensions(version: Int) throws {
    let workshop = try Workshop()
    let path = try workshop.repository()
    let names = version == 0 ? ["novelty"] : ["noop", "preciousObjects", "worktreeConfig"]
    for name in names { try workshop.git("-C", path, "config", "extensions.\(name)", "true") }
    try workshop.git("-C", path, "config", "core.repositoryFormatVersion", "\(version)")
    #expect(try Repository.openBare(at: path).traits == Self.plain)
  }

  @Test(
    "what is no repository is not opened, and not made into one",
    arguments: ["nowhere", "file", "empty", "no HEAD", "no objects", "no refs", "linked"])
  func refusesOthers(name: String) throws {
    let workshop = try Workshop()
    let path = "\(workshop.path)/x"
    switch name {
    case "nowhere": break
    case "file": try workshop.write("", to: path)
    case "empty": _ = try workshop.directory("x")
    case "linked":
      try workshop.git("init", "-q", "--bare", "x")
      try workshop.write("../y.git\n", to: "\(path)/commondir")
    default:
      try workshop.git("init", "-q", "--bare", "x")
      try FileManager.default.removeItem(atPath: "\(path)/\(name.dropFirst(3))")
    }
    let before = try workshop.run(["find", ".", "!", "-name", ".*put-*"])
    #expect(try code { _ = try Repository.openBare(at: path) } == .notARepository)
    #expect(try workshop.run(["find", ".", "!", "-name", ".*put-*"]) == before)
  }

  @Test("another user's repository is refused unless that user is trusted", .enabled(if: geteuid() == 0, "needs root"))
  func checksOwner() throws {
    let workshop = try Workshop()
    let path = try workshop.repository()
    // Even one whose configuration says that it is fine.
    try workshop.git("-C", path, "config", "safe.directory", "*")
    #expect(chown(path, 4711, 4711) == 0)
    #expect(try code { _ = try Repository.openBare(at: path) } == .notOwned)
    #expect(try code { _ = try Repository.openBare(at: path, trustedOwners: [12]) } == .notOwned)
    #expect(try Repository.openBare(at: path, trustedOwners: [12, 4711]).traits == Self.plain)
  }

  @Test("a link to a repository opens the repository, whose owner counts")
  func followsLinks() throws {
    let workshop = try Workshop()
    let path = try workshop.repository()
    try FileManager.default.createSymbolicLink(atPath: "\(workshop.path)/link", withDestinationPath: path)
    #expect(try Repository.openBare(at: "\(workshop.path)/link").path.hasSuffix("/source.git"))
  }
}
