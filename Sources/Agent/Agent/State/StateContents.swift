internal import AgentAPI
internal import DurableFiles
internal import Glibc
package import StateFiles
internal import SystemPackage

/// The list of names that an agent writes in its state directory.
///
/// The package's purge removes these names and nothing else (`.packaging/postrm`, which a test compares with this list
/// and with a state directory that was used), and the check of modes examines them.
package enum StateContents {
  /// Names directly below the state directory.
  package static let names: [String] =
    [
      "admin.sock", "differences", "epoch.json", "events", "events.sock", "features.json", "lock", "notification.json",
      "notifications.json", "registries", "roots.json", "sessions.json", "sites", "sources.json", "spool",
      "tokens.json", "tokens.json.new",
      "transitions", "trends.jsonl", "verification",
    ] + (0..<AuditLog.files).map(AuditLog.name)

  /// Leftovers of a crash, as shell patterns: temporary files, and requests of git clients.
  package static let leftovers = ["*.remora-tmp-*", "remora-request-*"]

  /// Returns the problems of the owners and modes of a state directory and its files; empty when it does not exist yet.
  ///
  /// A user who may write there can replace registries, records of promotions and tokens.
  package static func objections(to state: String) -> [String] {
    let files = RealFileSystem()
    // A symbolic link to the directory is resolved.
    let directory = realpath(state, nil).map { pointer in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    guard let directory else { return [] }
    let closed = names.filter { !["spool", "admin.sock", "events.sock"].contains($0) }
    return ([directory] + closed.map { "\(directory)/\($0)" }).compactMap { path in
      do {
        return try files.status(of: FilePath(path)).flatMap { objection(to: path, $0) }
      } catch {
        return "\(error)"
      }
    }
  }

  private static func objection(to path: String, _ status: FileStatus) -> String? {
    if status.kind == .symbolicLink { return nil }
    if status.owner != geteuid(), geteuid() != 0 {
      return "'\(path)' belongs to user \(status.owner), we are \(geteuid()): chown it to the user who runs the agent"
    }
    guard status.permissions.isDisjoint(with: [.groupWrite, .otherWrite]) else {
      return "others may write to '\(path)' (mode 0\(String(status.permissions.rawValue, radix: 8))): chmod go-w it"
    }
    return nil
  }
}

extension StateFormat where Value: Codable {
  /// The JSON of the API (`AgentJSON`) with a newline: for files of values that the API has, without a version.
  package static var agentJSON: StateFormat {
    StateFormat { value in
      try AgentJSON.encode(value) + [UInt8(ascii: "\n")]
    } decode: { bytes in
      try AgentJSON.decode(Value.self, from: bytes)
    }
  }
}
