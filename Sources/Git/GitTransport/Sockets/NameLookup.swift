import Dispatch
import Foundation
import Synchronization
import WorkerPool

/// Finds the addresses of a host, by getaddrinfo(3).
///
/// That call cannot be stopped, so it runs on a thread of its own, and the wait for it ends by deadline or
/// cancellation. A thread whose answer is not waited for any more ends when the resolver gives up (resolv.conf(5):
/// within a minute).
enum NameLookup {
  /// What went wrong.
  enum Failure: Error {
    /// The resolver's own words.
    case unknown(String)
    case timedOut
  }

  /// An address with a port, as connect(2) takes it.
  struct Address: Sendable {
    let family: Int32
    let bytes: [UInt8]
  }

  /// Where the thread leaves its answer.
  private final class Answer: Sendable {
    private let result = Mutex<Result<[Address], Failure>?>(nil)
    private let arrival = DispatchSemaphore(value: 0)

    func give(_ found: Result<[Address], Failure>) {
      result.withLock { $0 = found }
      arrival.signal()
    }

    func wake() { arrival.signal() }

    func wait(until deadline: Deadline, _ cancellation: CancellationFlag) throws -> [Address] {
      while true {
        try cancellation.check()
        if let found = result.withLock({ $0 }) { return try found.get() }
        guard !deadline.hasPassed else { throw Failure.timedOut }
        // How the wait ended, the lines above say.
        _ = arrival.wait(timeout: .now() + .milliseconds(Int(deadline.pollTimeoutMilliseconds)))
      }
    }
  }

  /// The addresses in the order in which they are to be tried; at least one.
  ///
  /// - Throws: `Failure`, `Cancelled`.
  static func addresses(
    of host: String, port: Int, by deadline: Deadline, cancellation: CancellationFlag
  ) throws -> [Address] {
    // A numeric address needs no lookup.
    if case .success(let addresses) = ask(host, port, flags: AI_NUMERICHOST) { return addresses }
    let answer = Answer()
    Thread.detachNewThread { answer.give(ask(host, port, flags: AI_ADDRCONFIG)) }
    let registration = cancellation.onRaise { answer.wake() }
    defer { registration.remove() }
    return try answer.wait(until: deadline, cancellation)
  }

  private static func ask(_ host: String, _ port: Int, flags: Int32) -> Result<[Address], Failure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags | AI_NUMERICSERV
    var first: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, "\(port)", &hints, &first)
    guard status == 0 else { return .failure(.unknown(String(cString: gai_strerror(status)).lowercased())) }
    defer { freeaddrinfo(first) }
    var addresses: [Address] = []
    var next = first
    while let info = next {
      let raw = UnsafeRawBufferPointer(start: info.pointee.ai_addr, count: Int(info.pointee.ai_addrlen))
      addresses.append(Address(family: info.pointee.ai_family, bytes: Array(raw)))
      next = info.pointee.ai_next
    }
    return .success(addresses)
  }
}
