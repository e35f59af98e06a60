// swift-tools-version: 6.2
import PackageDescription

/// The settings of every target of ours. What a target may import is the README's table, checked by `BorderTests`.
let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// The packages of others: address below github.com, lowest version, and the products that are used.
let packages = """
  apple/swift-argument-parser 1.8.2 ArgumentParser
  apple/swift-async-algorithms 1.1.4 AsyncAlgorithms
  apple/swift-crypto 4.5.2 Crypto
  apple/swift-http-types 1.8.0 HTTPTypes
  apple/swift-log 1.16.2 Logging
  apple/swift-metrics 2.13.0 CoreMetrics
  apple/swift-nio 2.101.2 NIOCore NIOEmbedded NIOHTTP1 NIOPosix
  apple/swift-nio-extras 1.35.2 NIOHTTPCompression NIOHTTPTypes NIOSOCKS
  apple/swift-nio-ssl 2.37.6 NIOSSL
  apple/swift-system 1.8.1 SystemPackage
  hummingbird-project/hummingbird 2.28.1 Hummingbird HummingbirdCore HummingbirdTLS
  hummingbird-project/swift-mustache 2.1.1 Mustache
  jpsim/Yams 6.2.2 Yams
  swift-server/async-http-client 1.37.0 AsyncHTTPClient
  swift-server/swift-service-lifecycle 2.13.0 ServiceLifecycle UnixSignals
  vapor/jwt-kit 5.7.1 JWTKit
  """.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }

/// Targets and products of others by their names, separated by spaces.
func dependencies(_ names: String) -> [Target.Dependency] {
  names.split(separator: " ").map(String.init).map { name in
    guard let package = packages.first(where: { $0[2...].contains(name) }) else { return .byName(name: name) }
    return .product(name: name, package: String(package[0].drop { $0 != "/" }.dropFirst()))
  }
}

/// Every library: its folder below `Sources`, what it may import, and after a plus sign what only its tests import.
let libraries = """
  Base/TextBytes
  Base/WorkerPool NIOPosix
  Base/ChildProcess TextBytes WorkerPool
  Base/DurableFiles TextBytes CLinux SystemPackage
  Base/StateFiles DurableFiles SystemPackage
  Base/DurableJournal TextBytes DurableFiles WorkerPool Crypto SystemPackage
  Base/BoundedHTTP TextBytes WorkerPool AsyncHTTPClient NIOCore NIOEmbedded NIOHTTP1 NIOHTTPCompression NIOPosix \
    NIOSOCKS NIOSSL
  Git/GitValues TextBytes SystemPackage
  Git/Git CLibgit2 GitValues
  Git/GitCommand ChildProcess GitValues WorkerPool
  Git/GitProtocol GitValues TextBytes
  Git/RefStore GitValues TextBytes DurableFiles WorkerPool Crypto SystemPackage
  Git/GitTransport CLibssh2 Git GitCommand GitProtocol GitValues TextBytes WorkerPool ChildProcess BoundedHTTP Crypto \
    SystemPackage
  Copies/Mirroring Git GitTransport GitValues TextBytes DurableFiles StateFiles RefStore WorkerPool Crypto \
    SystemPackage + CLibgit2 GitProtocol
  Copies/Housekeeping Mirroring Git GitCommand GitValues RefStore TextBytes DurableFiles StateFiles WorkerPool \
    ChildProcess Crypto SystemPackage
  Copies/GitServing Git GitCommand GitProtocol GitValues RefStore TextBytes DurableFiles WorkerPool ChildProcess \
    NIOCore SystemPackage
  Replication/Replication TextBytes
  Replication/Scheduling Replication
  Replication/RegistryStore Replication TextBytes DurableFiles DurableJournal StateFiles WorkerPool SystemPackage
  Replication/EventLog Replication TextBytes DurableFiles DurableJournal WorkerPool SystemPackage
  Replication/Trash Replication TextBytes DurableFiles StateFiles SystemPackage
  Replication/RepositoryReplication Replication Trash Housekeeping Mirroring GitTransport GitValues RefStore \
    TextBytes DurableFiles WorkerPool Crypto SystemPackage
  Replication/BlobReplication Replication Trash TextBytes DurableFiles StateFiles WorkerPool BoundedHTTP Crypto \
    NIOCore SystemPackage
  Agent/AgentAPI TextBytes
  Agent/AgentClient AgentAPI TextBytes BoundedHTTP + WorkerPool
  Agent/SiteTokens TextBytes JWTKit Crypto SystemPackage
  Agent/Webhooks + SiteTokens
  Agent/GraphQLEngine TextBytes
  Agent/MetricsExposition CoreMetrics
  Agent/AdminPage AgentAPI TextBytes Mustache
  Agent/SiteAssembly Replication RegistryStore EventLog RepositoryReplication BlobReplication Mirroring GitTransport \
    DurableFiles WorkerPool BoundedHTTP SystemPackage + GitValues
  Agent/Agent TextBytes AgentAPI AgentClient SiteAssembly SiteTokens Replication Scheduling RegistryStore EventLog \
    RepositoryReplication DurableFiles StateFiles WorkerPool ChildProcess BoundedHTTP Webhooks CoreMetrics Crypto \
    Logging ServiceLifecycle SystemPackage Yams + GitTransport
  Agent/AgentServer TextBytes AdminPage AgentAPI Agent SiteAssembly GitServing GraphQLEngine SiteTokens \
    MetricsExposition Replication DurableFiles StateFiles WorkerPool Webhooks AsyncAlgorithms CoreMetrics Crypto \
    HTTPTypes Hummingbird HummingbirdCore HummingbirdTLS Logging NIOCore NIOHTTP1 NIOHTTPTypes NIOSSL \
    ServiceLifecycle SystemPackage UnixSignals + AgentClient BlobReplication BoundedHTTP GitValues
  Products/Remora Replication SiteAssembly + GitValues RegistryStore
  Products/ReplicatorTestKit Remora Replication WorkerPool ChildProcess + RepositoryReplication BlobReplication \
    SystemPackage
  Products/RemoraCommands TextBytes Agent AgentAPI AgentClient AgentServer SiteAssembly EventLog Replication \
    DurableFiles Housekeeping Mirroring GitTransport GitValues RefStore WorkerPool ChildProcess BoundedHTTP \
    MetricsExposition SiteTokens ArgumentParser CoreMetrics Logging SystemPackage + remora
  """.split(separator: "\n").flatMap { line in
    let parts = line.split(separator: "+").map(String.init)
    let (place, names) = (parts[0].split(separator: " ")[0], parts[0].drop { $0 != " " })
    let name = place.drop { $0 != "/" }.dropFirst()
    let ofTests = parts.count > 1 ? parts[1] : ""
    return module("\(name)", "\(names)", at: "Sources/\(place)")
      + tests("\(name)Tests", "\(name) \(names) \(ofTests)", at: "Tests/\(place)Tests")
  }

