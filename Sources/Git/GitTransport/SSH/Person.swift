import Glibc

/// Who runs this process, by the system's list of users: ssh does not believe `HOME` and `USER` either.
struct Person: Sendable, Hashable {
  let name: String
  let home: String

  /// `nil` when the list does not have this user (some containers).
  static var current: Person? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
      guard let room = buffer.baseAddress, getpwuid_r(geteuid(), &entry, room, buffer.count, &found) == 0, found != nil,
        let name = entry.pw_name, let home = entry.pw_dir
      else { return nil }
      return Person(name: String(cString: name), home: String(cString: home))
    }
  }

  /// The one of the list, or what the environment says.
  static func current(_ environment: [String: String]) -> Person {
    current ?? Person(name: environment["USER"] ?? "root", home: environment["HOME"] ?? "/")
  }
}
