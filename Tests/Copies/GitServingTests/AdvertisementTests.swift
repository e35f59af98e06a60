import Foundation
import GitProtocol
import GitServing
import GitValues
import TestSupport
import Testing

@testable import GitServing

@Suite("Advertisements")
struct AdvertisementTests {
  private func build(_ fixture: ServingFixture) throws -> TestRepository {
    var builder = RepositoryBuilder()
    builder.branch("main", at: builder.commit())
    builder.tag("v1", of: builder.commit())
    return try builder.build(at: fixture.directory.path("r.git"))
  }

  @Test("version 2 to a site names what we answer, without a process")
  func capabilities() async throws {
    try await withFixture { settings, _ in
      settings.gitExecutable = "/nonexistent/git"
    } _: { fixture in
      let repository = try build(fixture)
      let reply = try await fixture.service.advertisement(of: .init(site: repository), protocolHeader: "version=2")
      #expect(reply.contentType == "application/x-git-upload-pack-advertisement")
      let bytes = try await ServingFixture.all(reply)
      var parser = AdvertisementParser()
      try bytes.withUnsafeBytes { try parser.consume($0) }
      let advertisement = try parser.finish()
      #expect(advertisement.version == 2)
      #expect(
        advertisement.capabilities.descriptions
          == ["agent=remora/0.1.0", "ls-refs=unborn", "fetch=shallow wait-for-done", "object-format=sha1"])
    }
  }

  @Test("versions 0 and 1, and version 2 to readers, are git's own", arguments: [nil, "version=1", "version=2"])
  func gits(header: String?) async throws {
    try await withFixture { fixture in
      let repository = try build(fixture)
      let reply = try await fixture.service.advertisement(
        of: ServingFixture.people(repository.path), protocolHeader: header)
      var git = GitCommand()
      if let header { git.environment["GIT_PROTOCOL"] = header }
      let own = try await git.run("upload-pack", "--stateless-rpc", "--http-backend-info-refs", repository.path)
      let prelude = header == "version=2" ? "" : "001e# service=git-upload-pack\n0000"
      #expect(text(try await ServingFixture.all(reply)) == prelude + text(own.output))
    }
  }

  @Test("what is no repository is 404, another's is 403 until its owner is trusted")
  func standing() async throws {
    try await withFixture { settings, _ in
      settings.environment = ChildProcess.isolatedEnvironment()
    } _: { fixture in
      let repository = try build(fixture)
      func status(_ repository: ServedRepository) async -> Int {
        do {
          let reply = try await fixture.service.advertisement(of: repository, protocolHeader: "version=2")
          _ = try await ServingFixture.all(reply)
          return 200
        } catch let error as GitServingError {
          return error.httpStatus
        } catch {
          return -1
        }
      }
      #expect(await status(ServingFixture.site(fixture.directory.path("nothing.git"))) == 404)
      #expect(await status(ServingFixture.site(fixture.directory.path)) == 404)
      #expect(await status(.init(site: repository)) == 200)
      guard geteuid() == 0 else { return }
      let files = try TemporaryDirectory.files(below: repository.path).map { "\(repository.path)/\($0)" }
      for path in [repository.path] + files { chown(path, 12_345, 12_345) }
      #expect(await status(.init(site: repository)) == 403)
      #expect(await status(ServingFixture.site(repository.path, trustsOwner: true)) == 200)
      // The child trusts the owner too.
      let oid = try repository.oid("refs/heads/main").hex
      let answer = try await fixture.post(
        ServingFixture.site(repository.path, trustsOwner: true), ServingFixture.fetch(oid))
      #expect(try ServingFixture.pack(in: answer).starts(with: Array("PACK".utf8)))
    }
  }

  @Test(
    "Git-Protocol is handed on when it is one word, and its highest version counts",
    arguments: [
      ("version=2", "version=2", 2), ("version=1:version=2", "version=1:version=2", 2), ("x=y", "x=y", 0),
      ("version=3", "version=3", 0), ("version=2\nX", nil, 0), ("", nil, 0),
      (String(repeating: "v", count: 300), nil, 0),
    ] as [(String, String?, Int)])
  func header(text: String, value: String?, version: Int) {
    let header = ProtocolHeader(text)
    #expect(header.value == value)
    #expect(header.version == version)
  }
}
