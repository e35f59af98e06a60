import DurableFiles
import GitTransport
import Mirroring
import Replication
import RepositoryReplication
import SystemPackage
import TestSupport
import Testing
import WorkerPool

/// Every error code and what a failure with it does: pauses a host, pauses this machine, is tried again at once, or backs off.
@Suite("The disposition of a failure")
struct DispositionTests {
  /// What a failure does.
  enum Effect: String {
    /// All work from this host pauses.
    case pausesHost
    /// All work of this machine pauses.
    case pausesMachine
    /// The job was cancelled: nothing changes.
    case cancelled
    /// The job is tried again at once.
    case retries
    /// The entry fails, and backs off.
    case backsOff
    /// The entry fails: the source has no such repository.
    case missing

    init(_ error: StrategyError) {
      self =
        switch (error.disposition, error.origin) {
        case (.host, .cancelled): .cancelled
        case (.host, .machine): .pausesMachine
        case (.host, _): .pausesHost
        case (.connection, _): .retries
        case (.replicable, _): error.code == .missingOnPrimary ? .missing : .backsOff
        }
    }
  }

  private static let transport: [String: Effect] = [
    "authentication_failed": .pausesHost, "connection_lost": .retries, "connection_refused": .pausesHost,
    "dns_failed": .pausesHost, "git_missing": .pausesMachine, "host_key_changed": .pausesHost,
    "host_key_revoked": .pausesHost, "host_key_unknown": .pausesHost, "invalid_url": .backsOff,
    "limit_exceeded": .backsOff, "protocol_error": .backsOff, "rate_limited": .pausesHost,
    "redirect_refused": .pausesHost, "server_error": .pausesHost, "server_refused": .backsOff,
    "source_access_denied": .pausesHost, "source_not_a_repository": .backsOff, "source_not_found": .missing,
    "source_shallow": .backsOff, "source_unreachable": .pausesHost, "ssh_missing": .pausesMachine,
    "timeout": .retries, "tls_failed": .pausesHost, "unsupported_object_format": .backsOff,
    "unsupported_source": .backsOff, "wanted_object_missing": .backsOff,
  ]

  private static let mirror: [String: Effect] = [
    "busy": .backsOff, "cancelled": .cancelled, "destination_borrowing": .backsOff, "destination_damaged": .backsOff,
    "destination_grafted": .backsOff, "destination_io": .pausesMachine, "destination_is_a_copy": .backsOff,
    "destination_is_the_source": .backsOff, "destination_locked": .backsOff, "destination_not_a_copy": .backsOff,
    "destination_not_a_directory": .backsOff, "destination_not_empty": .backsOff, "destination_not_owned": .backsOff,
    "destination_other_source": .backsOff, "destination_partial": .backsOff, "destination_shallow": .backsOff,
    "destination_unsupported": .backsOff, "destination_unwritable": .pausesMachine, "disk_full": .pausesMachine,
    "housekeeping_failed": .backsOff, "invalid_list": .backsOff, "invalid_name": .backsOff,
    "limit_exceeded": .backsOff, "moment_unknown": .backsOff, "not_a_repository": .backsOff,
    "object_in_use": .backsOff, "out_of_resources": .pausesMachine, "pack_corrupt": .backsOff,
    "source_broken_refs": .backsOff, "source_busy": .backsOff, "source_incomplete": .backsOff, "timeout": .retries,
  ]

  /// Returns the codes that a source file declares.
  private static func codes(in path: String) throws -> Set<String> {
    let text = try PackageFiles.text("Sources/\(path)")
    return Set(text.matches(of: /= Code\((?:rawValue: )?"([a-z_]+)"\)/).map { String($0.1) })
  }

  @Test("the tables have every code")
  func complete() throws {
    #expect(try Self.codes(in: "Git/GitTransport/TransportError+Code.swift") == Set(Self.transport.keys))
    #expect(try Self.codes(in: "Copies/Mirroring/Run/MirrorError.swift") == Set(Self.mirror.keys))
  }

  @Test("an error of the transport, with and without its mirror")
  func transportErrors() {
    for (code, effect) in Self.transport {
      let error = TransportError(
        .init(rawValue: code), operation: "list refs of", subject: "https://example.org/x.git",
        retryAfter: code == "rate_limited" ? .seconds(7) : nil)
      for thrown in [error, MirrorError(error, "mirror into", "/copy")] as [any Error] {
        let failure = StrategyError(thrown, "sync", "x")
        #expect(Effect(failure) == effect, "\(code)")
        #expect(failure.code.rawValue == (effect == .missing ? "missing_on_primary" : code))
        #expect(failure.retryAfter == error.retryAfter)
      }
    }
  }

  @Test("an error of a mirror")
  func mirrorErrors() {
    for (code, effect) in Self.mirror {
      let failure = StrategyError(MirrorError(.init(code), "mirror"), "sync", "x")
      #expect(Effect(failure) == effect && failure.code.rawValue == code, "\(code)")
    }
  }

  @Test(
    "an error of the file system",
    arguments: [
      (Errno.noSpace, "disk_full", Effect.pausesMachine), (.diskQuotaExceeded, "disk_full", .pausesMachine),
      (.permissionDenied, "destination_unwritable", .pausesMachine),
      (.notPermitted, "destination_unwritable", .pausesMachine),
      (.readOnlyFileSystem, "destination_unwritable", .pausesMachine),
      (.tooManyOpenFiles, "out_of_resources", .pausesMachine),
      (.tooManyOpenFilesInSystem, "out_of_resources", .pausesMachine), (.noMemory, "out_of_resources", .pausesMachine),
      (.notDirectory, "destination_damaged", .backsOff), (.isDirectory, "destination_damaged", .backsOff),
      (.fileExists, "destination_damaged", .backsOff),
      (.tooManySymbolicLinkLevels, "destination_damaged", .backsOff),
      (.fileNameTooLong, "destination_damaged", .backsOff), (.fileTooLarge, "destination_damaged", .backsOff),
      (.noSuchFileOrDirectory, "destination_damaged", .backsOff),
      (.directoryNotEmpty, "destination_damaged", .backsOff), (.ioError, "destination_io", .pausesMachine),
      (.staleNFSFileHandle, "destination_io", .pausesMachine),
    ])
  func fileErrors(errno: Errno, code: String, effect: Effect) {
    let error = FileError(errno, "write", "/copy/HEAD")
    for thrown in [error, MirrorError(error, "mirror into", "/copy"), LockError.failed(error)] as [any Error] {
      let failure = StrategyError(thrown, "sync", "x")
      #expect(failure.code.rawValue == code && Effect(failure) == effect)
    }
  }

  @Test("what the framework throws")
  func others() {
    for cancelled in [Cancelled(), CancellationError()] as [any Error] {
      #expect(Effect(StrategyError(cancelled, "sync", "x")) == .cancelled)
    }
    #expect(Effect(StrategyError(TestSupportError("unknown"), "sync", "x")) == .pausesMachine)
    let kept = StrategyError(.busy, "a", disposition: .connection)
    #expect(StrategyError(kept, "sync", "x") == kept)
  }
}
