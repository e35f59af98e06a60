import BlobReplication
import Foundation
import Replication
import TestSupport
import Testing

@Suite("A file synced from nginx", .timeLimit(.minutes(5)))
struct SyncNginxTests {
  @Test("comes whole, goes on with ranges, and begins anew when the file has changed")
  func life() async throws {
    let fixture = try BlobFixture()
    let content = BlobFixture.content(6 << 20)
    try fixture.directory.write(bytes: content, to: "www/dir/a file")
    let server = try FileHTTPServer(root: fixture.directory.path("www"), bearerToken: "secret")
    // Cut off far behind what a client may still have in its buffers, once.
    let port = UInt16(server.base.split(separator: ":").last ?? "")
    let proxies = try (0..<2).map { _ in try FaultProxy(to: port, scripts: [[.passBytes(5 << 20), .cut]]) }
    let urls = proxies.map { "http://127.0.0.1:\($0.port)/dir/a%20file" }
    var request = SyncRequest(
      id: try ReplicableID("dir/a file"), source: SourceAddress(location: urls[0], bearerToken: "secret"),
      expected: BlobFixture.checksum(content))
    let strategy = fixture.strategy(isMutable: true)
    #expect(try await strategyError { _ = try await strategy.sync(request) }.code.rawValue == "interrupted")
    let held = try #require(try fixture.bytes("dir/.remora-a file.part")).count
    #expect(held > 0 && held < content.count)
    #expect(try await strategy.sync(request).bytes == UInt64(content.count - held))
    #expect(try fixture.bytes("dir/a file") == content)
    // The next content is cut off too, and meanwhile the file changes again.
    let second = BlobFixture.content(6 << 20, seed: 2)
    try fixture.directory.write(bytes: second, to: "www/dir/a file")
    request.expected = BlobFixture.checksum(second)
    request.source.location = urls[1]
    _ = try await strategyError { _ = try await strategy.sync(request) }
    let third = BlobFixture.content(5 << 20, seed: 3)
    try fixture.directory.write(bytes: third, to: "www/dir/a file")
    request.expected = BlobFixture.checksum(third)
    #expect(try await strategy.sync(request).bytes >= UInt64(third.count))
    #expect(try fixture.bytes("dir/a file") == third)
    #expect(try fixture.names() == ["dir", "dir/a file"])
    #expect(try await strategy.trash().map(\.reason) == ["displaced"], "the first content; the second never came")
    request.source.bearerToken = nil
    request.isFresh = true
    #expect(try await strategyError { _ = try await strategy.sync(request) }.code.rawValue == "source_refused")
    request.source = SourceAddress(location: server.url("no"), bearerToken: "secret")
    #expect(try await strategyError { _ = try await strategy.sync(request) }.code == .missingOnPrimary)
  }
}
