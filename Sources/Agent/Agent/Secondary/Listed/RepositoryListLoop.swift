internal import BoundedHTTP
internal import Foundation
package import Replication
internal import RepositoryReplication

/// Reads the rosters, and publishes new repositories, removed ones, and changes that the rosters report.
actor RepositoryListLoop {
  /// One kind's roster.
  struct Followed {
    let name: ReplicableName
    let repositories: ListedRepositories
    var reader: RepositoryListReader
    var dueAt = ContinuousClock.now
    /// Changes that the roster reported and that are not published yet.
    var changed: Set<ReplicableID> = []
  }

  private let primary: Primary
  private let observer: any ReplicationObserver
  private let interval: Duration
  private var followed: [Followed]

  /// The interval of checks of a file, whose change is applied at once.
  private static let tick = Duration.seconds(1)

  /// - Parameter interval: the interval of requests for a server's roster.
  init(_ primary: Primary, _ followed: [Followed], observer: any ReplicationObserver, interval: Duration) {
    self.primary = primary
    self.followed = followed
    self.observer = observer
    self.interval = interval
  }

  /// Runs until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      await look()
      // Throws only when cancelled, which the loop checks.
      try? await Task.sleep(for: Self.tick)
    }
  }

  /// Reads due rosters. A roster that cannot be read changes nothing.
  func look() async {
    for index in followed.indices where followed[index].dueAt <= .now {
      await readAgain(index)
    }
    for (name, repositories) in followed.map({ ($0.name, $0.repositories) }) where repositories.takeDropped() {
      do {
        _ = try await primary.scan(name)
      } catch {
        if !Task.isCancelled { observer.log(.trouble("the list of '\(name)': \(error)")) }
      }
    }
  }

  private func readAgain(_ index: Int) async {
    followed[index].dueAt = .now + (followed[index].reader.isRemote ? interval : Self.tick)
    let (name, repositories) = (followed[index].name, followed[index].repositories)
    var reader = followed[index].reader
    do {
      if var roster = try await reader.read() {
        roster.keep(try await known(name))
        followed[index].changed.formUnion(repositories.take(roster))
        _ = try await primary.scan(name)
        for id in followed[index].changed.sorted() {
          try await primary.publish(.updated, of: id, name, reason: Self.reason)
          followed[index].changed.remove(id)
        }
      } else if repositories.roster != nil, repositories.failure != nil {
        // It can be read again, unchanged.
        repositories.recovered()
      }
    } catch {
      guard !Task.isCancelled else { return }
      reader.forget()
      if repositories.failure == nil { observer.log(.trouble("the list of '\(name)': \(error)")) }
      repositories.failed("\(error)")
    }
    followed[index].reader = reader
  }

  /// Returns the ids that this site's log has published.
  private func known(_ name: ReplicableName) async throws -> [ReplicableID] {
    let (states, size) = (try primary.states(of: name), 10_000)
    var (ids, last) = ([ReplicableID](), ReplicableID?.none)
    while true {
      let window = try await states.window(after: last, limit: size)
      last = window.last?.replicableID
      ids += window.filter { $0.goneAt == nil }.map(\.replicableID)
      guard window.count == size else { return ids }
    }
  }

  /// The reason of events that a roster's fingerprint has caused.
  private static let reason = "manifest"
}

/// Reads a roster when it has changed.
struct RepositoryListReader {
  private let source: RepositoryListSource
  private let http: BoundedHTTPClient
  /// The version that was read last: a file's stamp, or a server's validator.
  private var seen: String?

  /// Packed and unpacked: a million repositories take some 300 MB.
  private static let limit = 512 << 20

  init(_ source: RepositoryListSource, http: BoundedHTTPClient) {
    self.source = source
    self.http = http
  }

  /// Whether the roster is at a server, which is not requested every second.
  var isRemote: Bool { source.place.hasPrefix("https://") || source.place.hasPrefix("http://") }

  /// Reads the roster; `nil` when it is unchanged.
  mutating func read() async throws -> RepositoryList? {
    guard let bytes = try await isRemote ? fetched() : contents() else { return nil }
    switch source {
    case .list: return RepositoryList(list: bytes)
    case .manifest(_, let address):
      return try RepositoryList(manifest: bytes, unpackedLimit: Self.limit, address: address)
    }
  }

  /// Drops the validators after invalid content, so that the next read fetches it again.
  mutating func forget() { seen = nil }

  private mutating func contents() throws -> [UInt8]? {
    var status = stat()
    guard stat(source.place, &status) == 0 else {
      throw StrategyError(
        .fileSystem, "read '\(source.place)': \(String(cString: strerror(errno)))", disposition: .host)
    }
    let stamp = "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    guard stamp != seen else { return nil }
    guard status.st_size <= Self.limit else {
      throw StrategyError(.fileSystem, "read '\(source.place)': longer than \(Self.limit) bytes", disposition: .host)
    }
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: source.place)))
    seen = stamp
    return bytes
  }

  private mutating func fetched() async throws -> [UInt8]? {
    var request = HTTPRequest(.get, source.place)
    request.limits.bodyBytes = Self.limit
    if let seen { request.headers.add("If-None-Match", seen) }
    let (status, tag, bytes) = try await http.exchange(request) { answer in
      (answer.status, answer.headers["ETag"], answer.status == 200 ? try await answer.prefix(Self.limit) : [])
    }
    switch status {
    case 200:
      seen = tag
      return bytes
    case 304: return nil
    default:
      throw StrategyError(
        .fileSystem, "fetch '\(source.place)': the server answered \(status)", disposition: .host)
    }
  }
}

/// The source of a list of repositories at a host without an agent.
package enum RepositoryListSource: Hashable, Sendable {
  /// A file of `ID URL` lines.
  case list(path: String)
  /// A manifest of grokmirror's, by path or URL, with the address of each repository.
  case manifest(place: String, address: AddressTemplate)

  /// The file or URL.
  package var place: String {
    switch self {
    case .list(let path): path
    case .manifest(let place, _): place
    }
  }
}

/// The settings of a secondary's polls.
package struct PollSettings: Hashable, Sendable {
  /// The shortest and the longest time between two polls of a repository.
  package var interval: ClosedRange<Duration> = .seconds(60) ... .seconds(6 * 3_600)
  /// Polls of one host per minute, 1 or more.
  package var perMinute = 60

  /// The defaults.
  package init() {}
}
