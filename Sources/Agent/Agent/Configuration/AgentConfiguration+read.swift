internal import DurableFiles
internal import Foundation
internal import Replication
internal import SiteTokens
internal import SystemPackage
internal import TextBytes
internal import Yams

extension AgentConfiguration {
  /// Reads a configuration, and reports all of its errors at once.
  ///
  /// - Parameters:
  ///   - path: the file, of 1 MiB at most.
  ///   - environment: overrides the file; only names that begin with `REMORA_` are read.
  package static func read(_ path: String, environment: [String: String]) throws(ConfigurationError)
    -> AgentConfiguration
  {
    let bytes: Data
    let objection: String?
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      objection = try Self.objection(toModeOf: path)
      bytes = try handle.read(upToCount: ConfigurationDocument.longest + 1) ?? Data()
    } catch {
      throw ConfigurationError(
        path,
        [.init(line: 0, column: 0, key: "", message: "cannot be read; make it, correct the path, or ask its owner")])
    }
    if let objection {
      throw ConfigurationError(path, [.init(line: 0, column: 0, key: "", message: objection)])
    }
    return try read(Array(bytes), file: path, environment: environment)
  }

  /// A user who may write the configuration chooses programs for the agent to run, and the files of its secrets.
  private static func objection(toModeOf path: String) throws -> String? {
    // A symbolic link to it is resolved.
    let file = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let status = try RealFileSystem().status(of: FilePath(file)), status.kind == .regular else { return nil }
    guard [geteuid(), 0].contains(status.owner) || geteuid() == 0 else {
      return "it belongs to user \(status.owner), and neither to root nor to the user who runs the agent; chown it"
    }
    guard !status.permissions.contains(.otherWrite) else {
      return "others may write to it (mode 0\(String(status.permissions.rawValue, radix: 8))); chmod o-w it"
    }
    return nil
  }

  /// Does the same for a text that was read already.
  ///
  /// - Parameter checksFiles: whether the files and directories that it names are checked, too.
  package static func read(
    _ bytes: [UInt8], file: String, environment: [String: String], checksFiles: Bool = true
  ) throws(ConfigurationError) -> AgentConfiguration {
    let root = try ConfigurationDocument.compose(bytes, file: file)
    var reader = ConfigurationReader(root, environment: environment, checksFiles: checksFiles)
    guard let configuration = AgentConfiguration(file: file, &reader), reader.issues.isEmpty else {
      throw ConfigurationError(file, reader.issues)
    }
    return configuration
  }

  /// `nil` only when the reader has issues.
  private init?(file: String, _ reader: inout ConfigurationReader) {
    let name = reader.siteName("site.name")
    let role = reader.role()
    let url = reader.url("site.url")
    let state = reader.path("state")
    let listen = reader.listen()
    let isInsecure = reader.flag("insecure") ?? false
    let tls = TLS(
      certificateFile: reader.file("tls.certificate_file"), keyFile: reader.privateFile("tls.key_file"),
      caFile: reader.file("tls.ca_file"))
    let adminTokenFile = reader.secretFile("admin_token_file")
    let readerTokenFile = reader.secretFile("reader_token_file")
    let hookGroup = reader.word("hook_group")
    let servesGit = reader.flag("serve_git")
    let hosts = reader.words("hosts")
    let trustedProxies = reader.addressRanges("trusted_proxies")
    let trustedOwners = reader.words("trusted_owners")
    let secondaries = reader.secondaries()
    let sources = reader.sources(on: role)
    let kinds = reader.kinds(on: role)
    let primary = reader.primary(role, kinds)
    let limits = Limits(&reader)
    let times = Times(&reader)
    let keepEventBytes = reader.size("events.keep_bytes")
    let notifications = reader.notifications()
    let logLevel = reader.logLevel()
    reader.checkTogether(role, listen, isInsecure: isInsecure, tls, state: state, kinds)
    if let state { reader.checkModes(of: state, hookGroup: hookGroup) }
    guard let name, let role, let state else { return nil }
    self.init(
      file: file, name: name, role: role, url: url, state: state, listen: listen, isInsecure: isInsecure, hosts: hosts,
      trustedProxies: trustedProxies, tls: tls,
      adminTokenFile: adminTokenFile, readerTokenFile: readerTokenFile, hookGroup: hookGroup,
      trustedOwners: trustedOwners, servesGit: servesGit ?? (role == .primary), primary: primary,
      secondaries: secondaries, sources: sources, kinds: kinds, limits: limits, times: times,
      keepEventBytes: keepEventBytes, notifications: notifications,
      logLevel: logLevel, settings: reader.settings)
  }
}

