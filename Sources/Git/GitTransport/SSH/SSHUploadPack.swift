internal import ChildProcess
internal import GitValues
internal import WorkerPool

/// A repository on a host that is reached over SSH: one `git-upload-pack` there for the listing and the fetch.
final class SSHUploadPack: UploadPackChannel {
  var isStateless: Bool { false }
  /// The command says its capabilities unasked: there is no round trip to save.
  var mayAssumeVersion2: Bool { false }

  let source: SourceURL
  private let gateway: SSHGateway
  private let limits: WaitLimits
  private var command: (any RemoteCommand)?

  /// Connects to nothing yet.
  init(source: SourceURL, gateway: SSHGateway, limits: WaitLimits) {
    self.source = source
    self.gateway = gateway
    self.limits = limits
  }

  /// The path as git sends it: `/~user/…` in an address means the user's home.
  private var path: String { source.path.hasPrefix("/~") ? String(source.path.dropFirst()) : source.path }

  func openAdvertisement() throws -> any ByteSource {
    precondition(command == nil, "a command advertises once")
    try limits.cancellation.check()
    do {
      command = try gateway.start(SSHCommandLine.uploadPack(path), for: source, limits: limits)
    } catch {
      throw failure(error)
    }
    return Output(self)
  }

  func send(_ request: [UInt8]) throws -> any ByteSource {
    guard let command else { preconditionFailure("a request needs a command that was started and not ended") }
    do {
      try request.withUnsafeBytes { try command.write($0) }
    } catch {
      throw failure(error)
    }
    return Output(self)
  }

  func noteVersion2() {}

  var diagnostics: String { command?.errorText.description ?? "" }

  func finish() {
    guard let command else { return }
    self.command = nil
    // The end of our requests; a command that has exited needs none.
    try? Array("0000".utf8).withUnsafeBytes { try command.write($0) }
    command.finish()
  }

  func abort() {
    command?.abort()
    command = nil
  }

  /// Reads what the command says. An end after which it reports failure is that failure, and not an end.
  fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let command else { return 0 }
    do {
      let count = try command.read(into: buffer)
      guard count == 0 else { return count }
      let ending = try command.ending()
      if let failure = failure(ending, command.errorText) { throw failure }
      return 0
    } catch {
      throw failure(error)
    }
  }

  /// The command's output.
  private final class Output: ByteSource {
    private let owner: SSHUploadPack

    init(_ owner: SSHUploadPack) { self.owner = owner }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try owner.read(into: buffer) }
  }
}

/// The command that a host's shell is given.
enum SSHCommandLine {
  /// Serves the repository at `path`, which may hold any bytes but cannot end the quotes around it.
  static func uploadPack(_ path: String) -> String { "git-upload-pack \(quoted(path))" }

  /// One word for a POSIX shell, and for a csh, which looks for `!` between quotes too (git's `sq_quote_buf` says so).
  static func quoted(_ word: String) -> String {
    var text = "'"
    for character in word.unicodeScalars {
      switch character {
      case "'", "!": text += "'\\\(character)'"
      default: text.unicodeScalars.append(character)
      }
    }
    return text + "'"
  }
}
