// swift-tools-version: 6.2
import PackageDescription

/// The settings of every target of ours. What a target may import is the README's table, checked by `BorderTests`.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// The package of each product of others.
let packages = [
  "ArgumentParser": "swift-argument-parser", "AsyncAlgorithms": "swift-async-algorithms",
  "AsyncHTTPClient": "async-http-client", "CoreMetrics": "swift-metrics", "Crypto": "swift-crypto",
  "HTTPTypes": "swift-http-types", "Hummingbird": "hummingbird", "HummingbirdCore": "hummingbird",
  "HummingbirdTLS": "hummingbird", "JWTKit": "jwt-kit", "Logging": "swift-log", "Mustache": "swift-mustache",
  "NIOCore": "swift-nio", "NIOEmbedded": "swift-nio", "NIOHTTP1": "swift-nio", "NIOPosix": "swift-nio",
  "NIOHTTPCompression": "swift-nio-extras", "NIOHTTPTypes": "swift-nio-extras", "NIOSOCKS": "swift-nio-extras",
  "NIOSSL": "swift-nio-ssl", "ServiceLifecycle": "swift-service-lifecycle", "SystemPackage": "swift-system",
  "UnixSignals": "swift-service-lifecycle", "Yams": "Yams",
]

/// Targets and products of others by their names, separated by spaces.
func dependencies(_ names: String) -> [Target.Dependency] {
  names.split(separator: " ").map { name in
    packages["\(name)"].map { .product(name: "\(name)", package: $0) } ?? .byName(name: "\(name)")
  }
}

/// One of the folders below `Sources` and `Tests`.
struct Area {
  let name: String
  /// A library and its tests, which may import what it may, and more.
  func library(_ name: String, _ names: String = "", tests others: String = "") -> [Target] {
    let path = "Sources/\(self.name)/\(name)"
    return [.target(name: name, dependencies: dependencies(names), path: path, swiftSettings: strict)]
      + tests("\(name)Tests", "\(name) \(names) \(others)")
  }

  func program(_ name: String, _ names: String) -> [Target] {
    let path = "Sources/\(self.name)/\(name)"
    return [.executableTarget(name: name, dependencies: dependencies(names), path: path, swiftSettings: strict)]
  }

  func system(_ name: String, _ library: String? = nil, debian: String? = nil) -> [Target] {
    let path = "Sources/\(self.name)/\(name)"
    return [.systemLibrary(name: name, path: path, pkgConfig: library, providers: debian.map { [.apt([$0])] })]
  }

  func tests(_ name: String, _ names: String) -> [Target] {
    let (all, path) = (dependencies("\(names) TestSupport"), "Tests/\(self.name)/\(name)")
    return [.testTarget(name: name, dependencies: all, path: path, swiftSettings: strict)]
  }
}

