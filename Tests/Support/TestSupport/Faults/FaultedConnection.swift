import Glibc
import WorkerPool

/// One connection of a `FaultProxy`: requests pass as they are on a thread of their own, answers follow the script.
final class FaultedConnection {
  private enum Ending { case orderly, reset }

  private let client: Int32
  private let connections: LoopbackService.Connections
  private let traffic: Monitor<FaultProxy.Traffic>
  private var server: Int32?
  private var scanner: AnswerScanner
  /// Bytes of the server that were not sent on yet.
  private var pending: [UInt8] = []
  /// Becomes true when the client has closed its side, or all was broken by a stop.
  private let clientHasEnded = Monitor(false)

  init(
    client: Int32, connections: LoopbackService.Connections, traffic: Monitor<FaultProxy.Traffic>, isHTTP: Bool
  ) {
    self.client = client
    self.connections = connections
    self.traffic = traffic
    scanner = AnswerScanner(isHTTP: isHTTP)
  }

  func serve(server port: UInt16?, steps: [FaultStep]) {
    if let port, let descriptor = try? LoopbackSocket.connect(to: port) {  // a server that has ended answers nothing
      server = descriptor
      connections.adopt(descriptor)
    }
    let requestsHaveEnded = Monitor(false)
    startPassingRequests(then: requestsHaveEnded)
    var ending = Ending.orderly
    var isOpen = true
    for step in steps where isOpen {
      switch step {
      case .cut: isOpen = false
      case .reset:
        ending = .reset
        isOpen = false
      default: isOpen = perform(step)
      }
    }
    if isOpen { while pass(.max) {} }
    finish(ending, requestsHaveEnded)
  }

  /// Returns false when the connection is at its end.
  private func perform(_ step: FaultStep) -> Bool {
    switch step {
    case .passBytes(let count): return pass(bytes: count)
    case .passPackets(let count):
      let goal = scanner.packets + count
      return pass { $0.packets >= goal }
    case .passResponses(let count):
      let goal = scanner.responses + count
      return pass { $0.responses >= goal }
    case .replace(let pattern, let replacement): return replace(pattern, with: replacement)
    case .delay(let duration): return !clientHasEnded.wait(atMost: duration) { $0 }
    case .drip(let interval):
      while pass(bytes: 1) { if clientHasEnded.wait(atMost: interval, until: { $0 }) { return false } }
      return false
    case .stall:
      _ = clientHasEnded.wait(atMost: .seconds(600)) { $0 }
      return false
    case .answer(let bytes): return send(bytes)
    case .flood(let bytes):
      while send(bytes) {}
      return false
    case .cut, .reset: return false
    }
  }

  // MARK: Answers

  private func fill() -> Bool {
    guard let server else { return false }
    let bytes = LoopbackSocket.receive(from: server)
    pending += bytes
    return !bytes.isEmpty
  }

  /// Passes what is there, at most `limit` bytes; reads when nothing is.
  private func pass(_ limit: Int) -> Bool {
    if pending.isEmpty && !fill() { return false }
    let part = pending.prefix(limit)
    for byte in part { scanner.take(byte) }
    pending.removeFirst(part.count)
    return send(Array(part))
  }

  private func pass(bytes: Int) -> Bool {
    var remaining = bytes
    while remaining > 0 {
      if pending.isEmpty && !fill() { return false }
      let count = min(remaining, pending.count)
      guard pass(count) else { return false }
      remaining -= count
    }
    return true
  }

  private func pass(until isReached: (AnswerScanner) -> Bool) -> Bool {
    while !isReached(scanner) {
      if pending.isEmpty && !fill() { return false }
      var count = 0
      while count < pending.count, !isReached(scanner) {
        scanner.take(pending[count])
        count += 1
      }
      let part = Array(pending.prefix(count))
      pending.removeFirst(count)
      guard send(part) else { return false }
    }
    return true
  }

  private func replace(_ pattern: [UInt8], with replacement: [UInt8]) -> Bool {
    while true {
      if let position = Bytes.firstIndex(of: pattern, in: pending) {
        guard pass(bytes: position) else { return false }
        for byte in pending.prefix(pattern.count) { scanner.take(byte) }
        pending.removeFirst(pattern.count)
        return send(replacement)
      }
      // The pattern may have begun at the end of what is there.
      let certain = pending.count - (pattern.count - 1)
      if certain > 0 { guard pass(bytes: certain) else { return false } }
      if !fill() {
        _ = pass(bytes: pending.count)
        return false
      }
    }
  }

  private func send(_ bytes: [UInt8]) -> Bool {
    traffic.with { $0.toClient += bytes.count }
    return LoopbackSocket.send(bytes, to: client)
  }

  // MARK: Requests and the end

  private func startPassingRequests(then ended: Monitor<Bool>) {
    let (client, server, traffic, clientHasEnded) = (client, server, traffic, clientHasEnded)
    OwnThread.start(named: "fault-proxy-requests") {
      while true {
        let bytes = LoopbackSocket.receive(from: client)
        if bytes.isEmpty { break }
        traffic.with { $0.toServer += bytes.count }
        // A server that no longer reads is no reason to stop reading from the client.
        if let server { _ = LoopbackSocket.send(bytes, to: server) }
      }
      if let server { shutdown(server, Int32(SHUT_WR)) }
      clientHasEnded.with { $0 = true }
      ended.with { $0 = true }
    }
  }

  private func finish(_ ending: Ending, _ requestsHaveEnded: Monitor<Bool>) {
    if ending == .reset {
      LoopbackSocket.resetOnClose(client)
      // Wakes the other thread without sending to the client.
      shutdown(client, Int32(SHUT_RD))
    } else {
      shutdown(client, Int32(SHUT_RDWR))
    }
    if let server { shutdown(server, Int32(SHUT_RDWR)) }
    _ = requestsHaveEnded.wait(atMost: .seconds(10)) { $0 }
    connections.release(client)
    if let server { connections.release(server) }
  }
}