func module(_ name: String, _ names: String, at path: String) -> [Target] {
  [.target(name: name, dependencies: dependencies(names), path: path, swiftSettings: strict)]
}

func program(_ name: String, _ names: String, at path: String) -> [Target] {
  [.executableTarget(name: name, dependencies: dependencies(names), path: path, swiftSettings: strict)]
}

func tests(_ name: String, _ names: String, at path: String, exclude: [String] = []) -> [Target] {
  let all = dependencies("\(names) TestSupport")
  return [.testTarget(name: name, dependencies: all, path: path, exclude: exclude, swiftSettings: strict)]
}

func system(_ name: String, at path: String, _ library: String? = nil, debian: String? = nil) -> [Target] {
  [.systemLibrary(name: name, path: path, pkgConfig: library, providers: debian.map { [.apt([$0])] })]
}

let others: [[Target]] = [
  system("CLinux", at: "Sources/Base/CLinux"),
  system("CLibgit2", at: "Sources/Git/CLibgit2", "libgit2", debian: "libgit2-dev"),
  system("CLibssh2", at: "Sources/Git/CLibssh2", "libssh2", debian: "libssh2-1-dev"),
  program("remora", "RemoraCommands ArgumentParser", at: "Sources/Products/remora"),
  module("TestSupport", "GitValues DurableFiles WorkerPool Crypto SystemPackage", at: "Tests/Support/TestSupport"),
  tests("TestSupportTests", "DurableFiles GitValues SystemPackage", at: "Tests/Support/TestSupportTests"),
  tests("BorderTests", "", at: "Tests/Support/BorderTests"),
  tests(
    "AgentProcessTests", "remora AgentAPI AgentClient BoundedHTTP GitValues SiteTokens SystemPackage",
    at: "Tests/Products/AgentProcessTests"),
  tests(
    "FuzzTests",
    """
    Agent BoundedHTTP DurableFiles EventLog TextBytes GitProtocol GitTransport GitValues GraphQLEngine RefStore \
    RegistryStore Replication SystemPackage
    """, at: "Tests/Fuzz", exclude: ["LibFuzzer"]),
  program(
    "remora-benchmark",
    """
    TestSupport GitValues GitTransport Housekeeping Mirroring Replication RegistryStore EventLog DurableFiles \
    RepositoryReplication WorkerPool AgentAPI AgentClient BoundedHTTP ArgumentParser SystemPackage
    """, at: "Tests/Benchmark"),
]

let package = Package(
  name: "remora",
  products: [
    .executable(name: "remora", targets: ["remora"]), .library(name: "Remora", targets: ["Remora"]),
    .library(name: "ReplicatorTestKit", targets: ["ReplicatorTestKit"]),
  ],
  dependencies: packages.map { package in
    .package(url: "https://github.com/\(package[0])", from: Version(stringLiteral: package[1]))
  },
  targets: libraries + others.flatMap { $0 },
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
