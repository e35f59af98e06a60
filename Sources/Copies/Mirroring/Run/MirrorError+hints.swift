internal import GitTransport

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
