internal import DurableFiles
internal import Git
package import GitTransport
internal import RefStore
internal import SystemPackage
internal import WorkerPool

/// A failure of a mirror run: what was tried, on what, what went wrong in the lower layer, what to do next.
package struct MirrorError: Error, Hashable, Sendable {
  /// A stable word for scripts; it appears in `--json`. Transport codes are passed through unchanged.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ rawValue: String) { self.rawValue = rawValue }
    package init(_ code: TransportError.Code) { rawValue = code.rawValue }

    package static let busy = Code("busy")
    package static let cancelled = Code("cancelled")
    package static let timeout = Code("timeout")
    package static let diskFull = Code("disk_full")
    package static let invalidName = Code("invalid_name")
    package static let momentUnknown = Code("moment_unknown")
    package static let housekeepingFailed = Code("housekeeping_failed")
    package static let invalidList = Code("invalid_list")
    package static let limitExceeded = Code("limit_exceeded")
    package static let notARepository = Code("not_a_repository")
    package static let objectInUse = Code("object_in_use")
    package static let outOfResources = Code("out_of_resources")
    package static let packCorrupt = Code("pack_corrupt")
    package static let sourceBrokenRefs = Code("source_broken_refs")
    package static let sourceBusy = Code("source_busy")
    package static let sourceIncomplete = Code("source_incomplete")
    package static let destinationBorrowing = Code("destination_borrowing")
    package static let destinationDamaged = Code("destination_damaged")
    package static let destinationGrafted = Code("destination_grafted")
    package static let destinationIsACopy = Code("destination_is_a_copy")
    package static let destinationIsTheSource = Code("destination_is_the_source")
    package static let destinationInputOutput = Code("destination_io")
    package static let destinationLocked = Code("destination_locked")
    package static let destinationNotACopy = Code("destination_not_a_copy")
    package static let destinationNotADirectory = Code("destination_not_a_directory")
    package static let destinationNotEmpty = Code("destination_not_empty")
    package static let destinationNotOwned = Code("destination_not_owned")
    package static let destinationOtherSource = Code("destination_other_source")
    package static let destinationPartial = Code("destination_partial")
    package static let destinationShallow = Code("destination_shallow")
    package static let destinationUnsupported = Code("destination_unsupported")
    package static let destinationUnwritable = Code("destination_unwritable")
  }

  package let code: Code
  /// One line, lower case, without secrets.
  package let message: String
  /// What to do next; never empty.
  package let hint: String
  package let disposition: FailureDisposition
  /// The `Retry-After` of the source's host; only with `rate_limited`, and not always then.
  package let retryAfter: Duration?

  /// - Parameter disposition: the usual one of the code unless given.
  package init(
    _ code: Code, _ message: String, hint: String = "", disposition: FailureDisposition? = nil,
    retryAfter: Duration? = nil
  ) {
    self.code = code
    self.message = message
    self.hint = hint.isEmpty ? code.usualHint : hint
    self.disposition = disposition ?? code.usualDisposition
    self.retryAfter = retryAfter
  }
}

extension MirrorError: CustomStringConvertible {
  package var description: String { "\(message); \(hint)" }
}

extension MirrorError {
  /// Translates the errors of the targets below: the one place where their codes become codes of a mirror.
  ///
  /// - Parameters:
  ///   - operation: the operation, such as "restore into".
  ///   - subject: the path that it was tried on.
  package init(_ error: any Error, _ operation: String, _ subject: String) {
    switch error {
    case let error as MirrorError: self = error
    case let error as TransportError: self.init(transport: error)
    case is Cancelled:
      self.init(.cancelled, "\(operation) '\(subject)': cancelled", hint: "the copy is as it was")
    case let error as FileError: self.init(file: error)
    case let error as RefStoreError: self.init(refs: error)
    case let error as GitError: self.init(git: error, subject)
    default: self.init(.destinationInputOutput, "\(operation) '\(subject)': \(error)")
    }
  }

  private init(transport error: TransportError) {
    let cause = error.cause.isEmpty ? error.code.rawValue.replacing("_", with: " ") : error.cause
    self.init(
      Code(error.code), "\(error.operation) '\(error.subject)': \(cause)", hint: error.hint ?? "",
      disposition: error.disposition, retryAfter: error.retryAfter)
  }

  private init(file error: FileError) {
    switch error.code {
    case .noSpace, .diskQuotaExceeded:
      self.init(.diskFull, "\(error)", hint: "free some space and run again; the copy is as it was")
    case .permissionDenied, .notPermitted, .readOnlyFileSystem:
      self.init(.destinationUnwritable, "\(error)", hint: "run as the owner of the copy, on a writable file system")
    case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory:
      self.init(.outOfResources, "\(error)", hint: "give the program more (ulimit -n, memory)")
    // Something else stands where a file or directory of the copy should be.
    case .notDirectory, .isDirectory, .fileExists, .tooManySymbolicLinkLevels, .fileNameTooLong, .fileTooLarge,
      .noSuchFileOrDirectory, .directoryNotEmpty:
      self.init(.destinationDamaged, "\(error)")
    default: self.init(.destinationInputOutput, "\(error)")
    }
  }

