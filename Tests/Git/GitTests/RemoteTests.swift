import Git
import GitValues
import Testing

@Suite("Remote")
struct RemoteTests {
  @Test("lists, then downloads what is wanted over the same connection")
  func listsAndDownloads() throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    let tag = try workshop.oid("-C", source, "rev-parse", "v1")
    let peeled = try workshop.oid("-C", source, "rev-parse", "v1^{}")
    let view = RefView(
      head: .symbolic(target: ReferenceName("refs/heads/main"), oid: main),
      refs: RefListing([
        .init(name: ReferenceName("refs/heads/main"), oid: main),
        .init(name: ReferenceName("refs/tags/v1"), oid: tag, peeled: peeled),
      ]))
    let port = PackPort(view, pack: try workshop.pack(of: source), directory: try workshop.directory("staging"))
    let remote = try Remote(url: "https://example.org/source.git", port: port)
    let heads = try remote.heads()
    #expect(heads == view)
    #expect(heads.refs.peeled(at: 1) == peeled)
    var reported: [RemoteProgress] = []
    let last = try remote.download([main, tag, main]) { reported.append($0) }
    #expect(port.wants == [main, tag])
    #expect(reported == [last])
    #expect(last.receivedBytes == port.pack.count)
    remote.disconnect()
    #expect(port.steps == ["connect", "view", "negotiate", "download", "close"])
    let pack = try #require(port.indexed)
    let objects = try ObjectDatabase()
    try objects.addPack(indexPath: pack.indexPath)
    #expect(objects.contains(main))
    #expect(objects.contains(tag))
  }

  @Test(
    "what the port throws comes out as the same value, and the port is closed",
    arguments: ["connect", "view", "negotiate", "download"])
  func passesErrors(step: String) throws {
    let oid = try #require(ObjectID("1111111111111111111111111111111111111111"))
    weak var watched: PackPort?
    do {
      let port = PackPort(RefView(head: .unknown, refs: RefListing()), refusing: step)
      watched = port
      do {
        let remote = try Remote(url: "x://y", port: port)
        #expect(throws: PackPort.Refused(step: step)) {
          _ = try remote.heads()
          try remote.download([oid])
        }
      }
      #expect(port.steps.filter { $0 == "close" }.count == 1)
      #expect(port.steps.last == "close")
    }
    #expect(watched == nil)
  }

  private static func oid(_ digit: Character) -> ObjectID { ObjectID(String(repeating: digit, count: 40)) ?? .zero }

  @Test(
    "each HEAD comes through libgit2 as it went in",
    arguments: [
      .unknown, .detached(oid("a")), .unborn(target: ReferenceName("refs/heads/none")),
      .symbolic(target: ReferenceName("refs/heads/main"), oid: oid("b")),
      .symbolic(target: ReferenceName(bytes: Array("refs/heads/".utf8) + [0xFF, 0xFE]), oid: oid("c")),
    ] as [Head])
  func heads(head: Head) throws {
    let refs = RefListing([.init(name: ReferenceName("refs/heads/main"), oid: Self.oid("b"))])
    for listing in [refs, RefListing()] {
      let view = RefView(head: head, refs: listing)
      #expect(try Remote(url: "x://y", port: PackPort(view)).heads() == view)
    }
  }

  @Test("broken refs go round libgit2, and a name with NUL is one of them")
  func brokenRefs() throws {
    let nul = ReferenceName(bytes: Array("refs/heads/a".utf8) + [0, 0x62])
    let broken = BrokenRef(name: ReferenceName("refs/heads/x..y"), reason: "invalid name")
    let good = RefListing.Entry(name: ReferenceName("refs/heads/a"), oid: Self.oid("a"))
    let view = RefView(
      head: .detached(Self.oid("a")), refs: RefListing([good, .init(name: nul, oid: Self.oid("b"))]), broken: [broken])
    let heads = try Remote(url: "x://y", port: PackPort(view)).heads()
    #expect(heads.refs == RefListing([good]))
    #expect(heads.broken == [broken, BrokenRef(name: nul, reason: "invalid name")])
    let lost = RefView(head: .unborn(target: nul), refs: RefListing())
    let other = try Remote(url: "x://y", port: PackPort(lost)).heads()
    #expect(other.head == .unknown)
    #expect(other.broken.map(\.name) == [.head])
  }

  @Test("a name that ends like a peeled value is not taken for one")
  func oddNames() throws {
    let view = RefView(
      head: .unknown,
      refs: RefListing([
        .init(name: ReferenceName("refs/tags/a"), oid: Self.oid("a"), peeled: Self.oid("1")),
        .init(name: ReferenceName("refs/tags/a^{}"), oid: Self.oid("b")),
        .init(name: ReferenceName("refs/tags/b"), oid: Self.oid("c")),
      ]))
    let heads = try Remote(url: "x://y", port: PackPort(view)).heads()
    #expect(heads.refs.peeled(at: 0) == Self.oid("1"))
    #expect(heads.broken.map(\.name) == [ReferenceName("refs/tags/a^{}")])
    #expect(heads.refs.count == 2)
  }

  @Test("thirty thousand refs arrive in order with what their tags lead to")
  func manyRefs() throws {
    var refs = RefListing()
    for number in 0..<30_000 {
      let digits = String(1_000_000 + number)
      let oid = try #require(ObjectID(digits + String(repeating: "0", count: 40 - digits.utf8.count)))
      refs.append(name: ReferenceName("refs/tags/\(digits)"), oid: oid, peeled: number % 2 == 0 ? oid : nil)
    }
    let port = PackPort(RefView(head: .unknown, refs: refs))
    let heads = try Remote(url: "x://y", port: port).heads()
    #expect(heads.refs == refs)
    #expect((0..<refs.count).allSatisfy { heads.refs.peeled(at: $0) == refs.peeled(at: $0) })
  }

  @Test("nothing wanted, nothing asked")
  func nothingWanted() throws {
    let port = PackPort(RefView(head: .unknown, refs: RefListing()))
    let remote = try Remote(url: "x://y", port: port)
    #expect(try remote.download([]) == RemoteProgress())
    #expect(port.steps == [])
  }

  @Test("a download without a listing connects first")
  func downloadsAtOnce() throws {
    let workshop = try Workshop()
    let source = try workshop.repository()
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    let port = PackPort(
      RefView(head: .unknown, refs: RefListing()), pack: try workshop.pack(of: source),
      directory: try workshop.directory("staging"))
    let remote = try Remote(url: "x://y", port: port)
    try remote.download([main])
    #expect(port.steps == ["connect", "negotiate", "download"])
    #expect(port.wants == [main])
  }

  @Test("twenty thousand wants arrive, each once, in their order")
  func manyWants() throws {
    let wants = try (0..<20_000).map { number in
      let digits = String(1_000_000 + number)
      return try #require(ObjectID(digits + String(repeating: "0", count: 40 - digits.utf8.count)))
    }
    let port = PackPort(RefView(head: .unknown, refs: RefListing()), refusing: "download")
    let remote = try Remote(url: "x://y", port: port)
    #expect(throws: PackPort.Refused(step: "download")) { try remote.download(wants + wants.reversed()) }
    #expect(port.wants == wants)
  }

  @Test("the report may cancel, and its error comes out")
  func reportCancels() throws {
    struct Enough: Error, Equatable {}
    let workshop = try Workshop()
    let source = try workshop.repository()
    let main = try workshop.oid("-C", source, "rev-parse", "main")
    let port = PackPort(
      RefView(head: .unknown, refs: RefListing()), pack: try workshop.pack(of: source),
      directory: try workshop.directory("staging"))
    let remote = try Remote(url: "x://y", port: port)
    #expect(throws: Enough()) { try remote.download([main]) { _ in throw Enough() } }
    remote.disconnect()
    remote.disconnect()
    #expect(port.steps.filter { $0 == "close" }.count == 1)
  }

  @Test("a remote that is dropped in the middle closes its port and lets it go")
  func dropped() throws {
    weak var watched: PackPort?
    var steps: [String] = []
    do {
      let port = PackPort(RefView(head: .unknown, refs: RefListing()))
      watched = port
      do {
        let remote = try Remote(url: "x://y", port: port)
        _ = try remote.heads()
      }
      steps = port.steps
    }
    #expect(steps == ["connect", "view", "close"])
    #expect(watched == nil)
  }

  @Test("an empty url is refused before the port is called")
  func emptyURL() throws {
    let port = PackPort(RefView(head: .unknown, refs: RefListing()))
    #expect(throws: GitError.self) { _ = try Remote(url: "", port: port) }
    #expect(port.steps == [])
  }
}
