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
}
