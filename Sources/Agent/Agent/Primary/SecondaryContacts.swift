internal import Replication
internal import Synchronization

/// When each secondary last sent a request, and the cursor up to which it has consumed events.
final class SecondaryContacts: Sendable {
  struct Contact: Sendable {
    var lastContactAt: Timestamp?
    var cursor: Cursor?
  }

  let names: [String]
  private let contacts = Mutex<[String: Contact]>([:])
  private let now: @Sendable () -> Timestamp

  init(_ names: [String], now: @escaping @Sendable () -> Timestamp) {
    self.names = names
    self.now = now
  }

  func heard(from name: String, cursor: Cursor? = nil) {
    let moment = now()
    contacts.withLock { contacts in
      contacts[name, default: Contact()].lastContactAt = moment
      if let cursor { contacts[name, default: Contact()].cursor = cursor }
    }
  }

  subscript(name: String) -> Contact { contacts.withLock { $0[name] ?? Contact() } }
}
