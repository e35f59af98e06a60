import Synchronization
import TestSupport
import Testing

/// The ways in which a test reaches its source.
enum SourceTransport: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case path
  case httpVersion2 = "http, version 2"
  case httpVersion0 = "http, version 0"

  var testDescription: String { rawValue }

  /// Version 0 has no words for a HEAD without a commit.
  var tellsUnbornHead: Bool { self != .httpVersion0 }

  /// The two that speak version 2.
  static let version2: [SourceTransport] = [.path, .httpVersion2]
}

/// The Git servers that tests share: starting nginx for each would cost more than the tests. One a protocol version lives
/// as long as any test holds it.
enum SharedServers {
  private struct Servers {
    weak var version2: GitHTTPServer?
    weak var version0: GitHTTPServer?
  }

  private static let servers = Mutex(Servers())

  /// - Parameter root: the directory of all temporary directories; the same for every caller.
  /// - Returns: `nil` for a transport that needs none.
  static func server(for transport: SourceTransport, root: String) throws -> GitHTTPServer? {
    try servers.withLock { servers in
      switch transport {
      case .path: return nil
      case .httpVersion2:
        if let running = servers.version2 { return running }
        let started = try GitHTTPServer(root: root)
        servers.version2 = started
        return started
      case .httpVersion0:
        if let running = servers.version0 { return running }
        var options = GitHTTPServer.Options()
        options.forcesVersion0 = true
        let started = try GitHTTPServer(root: root, options: options)
        servers.version0 = started
        return started
      }
    }
  }
}
