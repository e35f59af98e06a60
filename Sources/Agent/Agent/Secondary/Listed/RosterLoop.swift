internal import Replication
internal import RepositoryReplication

/// Reads the rosters, and publishes new repositories, removed ones, and changes that the rosters report.
actor RosterLoop {
  /// One kind's roster.
  struct Followed {
    let name: ReplicableName
    let repositories: ListedRepositories
    var reader: RosterReader
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
