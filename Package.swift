// swift-tools-version: 6.2
import PackageDescription

/// One set of settings for every target of ours; the border between the rooms is the README's layer table,
/// checked by `Tests/BorderTests`.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPCompression = Target.Dependency.product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioSOCKS = Target.Dependency.product(name: "NIOSOCKS", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// With this in the environment the package is only the rooms whose threads share memory, with their tests: what CI builds a
/// second time for the thread sanitizer. Everything would take it longer than all the rest of CI.
let isConcurrentOnly = Context.environment["REMORA_CONCURRENT_ROOMS_ONLY"] != nil

let concurrent: Set<String> = [
  "CLinux", "GitValues", "DurableFiles", "FlatJSON", "WorkerPool", "Replication", "RegistryStore", "EventLog",
  "TestSupport", "WorkerPoolTests", "ReplicationTests", "RegistryStoreTests", "EventLogTests",
]

let package = Package(
  name: "remora",
  products: [
    .executable(name: "remora", targets: ["remora"]),
    .library(name: "Remora", targets: ["Remora"]),
    .library(name: "ReplicatorTestKit", targets: ["ReplicatorTestKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: [
    // Floor 0, ground
    .systemLibrary(name: "CLibgit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CLibssh2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
    .systemLibrary(name: "CLinux"),
    room("GitValues"),
    // Floor 1, tools
    room("Git", ["CLibgit2", "GitValues"]),
    room("GitProtocol", ["GitValues"]),
    room("DurableFiles", ["CLinux", systemPackage]),
    room("FlatJSON"),
    room("WorkerPool", [nioPosix]),
    room(
      "BoundedHTTP",
      ["WorkerPool", asyncHTTPClient, nioCore, nioEmbedded, nioHTTP1, nioHTTPCompression, nioPosix, nioSOCKS, nioSSL]),
    room("MetricsExposition", [coreMetrics]),
    room("GraphQLEngine", ["FlatJSON"]),
    room("AgentAPI"),
    room("SiteTokens", [jwtKit, crypto]),
    room("Webhooks"),
    // Floor 2, pipes
    room("RefStore", ["GitValues", "DurableFiles", "WorkerPool", crypto, systemPackage]),
    room(
      "GitTransport",
      ["CLibssh2", "Git", "GitProtocol", "GitValues", "WorkerPool", "BoundedHTTP", crypto, systemPackage]),
    room("AgentClient", ["AgentAPI", "BoundedHTTP"]),
    room("AdminPage", ["AgentAPI", mustache]),
    room("Replication"),
    // Floor 3, crafts
    room(
      "Mirroring",
      [
        "Git", "GitTransport", "GitValues", "DurableFiles", "RefStore", "WorkerPool", crypto, systemPackage,
      ]),
    room("RegistryStore", ["Replication", "DurableFiles", "FlatJSON", "WorkerPool", crypto, systemPackage]),
    room("EventLog", ["Replication", "DurableFiles", "FlatJSON", "WorkerPool", crypto, systemPackage]),
    room(
      "GitServing",
      ["Git", "GitProtocol", "GitValues", "RefStore", "DurableFiles", "WorkerPool", nioCore, systemPackage]),
    // Floor 4, upkeep
    room(
      "Housekeeping",
      [
        "Mirroring", "Git", "GitTransport", "GitValues", "RefStore", "DurableFiles", "WorkerPool", crypto,
        systemPackage,
      ]),
    // Floor 5, strategies
    room(
      "RepositoryReplication",
      [
        "Replication", "Housekeeping", "Mirroring", "GitTransport", "GitValues", "RefStore", "DurableFiles",
        "WorkerPool", crypto, systemPackage,
      ]),
    room(
      "BlobReplication", ["Replication", "DurableFiles", "WorkerPool", "BoundedHTTP", crypto, nioCore, systemPackage]),
    // Floor 6, agent
    room(
      "Agent",
      [
        "AgentAPI", "AgentClient", "SiteTokens", "Replication", "RegistryStore", "EventLog", "RepositoryReplication",
        "BlobReplication", "Housekeeping", "Mirroring", "GitTransport", "DurableFiles", "WorkerPool", "BoundedHTTP",
        "Webhooks", coreMetrics, crypto, logging, serviceLifecycle, systemPackage, yams,
      ]),
    // Floor 7, face
    room(
      "AgentServer",
      [
        "AdminPage", "AgentAPI", "Agent", "GitServing", "GraphQLEngine", "SiteTokens", "MetricsExposition",
        "Replication",
        "DurableFiles",
        "WorkerPool", "Webhooks",
        asyncAlgorithms, coreMetrics, crypto, httpTypes, hummingbird, hummingbirdCore, hummingbirdTLS, logging, nioCore,
        nioHTTP1, nioHTTPTypes, nioSSL,
        serviceLifecycle,
        systemPackage, unixSignals,
      ]),
    // Products
    room(
      "Remora",
      [
        "Replication", "RegistryStore", "EventLog", "RepositoryReplication", "BlobReplication", "Mirroring",
        "GitTransport",
        "DurableFiles", "WorkerPool", "BoundedHTTP", systemPackage,
      ]),
    room("ReplicatorTestKit", ["Remora", "Replication"]),
    // Floor 8, door
    room(
      "RemoraCommands",
      [
        "Agent", "AgentAPI", "AgentClient", "AgentServer", "EventLog", "Replication", "DurableFiles", "Housekeeping",
        "Mirroring", "GitTransport", "GitValues", "RefStore", "WorkerPool", "BoundedHTTP", "MetricsExposition",
        "SiteTokens",
        argumentParser, coreMetrics, logging, systemPackage,
      ]),
    .executableTarget(name: "remora", dependencies: ["RemoraCommands", argumentParser], swiftSettings: strict),
    // Tests
    .target(
      name: "TestSupport",
      dependencies: ["GitValues", "DurableFiles", "WorkerPool", crypto, systemPackage],
      path: "Tests/TestSupport", swiftSettings: strict),
    .executableTarget(
      name: "remora-benchmark",
      dependencies: [
        "TestSupport", "GitValues", "GitTransport", "Housekeeping", "Mirroring", "Replication", "RegistryStore",
        "EventLog", "RepositoryReplication", "DurableFiles", "WorkerPool", "AgentAPI", "AgentClient", "BoundedHTTP",
        argumentParser, systemPackage,
      ],
      path: "Tests/remora-benchmark", swiftSettings: strict),
    tests("BorderTests", []),
    tests("GitValuesTests", ["GitValues", "TestSupport"]),
    tests("GitTests", ["Git", "GitValues", "TestSupport"]),
    tests("GitProtocolTests", ["GitProtocol", "GitValues", "TestSupport"]),
    tests("DurableFilesTests", ["DurableFiles", "TestSupport", systemPackage]),
    tests("WorkerPoolTests", ["WorkerPool", "TestSupport"]),
    tests("FlatJSONTests", ["FlatJSON", "TestSupport"]),
    tests("ReplicationTests", ["Replication", "TestSupport"]),
    tests(
      "RegistryStoreTests",
      ["RegistryStore", "Replication", "DurableFiles", "WorkerPool", "TestSupport", systemPackage]),
    tests("EventLogTests", ["EventLog", "Replication", "DurableFiles", "WorkerPool", "TestSupport", systemPackage]),
    tests(
      "RepositoryReplicationTests",
      [
        "RepositoryReplication", "Replication", "Mirroring", "GitTransport", "GitValues", "RefStore", "DurableFiles",
        "WorkerPool", "TestSupport", systemPackage,
      ]),
    tests(
      "BlobReplicationTests",
      [
        "BlobReplication", "Replication", "DurableFiles", "BoundedHTTP", "WorkerPool", "TestSupport", crypto,
        systemPackage,
      ]),
    tests("BoundedHTTPTests", ["BoundedHTTP", "WorkerPool", "TestSupport", nioCore, nioPosix]),
    tests("RefStoreTests", ["RefStore", "GitValues", "DurableFiles", "TestSupport", systemPackage]),
    tests(
      "GitTransportTests",
      ["GitTransport", "Git", "GitProtocol", "GitValues", "BoundedHTTP", "WorkerPool", "TestSupport", systemPackage]),
    tests(
      "MirroringTests",
      [
        "Mirroring", "CLibgit2", "Git", "GitProtocol", "GitTransport", "GitValues", "DurableFiles", "RefStore",
        "WorkerPool", "TestSupport", systemPackage,
      ]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "Agent", "BoundedHTTP", "DurableFiles", "EventLog", "FlatJSON", "GitProtocol", "GitTransport", "GitValues",
        "GraphQLEngine", "RefStore", "RegistryStore", "Replication", "TestSupport", systemPackage,
      ],
      exclude: ["LibFuzzer"], swiftSettings: strict),
    tests(
      "HousekeepingTests",
      [
        "Housekeeping", "Mirroring", "Git", "GitTransport", "GitValues", "RefStore", "DurableFiles", "WorkerPool",
        "TestSupport", crypto, systemPackage,
      ]),
    tests("GraphQLEngineTests", ["GraphQLEngine"]),
    tests("MetricsExpositionTests", ["MetricsExposition", "TestSupport", coreMetrics]),
    tests("AdminPageTests", ["AdminPage", "AgentAPI"]),
    tests("AgentAPITests", ["AgentAPI", "TestSupport"]),
    tests("AgentClientTests", ["AgentClient", "AgentAPI", "BoundedHTTP", "TestSupport"]),
    tests("WebhooksTests", ["Webhooks", "SiteTokens", "TestSupport"]),
    tests("SiteTokensTests", ["SiteTokens", "TestSupport", jwtKit, crypto]),
    tests(
      "GitServingTests",
      ["GitServing", "GitProtocol", "GitValues", "RefStore", "WorkerPool", "TestSupport", nioCore, systemPackage]),
    tests(
      "AgentTests",
      [
        "Agent", "AgentAPI", "AgentClient", "BoundedHTTP", "GitTransport", "SiteTokens", "Replication", "DurableFiles",
        "WorkerPool", "TestSupport", systemPackage,
      ]),
    tests(
      "AgentServerTests",
      [
        "AgentServer", "Agent", "AgentAPI", "AgentClient", "BlobReplication", "BoundedHTTP", "GitServing", "SiteTokens",
        "GitValues", "MetricsExposition", "Replication", "DurableFiles", "WorkerPool", "TestSupport", crypto,
        httpTypes, hummingbird, logging, nioCore, serviceLifecycle, systemPackage,
      ]),
    tests("RemoraTests", ["Remora", "Replication", "RegistryStore", "GitValues", "TestSupport"]),
    tests(
      "ReplicatorTestKitTests",
      [
        "ReplicatorTestKit", "Remora", "Replication", "RepositoryReplication", "BlobReplication", "TestSupport",
        systemPackage,
      ]),
    tests(
      "RemoraCommandsTests",
      ["remora", "RemoraCommands", "Mirroring", "GitValues", "TestSupport", argumentParser, systemPackage]),
    tests(
      "AgentProcessTests",
      ["remora", "AgentAPI", "AgentClient", "BoundedHTTP", "GitValues", "SiteTokens", "TestSupport", systemPackage]),
    tests("TestSupportTests", ["TestSupport", "DurableFiles", "GitValues", systemPackage]),
  ],
  swiftLanguageModes: [.v6]
)

if isConcurrentOnly {
  package.products = []
  package.targets.removeAll { !concurrent.contains($0.name) }
}
