import Synchronization
import TestSupport
import Testing

/// The ways in which a test reaches its source.
enum SourceTransport: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case path
  case daemon = "git://"
  case httpVersion2 = "http, version 2"
  case httpVersion0 = "http, version 0"

  var testDescription: String { rawValue }

  /// Version 0 has no words for a HEAD without a commit.
  var tellsUnbornHead: Bool { self != .httpVersion0 }

  /// Those that speak version 2.
  static let version2: [SourceTransport] = [.path, .daemon, .httpVersion2]
}

/// Gives repositories below its root URLs.
protocol RepositoryServer: AnyObject, Sendable {
  func url(_ repository: String) -> String
}

extension GitHTTPServer: RepositoryServer {}
extension GitDaemon: RepositoryServer {}

/// The Git servers that tests share: starting nginx for each would cost more than the tests. One a transport lives as long as any
/// test holds it.
enum SharedServers {
  private struct Running {
    weak var server: (any RepositoryServer)?
  }

  private static let servers = Mutex<[SourceTransport: Running]>([:])

  /// - Parameter root: the directory of all temporary directories; the same for every caller.
  /// - Returns: `nil` for a transport that needs none.
  static func server(for transport: SourceTransport, root: String) throws -> (any RepositoryServer)? {
    try servers.withLock { servers in
      if let running = servers[transport]?.server { return running }
      let started = try start(transport, root)
      servers[transport] = Running(server: started)
      return started
    }
  }

  private static func start(_ transport: SourceTransport, _ root: String) throws -> (any RepositoryServer)? {
    var options = GitHTTPServer.Options()
    switch transport {
    case .path: return nil
    case .daemon: return try GitDaemon(root: root)
    case .httpVersion2: break
    case .httpVersion0: options.forcesVersion0 = true
    }
    return try GitHTTPServer(root: root, options: options)
  }
}
