import Git
import GitValues
import Testing

@Suite("Repository")
struct RepositoryTests {
  @Test("opens a bare repository and finds nothing out of the ordinary")
  func opens() throws {
    let workshop = try Workshop()
    let repository = try Repository.openBare(at: workshop.repository())
    #expect(
      repository.traits
        == RepositoryTraits(
          isBare: true, isShallow: false, hasAlternates: false, hasGrafts: false, isPartial: false,
          isLinkedWorktree: false))
    let main = try workshop.oid("-C", repository.path, "rev-parse", "main")
    let objects = try repository.objects()
    #expect(try objects.header(of: main)?.type == .commit)
    let tree = try objects.read(main) { type, bytes in try CommitParser(bytes).tree }
    #expect(try tree == workshop.oid("-C", repository.path, "rev-parse", "main^{tree}"))
    #expect(try objects.read(.zero) { _, _ in 0 } == nil)
  }
}
