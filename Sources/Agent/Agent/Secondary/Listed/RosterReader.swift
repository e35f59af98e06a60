internal import BoundedHTTP
internal import Foundation
internal import Replication
internal import RepositoryReplication

/// Reads a roster when it has changed.
struct RosterReader {
  private let source: RosterSource
  private let http: BoundedHTTPClient
  /// The version that was read last: a file's stamp, or a server's validator.
  private var seen: String?

  /// Packed and unpacked: a million repositories take some 300 MB.
  private static let limit = 512 << 20

  init(_ source: RosterSource, http: BoundedHTTPClient) {
    self.source = source
    self.http = http
  }

  /// Whether the roster is at a server, which is not requested every second.
  var isRemote: Bool { source.place.hasPrefix("https://") || source.place.hasPrefix("http://") }

  /// Reads the roster; `nil` when it is unchanged.
  mutating func read() async throws -> SourceRoster? {
    guard let bytes = try await isRemote ? fetched() : contents() else { return nil }
    switch source {
    case .list: return SourceRoster(list: bytes)
    case .manifest(_, let address):
      return try SourceRoster(manifest: bytes, unpackedLimit: Self.limit, address: address)
    }
  }

  /// Drops the validators after invalid content, so that the next read fetches it again.
  mutating func forget() { seen = nil }

  private mutating func contents() throws -> [UInt8]? {
    var status = stat()
    guard stat(source.place, &status) == 0 else {
      throw StrategyError(
        .fileSystem, "read '\(source.place)': \(String(cString: strerror(errno)))", disposition: .host)
    }
    let stamp = "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    guard stamp != seen else { return nil }
    guard status.st_size <= Self.limit else {
      throw StrategyError(.fileSystem, "read '\(source.place)': longer than \(Self.limit) bytes", disposition: .host)
    }
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: source.place)))
    seen = stamp
    return bytes
  }

  private mutating func fetched() async throws -> [UInt8]? {
    var request = HTTPRequest(.get, source.place)
    request.limits.bodyBytes = Self.limit
    if let seen { request.headers.add("If-None-Match", seen) }
    let (status, tag, bytes) = try await http.exchange(request) { answer in
      (answer.status, answer.headers["ETag"], answer.status == 200 ? try await answer.prefix(Self.limit) : [])
    }
    switch status {
    case 200:
      seen = tag
      return bytes
    case 304: return nil
    default:
      throw StrategyError(
        .fileSystem, "fetch '\(source.place)': the server answered \(status)", disposition: .host)
    }
  }
}
