import GitProtocol
import GitValues
import Testing

@Suite("An answer to ls-refs")
struct LsRefsParserTests {
  private let main = ReferenceName("refs/heads/main")

  @Test("lists refs with peeled values and HEAD", arguments: [1, 3, 1000])
  func lists(pieces: Int) throws {
    let wire = Wire().line("\(oid("1")) HEAD symref-target:refs/heads/main").line("\(oid("1")) refs/heads/main")
      .line("\(oid("2")) refs/tags/v1 peeled:\(oid("3"))")
      .line("\(oid("4")) refs/x/alias symref-target:refs/heads/main new-attribute:1").flush
    let view = try readListing(wire, pieces: pieces)
    #expect(view.head == .symbolic(target: main, oid: oid("1")))
    #expect(
      Array(view.refs) == [
        .init(name: main, oid: oid("1")),
        .init(name: ReferenceName("refs/tags/v1"), oid: oid("2"), peeled: oid("3")),
        .init(name: ReferenceName("refs/x/alias"), oid: oid("4")),
      ])
    #expect(view.broken.isEmpty)
  }

  @Test("is sorted by us when the server does not")
  func sorts() throws {
    let wire = Wire().line("\(oid("2")) refs/heads/b").line("\(oid("1")) refs/heads/a").flush
    #expect(try readListing(wire).refs.map(\.oid) == [oid("1"), oid("2")])
  }

  @Test(
    "reads HEAD in each of its forms",
    arguments: [
      ("unborn HEAD symref-target:refs/heads/main", Head.unborn(target: ReferenceName("refs/heads/main"))),
      ("\(oidText) HEAD", .detached(oid("1"))),
      ("\(oidText) HEAD peeled:\(oidText)", .detached(oid("1"))),
      (
        "\(oidText) HEAD symref-target:refs/heads/hidden",
        .symbolic(target: ReferenceName("refs/heads/hidden"), oid: oid("1"))
      ),
      ("\(oidText) refs/heads/main", .unknown),
    ])
  func head(line: String, expected: Head) throws {
    #expect(try readListing(Wire().line(line).flush).head == expected)
  }

  private static let oidText = "1111111111111111111111111111111111111111"

  @Test("of a repository without refs by a server that cannot say unborn leaves HEAD unknown")
  func oldServer() throws {
    #expect(try readListing(Wire().flush) == RefView(head: .unknown, refs: RefListing()))
  }

  @Test("names each broken ref and keeps the others")
  func broken() throws {
    let wire = Wire().line("\(ObjectID.zero) refs/heads/null").line("\(oid("1")) refs/heads/a.lock")
      .line("unborn refs/heads/x symref-target:refs/heads/y").line("\(oid("1"))").line("\(oid("1")) ")
      .line("\(oid("1")) refs/heads/z").line("\(oid("1")) refs/heads/z").line("\(oid("1")) refs/heads/good").flush
    let view = try readListing(wire)
    #expect(view.refs.map(\.name) == [ReferenceName("refs/heads/good")])
    #expect(
      view.broken.map(\.reason)
        == ["null oid", "invalid name", "unparsable line", "unparsable line", "unparsable line", "listed twice"])
  }

  @Test("with a null or second HEAD has a broken HEAD", arguments: ["0", "1"])
  func brokenHead(digit: Character) throws {
    let wire = Wire().line("\(oid("1")) HEAD").line("\(oid(digit)) HEAD").flush
    #expect(try readListing(wire).broken.map(\.name) == [.head])
  }

  @Test(
    "that is not one is refused by its kind",
    arguments: [
      (Wire(), ProtocolError.Code.truncated),
      (Wire().line("\(oidText) refs/heads/a"), .truncated),
      (Wire().line("ERR not allowed").flush, .refused),
      (Wire().line("\(oidText) refs/tags/a peeled:123").flush, .malformed),
      (Wire().line("unborn HEAD").flush, .malformed),
      (Wire().flush.flush, .malformed),
      (Wire().delimiter.flush, .malformed),
      (Wire().line("\(oidText)\(oidText.prefix(24)) refs/heads/a").flush, .unsupportedObjectFormat),
    ])
  func refused(wire: Wire, expected: ProtocolError.Code) throws {
    #expect(try code { _ = try readListing(wire) } == expected)
  }

  @Test("has a limit on refs, HEAD included")
  func limits() throws {
    let wire = Wire().line("unborn HEAD symref-target:refs/heads/b").line("\(oid("1")) refs/heads/a").flush
    #expect(try code { _ = try readListing(wire, limits: .init(refs: 2)) } == nil)
    #expect(try code { _ = try readListing(wire, limits: .init(refs: 1)) } == .limitExceeded)
  }

  @Test("has a limit on broken refs")
  func brokenLimit() throws {
    let wire = Wire().line("a").line("\(ObjectID.zero) refs/heads/b").line("\(oid("1")) refs/heads/c..d").flush
    #expect(try code { _ = try readListing(wire, limits: .init(broken: 3)) } == nil)
    #expect(try code { _ = try readListing(wire, limits: .init(broken: 2)) } == .limitExceeded)
  }
}