extension AgentConfiguration.Limits {
  fileprivate init(_ reader: inout ConfigurationReader) {
    repositorySyncs = reader.count("limits.repository_syncs")
    blobDownloads = reader.count("limits.blob_downloads")
    verifications = reader.count("limits.verifications")
    housekeepings = reader.count("limits.housekeepings")
    checks = reader.count("limits.checks")
    connect = reader.duration("limits.connect")
    silence = reader.duration("limits.silence")
    run = reader.duration("limits.run")
    refs = reader.count("limits.refs")
    advertisementBytes = reader.size("limits.advertisement_bytes")
    packBytes = reader.size("limits.pack_bytes")
    packObjects = reader.count("limits.pack_objects")
    blobBytes = reader.size("limits.blob_bytes")
    freeDisk = reader.size("limits.free_disk")
    requestBytes = reader.size("limits.request_bytes")
    requestMemory = reader.size("limits.request_memory")
    requestSpool = reader.size("limits.request_spool")
    connections = reader.count("limits.connections")
    connectionsOfClient = reader.count("limits.connections_per_client")
    requestsPerSecond = reader.count("limits.requests_per_second")
    wrongTokensPerMinute = reader.count("limits.wrong_tokens_per_minute")
    refusalsPerMinute = reader.count("limits.refusals_per_minute")
    uploadPacks = reader.count("limits.upload_packs")
    uploadPacksOfAsker = reader.count("limits.upload_packs_per_asker")
    minimumRate = reader.size("limits.minimum_rate")
    streams = reader.count("limits.streams")
    pollsPerMinute = reader.count("poll.per_minute")
  }
}

extension AgentConfiguration.Times {
  fileprivate init(_ reader: inout ConfigurationReader) {
    verification = reader.duration("verification.interval")
    check = reader.duration("check.interval")
    keepHistory = reader.duration("history.keep")
    let (shortest, longest) = (reader.duration("poll.min_interval"), reader.duration("poll.max_interval"))
    if longest < shortest {
      reader.report(reader.origin(of: "poll.max_interval"), "shorter than poll.min_interval; make it longer")
    }
    poll = shortest...max(shortest, longest)
    scan = reader.duration("scan.interval")
    fullScan = reader.duration("scan.full_interval")
    readyLag = reader.duration("ready.lag")
    consistency = reader.duration("consistency.interval")
    keepTrash = reader.duration("trash.keep")
    keepEvents = reader.duration("events.keep")
  }
}

/// Rules that involve several keys.
extension ConfigurationReader {
  fileprivate mutating func primary(
    _ role: AgentConfiguration.Role?, _ kinds: [AgentConfiguration.ConfiguredKind]
  ) -> AgentConfiguration.Primary? {
    let url = url("primary.url")
    let name = siteName("primary.name")
    let secret = secretFile("primary.secret_file")
    guard role == .secondary else { return nil }
    let rosters = kinds.count { $0.roster != nil }
    if rosters > 0 {
      for key in ["primary.url", "primary.name", "primary.secret_file"] where isGiven(key) {
        report(origin(of: key), "a secondary with a list or a manifest has no primary; take one of them out")
      }
      if rosters < kinds.count {
        report(
          origin(of: "replicables"),
          "some kinds have a list or a manifest and some have none; without a primary each needs one")
      }
      return nil
    }
    for key in ["primary.url", "primary.secret_file"] where !isGiven(key) {
      report(origin(of: key), "missing; a secondary needs it, unless each kind has a list or a manifest")
    }
    guard let url, let secret else { return nil }
    return AgentConfiguration.Primary(url: url, name: name, secretFile: secret)
  }

