/// Who may import whom: the README's layer table as data. Change both in one commit.
struct LayerTable: Equatable {
  struct Row: Equatable {
    let floor: Int
    let target: String
    /// Rooms of ours and modules of others; a `*` at the end stands for anything.
    let mayImport: Set<String>

    init(_ floor: Int, _ target: String, _ mayImport: Set<String> = []) {
      self.floor = floor
      self.target = target
      self.mayImport = mayImport
    }
  }

  let rows: [Row]

  /// The house as it is.
  static let house = LayerTable(rows: [
    Row(0, "CLibgit2"),
    Row(0, "CLibssh2"),
    Row(0, "CLinux"),
    Row(0, "GitValues"),
    Row(0, "FlatJSON"),
    Row(0, "WorkerPool", ["Dispatch", "NIOCore", "NIOPosix"]),
    Row(1, "Git", ["CLibgit2", "GitValues"]),
    Row(1, "GitProtocol", ["GitValues"]),
    Row(1, "DurableFiles", ["CLinux", "SystemPackage"]),
    Row(1, "BoundedHTTP", ["WorkerPool", "AsyncHTTPClient", "NIO*"]),
    Row(1, "MetricsExposition", ["CoreMetrics"]),
    Row(1, "GraphQLEngine", ["FlatJSON"]),
    Row(1, "AgentAPI", []),
    Row(1, "SiteTokens", ["JWTKit", "Crypto", "SystemPackage"]),
    Row(1, "Webhooks", []),
    Row(2, "RefStore", ["GitValues", "DurableFiles", "WorkerPool", "Crypto", "SystemPackage"]),
    Row(
      2, "GitTransport",
      [
        "CLibssh2", "Git", "GitProtocol", "GitValues", "WorkerPool", "BoundedHTTP", "Dispatch", "Crypto",
        "SystemPackage",
      ]),
    Row(2, "AgentClient", ["AgentAPI", "BoundedHTTP"]),
    Row(2, "AdminPage", ["AgentAPI", "Mustache"]),
    Row(2, "Replication", []),
    Row(
      3, "Mirroring",
      [
        "Git", "GitTransport", "GitValues", "DurableFiles", "RefStore", "WorkerPool", "Crypto", "SystemPackage",
      ]),
    Row(3, "RegistryStore", ["Replication", "DurableFiles", "FlatJSON", "WorkerPool", "Crypto", "SystemPackage"]),
    Row(3, "EventLog", ["Replication", "DurableFiles", "FlatJSON", "WorkerPool", "Crypto", "SystemPackage"]),
    Row(
      3, "GitServing",
      ["Git", "GitProtocol", "GitValues", "RefStore", "DurableFiles", "WorkerPool", "NIOCore", "SystemPackage"]),
    Row(
      4, "Housekeeping",
      [
        "Mirroring", "Git", "GitTransport", "GitValues", "RefStore", "DurableFiles", "WorkerPool", "Crypto",
        "SystemPackage",
      ]),
    Row(
      5, "RepositoryReplication",
      [
        "Replication", "Housekeeping", "Mirroring", "GitTransport", "GitValues", "RefStore", "DurableFiles",
        "WorkerPool", "Crypto",
        "SystemPackage",
      ]),
    Row(
      5, "BlobReplication",
      ["Replication", "DurableFiles", "WorkerPool", "BoundedHTTP", "Crypto", "NIOCore", "SystemPackage"]),
    Row(
      6, "Agent",
      [
        "AgentAPI", "AgentClient", "SiteTokens", "Replication", "RegistryStore", "EventLog", "RepositoryReplication",
        "BlobReplication", "Housekeeping", "Mirroring", "GitTransport", "DurableFiles", "WorkerPool", "BoundedHTTP",
        "Webhooks", "CoreMetrics",
        "Crypto", "Logging", "ServiceLifecycle", "SystemPackage", "Yams",
      ]),
    Row(
      7, "AgentServer",
      [
        "AdminPage", "AgentAPI", "Agent", "GitServing", "GraphQLEngine", "SiteTokens", "MetricsExposition",
        "Replication", "DurableFiles", "WorkerPool", "Webhooks", "AsyncAlgorithms", "CoreMetrics", "Crypto",
        "Hummingbird*", "HTTPTypes", "Logging",
        "NIO*",
        "ServiceLifecycle",
        "SystemPackage", "UnixSignals",
      ]),
    Row(
      6, "Remora",
      [
        "Replication", "RegistryStore", "EventLog", "RepositoryReplication", "BlobReplication", "Mirroring",
        "GitTransport",
        "DurableFiles", "WorkerPool", "BoundedHTTP", "SystemPackage",
      ]),
    Row(7, "ReplicatorTestKit", ["Remora", "Replication"]),
    Row(
      8, "RemoraCommands",
      [
        "Agent", "AgentAPI", "AgentClient", "AgentServer", "EventLog", "Replication", "DurableFiles", "Housekeeping",
        "Mirroring",
        "GitTransport", "GitValues", "RefStore", "WorkerPool", "BoundedHTTP", "MetricsExposition", "SiteTokens",
        "ArgumentParser",
        "CoreMetrics", "Dispatch", "Logging", "SystemPackage",
      ]),
    Row(8, "remora", ["RemoraCommands", "ArgumentParser"]),
  ])

  /// The system's own modules are everybody's.
  static let everybodys: Set<String> = ["Glibc", "Foundation", "FoundationEssentials", "Synchronization", "Swift"]
  /// Rooms of bytes and values: Foundation would bring its own idea of strings, files and time.
  static let withoutFoundation: Set<String> = ["GitValues", "GitProtocol", "DurableFiles"]
  /// Modules that exactly one room may know.
  static let soleImporters = ["CLibgit2": "Git", "CLibssh2": "GitTransport", "AsyncHTTPClient": "BoundedHTTP"]

  func row(_ target: String) -> Row? { rows.first { $0.target == target } }

  /// Why this room may not import this module; nil when it may.
  func objection(to module: String, in room: String) -> String? {
    guard let row = row(room) else { return "the layer table has no row for \(room)" }
    if let sole = Self.soleImporters[module], sole != room { return "only \(sole) may import \(module)" }
    if Self.everybodys.contains(module) {
      let isForbidden = module.hasPrefix("Foundation") && Self.withoutFoundation.contains(room)
      return isForbidden ? "\(room) does without \(module)" : nil
    }
    let isAllowed = row.mayImport.contains { allowed in
      allowed.hasSuffix("*") ? module.hasPrefix(allowed.dropLast()) : allowed == module
    }
    return isAllowed ? nil : "the layer table does not let \(room) import \(module)"
  }

  /// Rows that let a room look sideways or up.
  var risingRows: [String] {
    rows.flatMap { row in
      row.mayImport.sorted().compactMap { name in
        guard let other = self.row(name) else { return nil }
        // The door is the one floor with two: the executable opens onto its commands.
        let isDoor = row.target == "remora" && name == "RemoraCommands"
        return other.floor < row.floor || isDoor ? nil : "\(row.target) may import \(name), which is not below it"
      }
    }
  }
}
