package import AgentAPI
internal import DurableFiles
internal import Logging
package import Replication
internal import Synchronization
internal import SystemPackage
internal import TextBytes
package import WorkerPool

/// Records orders with their authors: a line in the log and one in `<state>/audit.jsonl`, durable before the order is
/// answered.
///
/// Files are rotated at 4 MiB, and five are kept: `audit.jsonl`, then `audit.1.jsonl` to `audit.4.jsonl`, the oldest
/// last. Refused tokens and orders beyond sixty within a minute are counted in the next line, so that refused ones
/// cannot displace executed orders from the files.
package final class AuditLog: Sendable {
  private struct Refusals {
    var minuteBegan: ContinuousClock.Instant?
    var written = 0
    var suppressed = 0
  }

  private let directory: FilePath
  private let workers: WorkerPool
  private let agentLog: AgentLog
  private let now: @Sendable () -> Timestamp
  private let fileBytes: Int
  private let refusals = Mutex(Refusals())
  /// Serializes writes.
  private let writing = Mutex(())

  /// Files that are kept.
  package static let files = 5
  private static let refusalsPerMinute = 60

  /// - Parameters:
  ///   - state: the state directory.
  ///   - workers: where the file is written.
  ///   - now: this site's clock.
  ///   - fileBytes: the size at which a file is rotated.
  package init(
    state: String, workers: WorkerPool, agentLog: AgentLog, now: @escaping @Sendable () -> Timestamp,
    fileBytes: Int = 4 << 20
  ) {
    directory = FilePath(state)
    self.workers = workers
    self.agentLog = agentLog
    self.now = now
    self.fileBytes = fileBytes
  }

  /// Names of the files, the newest first.
  package static func name(of number: Int) -> String { number == 0 ? "audit.jsonl" : "audit.\(number).jsonl" }

  /// Records an order, or only counts it if too many were refused. An unwritable file is reported in the log, and does
  /// not affect the order.
  package func record(_ entry: AuditEntry) async {
    var entry = entry
    if entry.outcome == .refused {
      guard let suppressed = admitRefusal() else { return }
      entry.suppressed = suppressed == 0 ? nil : suppressed
    }
    entry.at = "\(now())"
    agentLog.write(.notice, entry.text)
    do {
      let bytes = try AgentJSON.encode(entry) + [UInt8(ascii: "\n")]
      let (workers, this) = (workers, self)
      // The client may disconnect meanwhile, which cancels the request, but the order is recorded nevertheless.
      try await Task { try await workers.run { _ in try this.append(bytes) } }.value
    } catch {
      agentLog.write(.error, "write '\(directory)/\(Self.name(of: 0))': \(error)")
    }
  }

  /// Returns how many were counted since the last written one; `nil` when this one is only counted.
  private func admitRefusal() -> Int? {
    let clock = ContinuousClock.now
    return refusals.withLock { refusals in
      if refusals.minuteBegan.map({ clock - $0 >= .seconds(60) }) ?? true {
        (refusals.minuteBegan, refusals.written) = (clock, 0)
      }
      guard refusals.written < Self.refusalsPerMinute else {
        refusals.suppressed += 1
        return nil
      }
      refusals.written += 1
      defer { refusals.suppressed = 0 }
      return refusals.suppressed
    }
  }

  private func append(_ bytes: [UInt8]) throws {
    try writing.withLock { _ in
      let files = RealFileSystem()
      let path = directory.appending(Self.name(of: 0))
      let length = try files.status(of: path)?.size
      if let length, Int(length) + bytes.count > fileBytes { try rotate(files) }
      let file = try files.openForAppending(path, permissions: FilePermissions(rawValue: 0o600))
      try file.write(bytes)
      try file.synchronize()
      try file.close()
      // A new name is durable with its directory.
      if length.map({ Int($0) + bytes.count > fileBytes }) ?? true { try files.synchronizeDirectory(directory) }
    }
  }

  private func rotate(_ files: RealFileSystem) throws {
    for number in (0..<(Self.files - 1)).reversed() {
      let path = directory.appending(Self.name(of: number))
      if try files.status(of: path) != nil {
        try files.rename(path, to: directory.appending(Self.name(of: number + 1)))
      }
    }
  }
}

/// The author of an order, as far as it is authenticated.
package struct AuditActor: Codable, Hashable, Sendable {
  /// The name of the token; `admin` and `reader` for those of the two files.
  package var token: String?
  /// The site whose secret signed the request.
  package var site: String?
  /// The user at the other end of a socket.
  package var uid: UInt32?
  /// The process at the other end of a socket.
  package var pid: Int32?
  /// The address of the peer.
  package var address: String?

  package init(
    token: String? = nil, site: String? = nil, uid: UInt32? = nil, pid: Int32? = nil, address: String? = nil
  ) {
    (self.token, self.site, self.uid, self.pid, self.address) = (token, site, uid, pid, address)
  }

  /// For the log.
  var text: String {
    let who =
      token.map { "token '\($0)'" } ?? site.map { "site '\($0)'" } ?? uid.map { "uid \($0)" }
      ?? (address == nil ? "the socket" : "an unknown client")
    return address.map { "\(who) from \($0)" } ?? pid.map { "\(who), process \($0)" } ?? who
  }
}

/// The names of orders.
package enum AuditOrder: String, APIWord {
  case feature, trash, removals, registry, promotion, fence
  case signIn = "sign-in"
  case signOut = "sign-out"
  /// A token or signature that was refused.
  case token
}

/// One order, or one refused token.
package struct AuditEntry: Codable, Hashable, Sendable {
  /// The result.
  package enum Outcome: String, Codable, Sendable { case done, refused, failed }

  /// RFC 3339, UTC.
  package var at = ""
  /// Its name; `graphql NAME` for a mutation, and method and path for an order without a name.
  package var order: Word<AuditOrder>
  /// The kind that it concerned.
  package var kind: String?
  /// The parameters of the order.
  package var details: [String: String]
  package var actor: AuditActor
  package var outcome: Outcome
  /// The code of the fault, unless it was done.
  package var code: String?
  /// Earlier refused tokens that were counted and not written.
  package var suppressed: Int?

  package init(
    order: Word<AuditOrder>, kind: String? = nil, details: [String: String] = [:], actor: AuditActor, outcome: Outcome,
    code: String? = nil
  ) {
    self.order = Word(ForeignText.line(order.text, longest: 100))
    self.kind = kind.map { ForeignText.line($0, longest: 100) }
    self.details = Self.kept(details)
    self.actor = actor
    self.outcome = outcome
    self.code = code
  }

  /// Returns the first twenty parameters, as one line each. Different names may be equal after they were cut, or after
  /// characters that do not print were replaced: such a name gets its number.
  private static func kept(_ details: [String: String]) -> [String: String] {
    var kept: [String: String] = [:]
    for (index, pair) in details.sorted(by: { $0.key < $1.key }).prefix(20).enumerated() {
      let line = ForeignText.line(pair.key, longest: 40)
      var name = line == pair.key ? line : "\(index) \(line)"
      while kept[name] != nil { name = "\(index) \(name)" }
      kept[name] = ForeignText.line(pair.value, longest: 200)
    }
    return kept
  }

  /// For the log.
  var text: String {
    let about = kind.map { " of '\($0)'" } ?? ""
    let said = details.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    let what = said.isEmpty ? "" : " (\(said))"
    let end = code.map { "\(outcome.rawValue), \($0)" } ?? outcome.rawValue
    return "order '\(order)'\(about)\(what) by \(actor.text): \(end)"
  }
}