  /// Checks the state directory: files that others may write, and paths that members of the hook group cannot reach.
  fileprivate mutating func checkModes(of state: String, hookGroup: String?) {
    guard checksFiles else { return }
    for objection in StateContents.objections(to: state) { report(origin(of: "state"), objection) }
    if let hookGroup, let objection = HookGroup.objection(to: hookGroup, state: state) {
      report(origin(of: "hook_group"), objection)
    }
  }

  fileprivate mutating func checkTogether(
    _ role: AgentConfiguration.Role?, _ listen: ListenAddress, isInsecure: Bool, _ tls: AgentConfiguration.TLS,
    state: String?, _ kinds: [AgentConfiguration.ConfiguredKind]
  ) {
    if role == .primary {
      for key in ["primary.url", "primary.name", "primary.secret_file"] where isGiven(key) {
        report(origin(of: key), "only a secondary has it; take it out, or change site.role")
      }
      if settings["serve_git"] == "false" {
        report(origin(of: "serve_git"), "a primary serves its secondaries; take it out")
      }
    }
    if role == .secondary, isGiven("secondaries") {
      report(origin(of: "secondaries"), "only a primary has them; take them out, or change site.role")
    }
    let pair = (isGiven("tls.certificate_file"), isGiven("tls.key_file"))
    if pair.0 != pair.1 {
      let (given, missing) = pair.0 ? ("certificate_file", "key_file") : ("key_file", "certificate_file")
      report(origin(of: "tls.\(given)"), "'tls.\(missing)' is missing; give both or none")
    }
    if !listen.isLoopback, !isInsecure, tls.certificateFile == nil {
      report(
        origin(of: "listen"),
        "'\(listen)' can be reached by others; give tls.certificate_file and tls.key_file, or say 'insecure: true'")
    }
    guard let state else { return }
    for kind in kinds where Self.overlap(Self.resolved(state), Self.resolved(kind.kind.root)) {
      report(
        origin(of: "state"),
        "'\(state)' lies in, or around, the root of '\(kind.kind.name)'; give each a place of its own")
    }
    if checksFiles, access(state, F_OK) == 0, let objection = Self.objection(toDirectory: state) {
      report(origin(of: "state"), "'\(state)' \(objection)")
    }
  }
}

/// All errors of a configuration.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One error.
  package struct Issue: Hashable, Sendable {
    /// Counted from 1; 0 when it has no place in the file.
    package let line: Int
    /// Counted from 1, in characters; 0 when it has no place in the file.
    package let column: Int
    /// The dotted key, or the name of a variable of the environment; empty for the file as a whole.
    package let key: String
    /// The error and the remedy.
    package let message: String
  }

  /// The file.
  package let file: String
  /// By their place in the file, those of the environment first.
  package let issues: [Issue]

  init(_ file: String, _ issues: [Issue]) {
    self.file = file
    self.issues = issues.sorted { ($0.line, $0.column, $0.key, $0.message) < ($1.line, $1.column, $1.key, $1.message) }
  }

  /// A line for each: `FILE:LINE:COLUMN: KEY: error; remedy`.
  package var description: String { issues.map(line).joined(separator: "\n") }

  /// The line of one of them.
  package func line(_ issue: Issue) -> String {
    let place = issue.line > 0 ? "\(file):\(issue.line):\(issue.column)" : file
    return ForeignText.withoutControls(
      ([place] + (issue.key.isEmpty ? [] : [issue.key]) + [issue.message]).joined(separator: ": "))
  }
}
