internal import DurableFiles
internal import GitTransport
internal import Mirroring
package import Replication
internal import SystemPackage
internal import WorkerPool

/// Checks of a copy's files other than its objects: the next reader of the copy detects damage, at the latest the
/// hourly scan.
extension RepositoryStrategy {
  package func inspect(_ id: ReplicableID) async throws(StrategyError) -> CopyLook {
    try await onWorker("look at", id.text) { flag in
      let path = place.path(of: id)
      guard let status = try place.files.status(of: path) else { return CopyLook(isThere: false) }
      if status.kind == .directory, try !CopyExamination.isOurs(path, through: place.files) {
        return CopyLook(isOurs: false, damage: ["'\(path)' is no copy of Remora's"])
      }
      guard let rules else { return CopyLook() }
      var look = CopyLook()
      look.damage = try repaired(id, source: nil, rules, flag)
      if look.damage.isEmpty {
        look.isTouched = try CopyState.loadIfCurrent(CopyLayout(root: path), through: place.files) == nil
      }
      return look
    }
  }

  /// Examines the id's path before a sync, and repairs parts that can be repaired in place.
  ///
  /// - Returns: whether a fresh download is needed; the present directory is moved to the trash then.
  /// - Throws: `StrategyError` of code `occupied` for a repository that Remora did not create.
  func prepare(_ request: SyncRequest, _ rules: CopyRules, _ flag: CancellationFlag) throws -> Bool {
    let path = place.path(of: request.id)
    guard let status = try place.files.status(of: path), !request.isFresh else { return request.isFresh }
    guard status.kind == .directory else { return true }
    if try !CopyExamination.isOurs(path, through: place.files) {
      if try place.files.entries(of: path).isEmpty || rules.mayAdopt(request.id) { return false }
      throw StrategyError(
        .occupied,
        "sync '\(request.id)': '\(path)' is there, and Remora did not make it; move it away, or take it over by hand with"
          + " 'remora mirror SOURCE COPY --adopt'")
    }
    return try !repaired(request.id, source: SourceURLText.redacted(request.source.location), rules, flag).isEmpty
  }

  /// Repairs a copy before it is read.
  ///
  /// - Throws: `StrategyError` of code `broken` for what only a fresh copy puts right.
  func requireSound(_ id: ReplicableID, _ rules: CopyRules, _ flag: CancellationFlag) throws {
    let left = try repaired(id, source: nil, rules, flag)
    guard !left.isEmpty else { return }
    throw StrategyError(.broken, "read '\(id)': the copy is damaged: \(left.prefix(5).joined(separator: ", "))")
  }

  /// - Returns: the remaining damage.
  private func repaired(
    _ id: ReplicableID, source: String?, _ rules: CopyRules, _ flag: CancellationFlag
  ) throws -> [String] {
    let path = place.path(of: id)
    guard let status = try place.files.status(of: path) else { return [] }
    guard status.kind == .directory else { return ["'\(path)' is not a directory"] }
    guard try CopyExamination.isOurs(path, through: place.files) else { return ["'\(path)' is no copy of Remora's"] }
    do {
      let (repaired, left) = try CopyRepair(path, through: place.files, at: environment.now()).execute(
        source: source, wait: source == nil ? .zero : rules.wait, isCancelled: { flag.isRaised })
      if !repaired.isEmpty { rules.repaired(id, repaired.map { "\($0)" }) }
      return left.map { "\($0)" }
    } catch LockError.held {
      // Another program works on it: it is examined again later.
      return []
    }
  }
}

/// Addresses of repositories as texts that may be logged and counted by.
package enum SourceURLText {
  /// Removes user info and query; `nil` for an invalid address.
  package static func redacted(_ location: String) -> String? {
    do {
      return try SourceURL(location).redacted
    } catch {
      // The sync reports the error.
      return nil
    }
  }

  /// Scheme, host and port without user info, in lower case, such as `https://git.example.org`; `file://` for a path on
  /// this machine; `nil` for an invalid address.
  package static func host(of location: String) -> String? {
    guard let url = try? SourceURL(location) else { return nil }
    let scheme =
      switch url.kind {
      case .http: "http"
      case .https: "https"
      case .ssh: "ssh"
      case .git: "git"
      case .file: "file"
      }
    let host = url.host.contains(":") ? "[\(url.host)]" : url.host
    return "\(scheme)://\(host)" + (url.port.map { ":\($0)" } ?? "")
  }
}
