import GitTransport
import GitValues
import TestSupport
import WorkerPool

/// How a test connects to a repository on this machine.
struct LocalConversations: Sendable {
  var path: String
  var asksForVersion2 = true
  var gitExecutable = "git"
  var silence = Duration.seconds(60)
  var deadline = Deadline.after(.seconds(120))
  var cancellation = CancellationFlag()
  var maximumPackBytes = 1 << 30

  init(_ path: String) { self.path = path }

  /// Returns a conversation that has not begun. To be used on a thread that may block.
  func conversation() -> Conversation {
    Conversation(settings: ConversationSettings(subject: path, maximumPackBytes: maximumPackBytes)) { try channel() }
  }

  func channel() throws -> LocalUploadPack {
    var environment = ChildProcess.isolatedEnvironment()
    // The repositories of these tests belong to the user that runs them, unless a test says otherwise.
    environment["GIT_DIR"] = "/nowhere"
    return try LocalUploadPack(
      path: path, subject: path,
      settings: LocalUploadPack.Settings(
        gitExecutable: gitExecutable, environment: environment, silenceTimeout: silence,
        asksForVersion2: asksForVersion2),
      cancellation: cancellation, deadline: deadline)
  }

  /// Connects on a thread of its own and hands the conversation to `body` there.
  func connected<Result: Sendable>(
    _ body: @escaping @Sendable (Conversation) throws -> Result
  ) async throws -> Result {
    try await OwnThread.run {
      let conversation = conversation()
      defer { conversation.close() }
      try conversation.connect(to: "ignored")
      return try body(conversation)
    }
  }

  /// Returns the error of connecting and of `body`; throws when there is none, or another kind.
  func failure(
    _ body: @escaping @Sendable (Conversation) throws -> Void = { _ in }
  ) async throws -> TransportError {
    do {
      try await connected(body)
    } catch let error as TransportError {
      return error
    }
    throw TestSupportError("talking to \(path) worked")
  }
}

/// Keeps a pack in memory.
final class CollectedPack: PackSink {
  private(set) var bytes: [UInt8] = []

  func receive(_ bytes: UnsafeRawBufferPointer) throws { self.bytes += Array(bytes) }

  /// Objects in it, by its header.
  var objectCount: Int { bytes[8..<12].reduce(0) { $0 << 8 | Int($1) } }
}

extension Conversation {
  /// Downloads what `wants` reach and `haves` do not.
  func pack(wants: [ObjectID], haves: [ObjectID] = []) throws -> CollectedPack {
    let pack = CollectedPack()
    self.haves = haves
    packSink = pack
    try negotiate(wants: wants)
    try downloadPack { _ in }
    return pack
  }
}

/// Returns a script that stands in for git.
func script(_ text: String, in directory: TemporaryDirectory) throws -> String {
  try program("#!/bin/sh\n\(text)\n", in: directory)
}

/// Returns a file that may be run.
///
/// A child writes it: a file that this process has open for writing may be inherited by a child that another test
/// starts at that moment, and then running it fails with "text file busy".
func program(_ content: String, in directory: TemporaryDirectory) throws -> String {
  let path = directory.path("git-\(UInt32.random(in: 0...UInt32.max))")
  let writer = try ChildProcess(
    "sh", ["-c", "cat > \"$0\" && chmod 755 \"$0\"", path], input: .bytes(Array(content.utf8)))
  guard try writer.outcome().isSuccess else { throw TestSupportError("cannot write \(path)") }
  return path
}