let (base, git, copies) = (Area(name: "Base"), Area(name: "Git"), Area(name: "Copies"))
let (replication, agent, products) = (Area(name: "Replication"), Area(name: "Agent"), Area(name: "Products"))
let support = Area(name: "Support")
let targets: [[Target]] = [
  base.system("CLinux"),
  base.library("TextBytes"),
  base.library("WorkerPool", "NIOPosix"),
  base.library("ChildProcess", "TextBytes WorkerPool"),
  base.library("DurableFiles", "TextBytes CLinux SystemPackage"),
  base.library("StateFiles", "DurableFiles SystemPackage"),
  base.library("DurableJournal", "TextBytes DurableFiles WorkerPool Crypto SystemPackage"),
  base.library(
    "BoundedHTTP",
    """
    TextBytes WorkerPool AsyncHTTPClient NIOCore NIOEmbedded NIOHTTP1 NIOHTTPCompression NIOPosix NIOSOCKS NIOSSL
    """),
  git.system("CLibgit2", "libgit2", debian: "libgit2-dev"),
  git.system("CLibssh2", "libssh2", debian: "libssh2-1-dev"),
  git.library("GitValues", "TextBytes SystemPackage"),
  git.library("Git", "CLibgit2 GitValues"),
  git.library("GitCommand", "ChildProcess GitValues WorkerPool"),
  git.library("GitProtocol", "GitValues TextBytes"),
  git.library("RefStore", "GitValues TextBytes DurableFiles WorkerPool Crypto SystemPackage"),
  git.library(
    "GitTransport",
    """
    CLibssh2 Git GitCommand GitProtocol GitValues TextBytes WorkerPool ChildProcess BoundedHTTP Crypto SystemPackage
    """),
  copies.library(
    "Mirroring",
    "Git GitTransport GitValues TextBytes DurableFiles StateFiles RefStore WorkerPool Crypto SystemPackage",
    tests: "CLibgit2 GitProtocol"),
  copies.library(
    "Housekeeping",
    """
    Mirroring Git GitCommand GitValues RefStore TextBytes DurableFiles StateFiles WorkerPool ChildProcess Crypto \
    SystemPackage
    """),
  copies.library(
    "GitServing",
    """
    Git GitCommand GitProtocol GitValues RefStore TextBytes DurableFiles WorkerPool ChildProcess NIOCore SystemPackage
    """),
  replication.library("Replication", "TextBytes"),
  replication.library("Scheduling", "Replication"),
  replication.library(
    "RegistryStore", "Replication TextBytes DurableFiles DurableJournal StateFiles WorkerPool SystemPackage"),
  replication.library("EventLog", "Replication TextBytes DurableFiles DurableJournal WorkerPool SystemPackage"),
  replication.library("Trash", "Replication TextBytes DurableFiles StateFiles SystemPackage"),
  replication.library(
    "RepositoryReplication",
    """
    Replication Trash Housekeeping Mirroring GitTransport GitValues RefStore TextBytes DurableFiles WorkerPool Crypto \
    SystemPackage
    """),
  replication.library(
    "BlobReplication",
    "Replication Trash TextBytes DurableFiles StateFiles WorkerPool BoundedHTTP Crypto NIOCore SystemPackage"),
  agent.library("AgentAPI", "TextBytes"),
  agent.library("AgentClient", "AgentAPI TextBytes BoundedHTTP", tests: "WorkerPool"),
  agent.library("SiteTokens", "TextBytes JWTKit Crypto SystemPackage"),
  agent.library("Webhooks", tests: "SiteTokens"),
  agent.library("GraphQLEngine", "TextBytes"),
  agent.library("MetricsExposition", "CoreMetrics"),
  agent.library("AdminPage", "AgentAPI TextBytes Mustache"),
  agent.library(
    "SiteAssembly",
    """
    Replication RegistryStore EventLog RepositoryReplication BlobReplication Mirroring GitTransport DurableFiles \
    WorkerPool BoundedHTTP SystemPackage
    """, tests: "GitValues"),
  agent.library(
    "Agent",
    """
    TextBytes AgentAPI AgentClient SiteAssembly SiteTokens Replication Scheduling RegistryStore EventLog \
    RepositoryReplication DurableFiles StateFiles WorkerPool ChildProcess BoundedHTTP Webhooks CoreMetrics Crypto \
    Logging ServiceLifecycle SystemPackage Yams
    """, tests: "GitTransport"),
  agent.library(
    "AgentServer",
    """
    TextBytes AdminPage AgentAPI Agent SiteAssembly GitServing GraphQLEngine SiteTokens MetricsExposition Replication \
    DurableFiles StateFiles WorkerPool Webhooks AsyncAlgorithms CoreMetrics Crypto HTTPTypes Hummingbird \
    HummingbirdCore HummingbirdTLS Logging NIOCore NIOHTTP1 NIOHTTPTypes NIOSSL ServiceLifecycle SystemPackage \
    UnixSignals
    """, tests: "AgentClient BlobReplication BoundedHTTP GitValues"),
  products.library("Remora", "Replication SiteAssembly", tests: "GitValues RegistryStore"),
  products.library(
    "ReplicatorTestKit", "Remora Replication WorkerPool ChildProcess",
    tests: "RepositoryReplication BlobReplication SystemPackage"),
  products.library(
    "RemoraCommands",
    """
    TextBytes Agent AgentAPI AgentClient AgentServer SiteAssembly EventLog Replication DurableFiles Housekeeping \
    Mirroring GitTransport GitValues RefStore WorkerPool ChildProcess BoundedHTTP MetricsExposition SiteTokens \
    ArgumentParser CoreMetrics Logging SystemPackage
    """, tests: "remora"),
  products.program("remora", "RemoraCommands ArgumentParser"),
  products.tests("AgentProcessTests", "remora AgentAPI AgentClient BoundedHTTP GitValues SiteTokens SystemPackage"),
  support.tests("TestSupportTests", "DurableFiles GitValues SystemPackage"),
  support.tests("BorderTests", ""),
  [
    .target(
      name: "TestSupport", dependencies: dependencies("GitValues DurableFiles WorkerPool Crypto SystemPackage"),
      path: "Tests/Support/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "FuzzTests",
      dependencies: dependencies(
        """
        Agent BoundedHTTP DurableFiles EventLog TextBytes GitProtocol GitTransport GitValues GraphQLEngine \
        RefStore RegistryStore Replication TestSupport SystemPackage
        """),
      path: "Tests/Fuzz", exclude: ["LibFuzzer"], swiftSettings: strict),
    .executableTarget(
      name: "remora-benchmark",
      dependencies: dependencies(
        """
        TestSupport GitValues GitTransport Housekeeping Mirroring Replication RegistryStore EventLog \
        RepositoryReplication DurableFiles WorkerPool AgentAPI AgentClient BoundedHTTP ArgumentParser \
        SystemPackage
        """),
      path: "Tests/Benchmark", swiftSettings: strict),
  ],
]

let package = Package(
  name: "remora",
  products: [
    .executable(name: "remora", targets: ["remora"]), .library(name: "Remora", targets: ["Remora"]),
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
  targets: targets.flatMap { $0 },
  swiftLanguageModes: [.v6]
)

// `REMORA_TESTS="EventLogTests WorkerPoolTests"`: only these targets and what they import. `Tests/run TARGET` sets it.
if let names = Context.environment["REMORA_TESTS"] {
  var (needed, next) = (Set<String>(), names.split(separator: " ").map(String.init))
  while let name = next.popLast() {
    guard needed.insert(name).inserted else { continue }
    for case .byNameItem(let other, _) in package.targets.first(where: { $0.name == name })?.dependencies ?? [] {
      next.append(other)
    }
  }
  package.products = []
  package.targets.removeAll { !needed.contains($0.name) }
}
