internal import AgentAPI
internal import Synchronization

/// Limits the bytes of all bodies together, in memory or on disk, and of one client's.
final class BodyBudget: Sendable {
  private struct Books {
    var total = 0
    var shares: [String: Int] = [:]
  }

  private let most: Int
  private let share: Int
  private let setting: String
  private let books = Mutex(Books())

  /// - Parameters:
  ///   - most: bytes in all.
  ///   - largest: bytes of the largest accepted body: a client's share is a quarter of all, and at least that.
  ///   - setting: the key of the limit in the configuration.
  init(most: Int, largest: Int, setting: String) {
    self.setting = setting
    self.most = max(most, largest)
    share = max(most / 4, largest)
  }

  /// Returns the lease of one request, which is released with it.
  func lease(for client: String) -> Lease { Lease(self, client) }

  /// Bytes in use.
  var taken: Int { books.withLock { $0.total } }

  fileprivate func take(_ count: Int, _ client: String) -> Bool {
    books.withLock { books in
      guard books.total + count <= most, books.shares[client, default: 0] + count <= share else { return false }
      books.total += count
      books.shares[client, default: 0] += count
      return true
    }
  }

  fileprivate func giveBack(_ count: Int, _ client: String) {
    books.withLock { books in
      books.total -= count
      let rest = books.shares[client, default: 0] - count
      books.shares[client] = rest > 0 ? rest : nil
    }
  }

  /// The bytes of one request.
  final class Lease: Sendable {
    private let budget: BodyBudget
    private let client: String
    private let count = Mutex(0)

    fileprivate init(_ budget: BodyBudget, _ client: String) {
      self.budget = budget
      self.client = client
    }

    deinit { end() }

    /// - Throws: `AgentFault` 503 when all, or the client's share, is in use.
    func take(_ bytes: Int) throws(AgentFault) {
      guard budget.take(bytes, client) else {
        throw AgentFault(
          503, "busy", "take more bytes of requests at a time", hint: "ask again; \(budget.setting) is the bound")
      }
      count.withLock { $0 += bytes }
    }

    /// Releases all bytes. Calling it again does nothing.
    func end() {
      let bytes = count.withLock { count in
        defer { count = 0 }
        return count
      }
      if bytes > 0 { budget.giveBack(bytes, client) }
    }
  }
}
