import GitTransport
import TestSupport
import WorkerPool

/// What one use of a channel needs; the tests change what they are about.
struct HTTPChannel: Sendable {
  var configuration: TransportConfiguration
  var deadline = Deadline.after(.seconds(60))
  var cancellation = CancellationFlag()

  init() {
    // Not the environment of the test run: it may name a proxy.
    configuration = TransportConfiguration(environment: [:])
    configuration.silenceTimeout = .seconds(20)
  }

  /// Runs `body` with transports of its own, on a thread that may block.
  func withTransports<Result: Sendable>(
    _ body: @escaping @Sendable (Transports) throws -> Result
  ) async throws -> Result {
    let transports = Transports(configuration: configuration)
    do {
      let result = try await OwnThread.run { try body(transports) }
      await transports.shutdown()
      return result
    } catch {
      await transports.shutdown()
      throw error
    }
  }

  /// Returns what `url` lists, by transports of its own.
  func listing(_ url: String) async throws -> RemoteListing {
    try await withTransports { try listing(url, by: $0) }
  }

  /// Returns what `url` lists. Blocks.
  func listing(_ url: String, by transports: Transports) throws -> RemoteListing {
    let conversation = Conversation(
      source: try SourceURL(url), transports: transports, cancellation: cancellation, deadline: deadline)
    defer { conversation.close() }
    try conversation.connect(to: url)
    guard let listing = conversation.listing else { throw TestSupportError("no listing") }
    return listing
  }

  /// Runs `body` with a channel to `url`, on a thread that may block.
  func with<Result: Sendable>(
    _ url: String, _ body: @escaping @Sendable (any UploadPackChannel) throws -> Result
  ) async throws -> Result {
    try await withTransports { transports in
      let channel = try transports.channel(for: SourceURL(url), cancellation: cancellation, deadline: deadline)
      defer { channel.finish() }
      return try body(channel)
    }
  }

  /// Returns the advertisement of `url`.
  func advertisement(_ url: String) async throws -> String {
    try await with(url) { try $0.openAdvertisement().readText() }
  }

  /// Returns the error of asking for the advertisement of `url`.
  func failure(_ url: String) async throws -> TransportError {
    do {
      let text = try await advertisement(url)
      throw TestSupportError("there was an answer: \(text)")
    } catch let error as TransportError {
      return error
    }
  }
}

extension ByteSource {
  /// Returns all that comes.
  func readText() throws -> String {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try read(into: $0) }
      if count == 0 { return String(decoding: all, as: UTF8.self) }
      all += buffer[..<count]
    }
  }
}