  private init(refs error: RefStoreError) {
    if case .file(let file) = error { self.init(file: file) } else { self.init(.destinationDamaged, "\(error)") }
  }

  private init(git error: GitError, _ subject: String) {
    switch error.code {
    case .packCorrupt:
      self.init(
        .packCorrupt, "index the pack from the source: \(error.message)",
        hint: "run again; if it stays, the source or the way to it is damaged")
    case .unsupportedObjectFormat:
      self.init(
        .destinationUnsupported, "open '\(subject)': \(error.message)",
        hint: "libgit2 1.5.1 holds SHA-1 repositories only")
    case .unsupportedExtension:
      self.init(
        .destinationUnsupported, "open '\(subject)': \(error.message)",
        hint: "name another directory, or copy into it with the program that made it")
    case .packThin:
      self.init(
        .packCorrupt,
        "index the pack from the source: it is thin (deltas whose bases are not in it), without being asked",
        hint: "update the source's server: thin packs are only for clients that ask for them")
    case .limitExceeded where error.isLargeDelta:
      self.init(
        .limitExceeded, "index the pack from the source: \(error.message)",
        hint: "have the source store large files whole: git -c core.bigFileThreshold=512m repack -adF")
    case .limitExceeded:
      self.init(
        .limitExceeded, "index the pack from the source: \(error.message)",
        hint: "raise the limit if the source may be that large")
    case .noSpace:
      self.init(
        .diskFull, "write into '\(subject)': \(error.message)",
        hint: "free some space and run again; the copy is as it was")
    case .notOwned:
      self.init(.destinationNotOwned, "open '\(subject)': \(error.message)", hint: "run as its owner")
    default: self.init(.destinationDamaged, "'\(subject)': \(error.message) (\(error.operation))")
    }
  }
}

extension MirrorError.Code {
  /// The default disposition of a failure of this code. Errors of the transport have their own.
  var usualDisposition: FailureDisposition {
    switch self {
    case .timeout: .retryNow
    case .cancelled, .destinationInputOutput, .destinationUnwritable, .diskFull, .outOfResources: .machine
    case .destinationBorrowing, .destinationGrafted, .destinationIsACopy, .destinationIsTheSource,
      .destinationNotACopy, .destinationNotADirectory, .destinationNotEmpty, .destinationNotOwned,
      .destinationOtherSource, .destinationPartial, .destinationShallow, .destinationUnsupported, .invalidList,
      .invalidName, .limitExceeded, .momentUnknown, .notARepository:
      .needsOperator
    default: .backOff
    }
  }

  /// The default hint of an error of this code.
  var usualHint: String {
    switch rawValue {
    case "busy": "run again when the other run has ended"
    case "cancelled": "run again; the copy is as it was"
    case "timeout": "run again, or allow more time"
    case "connection_lost", "connection_refused", "source_unreachable", "dns_failed":
      "check the address and the network, then run again"
    case "server_error": "run again later; if it stays, ask the operator of the source's server"
    case "server_refused": "the server's own words say why; ask its operator"
    case "rate_limited": "run again later, or fewer at a time"
    case "protocol_error": "check that the address leads to a git server; its operator may know more"
    case "source_not_found", "source_not_a_repository", "not_a_repository", "invalid_url":
      "check the address or the path"
    case "source_access_denied": "check the permissions of the source, and the credentials for it"
    case "authentication_failed": "check the credentials for the source"
    case "tls_failed": "check the certificate of the source's server, or name its authority"
    case "redirect_refused": "mirror from the address that the server redirects to"
    case "unsupported_source", "unsupported_object_format": "mirror this repository with git"
    case "limit_exceeded": "raise the limit if the source may be that large"
    case "wanted_object_missing", "source_busy": "run again when the source is quieter"
    case "source_incomplete", "source_broken_refs", "pack_corrupt": "look at the source with 'git fsck', and run again"
    case "disk_full": "free some space and run again; the copy is as it was"
    case "destination_locked": "wait for the other program to end, then run again"
    case "destination_damaged": "look at the copy with 'remora check'; move it aside and mirror again if it is damaged"
    case "destination_io": "look at the kernel's log and at the file system of the copy, then run again"
    case "destination_unwritable", "destination_not_owned": "run as the owner of the copy"
    case "housekeeping_failed": "run 'remora housekeep' again; the copy is as it was"
    case "invalid_list": "correct the list"
    case "invalid_name", "moment_unknown": "look at 'remora history' for the names and times that there are"
    default: rawValue.hasPrefix("destination_") ? "name another directory" : "run again; if it stays, see the message"
    }
  }
}

/// Distinguishes failures of one copy from failures of its machine.
package enum CopyFault {
  /// Of the machine: any other copy on its disk would fail in the same way.
  private static let ofTheMachine: Set<Errno> = [
    .noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory,
  ]

  /// Whether an error concerns the files of one copy: damaged, of the wrong kind, or not readable.
  package static func isOfTheCopy(_ error: any Error) -> Bool {
    switch error {
    case let error as FileError: !ofTheMachine.contains(error.code)
    case let error as RefStoreError: if case .file(let file) = error { !ofTheMachine.contains(file.code) } else { true }
    case let error as GitError: error.code != .noSpace
    case let error as MirrorError: error.code == .destinationDamaged
    default: false
    }
  }
}
