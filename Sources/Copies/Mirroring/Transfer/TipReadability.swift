internal import GitTransport
internal import GitValues
internal import WorkerPool

/// Asks a source whether it can send tips that it lists, and breaks each answer off at the first byte of its pack.
struct TipReadability {
  static let unreadable = "the source cannot read its object, or what that needs"

  /// Returns why the source cannot send the object that the error names.
  static func reason(of error: TransportError) -> String {
    error.code == .wantedObjectMissing ? "its object is missing at the source" : unreadable
  }

  /// Tips that are found before the rest is left unasked: each takes a connection and a listing.
  private static let maximum = 20

  /// What the answers may build on, so that the source has little to count.
  let haves: [ObjectID]
  /// Opens another connection: a session serves one request.
  let connect: () throws -> any SourceSession

  /// - Parameter control: a tip that the source can most likely send; see `TipProbe`.
  /// - Returns: the tips that the source cannot send, with the reason. Empty also where the source ends the
  ///   conversation for a reason that names no tip.
  /// - Throws: `Cancelled`, and `TransportError` with code `timeout`.
  func unreadable(among tips: [ObjectID], control: ObjectID?) throws -> [ObjectID: String] {
    var lost: [ObjectID: String] = [:]
    var rest = tips
    while !rest.isEmpty, lost.count < Self.maximum {
      do {
        try request(rest[...])
        return lost
      } catch let error as TransportError {
        if let tip = error.missingObject, rest.contains(tip) {
          lost[tip] = Self.reason(of: error)
          rest.removeAll { $0 == tip }
          continue
        }
        guard error.code != .timeout else { throw error }
        guard error.mayBeUnreadableObject else { return lost }
        let probe = TipProbe { part in
          do {
            try request(part)
            return true
          } catch let error as TransportError where error.isEarlyEnd || error.code == .serverRefused {
            return false
          }
        }
        for tip in try probe.unreadable(among: rest, atMost: Self.maximum, control: control) {
          lost[tip] = Self.unreadable
        }
        return lost
      }
    }
    return lost
  }

  private func request(_ tips: ArraySlice<ObjectID>) throws {
    let session = try connect()
    defer { session.close() }
    do {
      try session.download(Array(tips), haves: haves, into: FirstByte())
    } catch is FirstByte.Arrived {
      return
    }
  }
}

/// Finds the tips that a source lists but cannot read, where its server dies without naming them.
///
/// Requests parts of the wants, halving those that fail, and ends each answer at the first byte of its pack: until then
/// a server has read the tips and what they need.
///
/// A connection that is cut looks the same as a server that dies. So a tip counts as unreadable only after a probe of
/// another tip has succeeded.
struct TipProbe {
  /// Asks for some tips; true when the first byte of a pack comes.
  let canSend: (ArraySlice<ObjectID>) throws -> Bool

  /// Probes of one run: each is a connection and a listing.
  private static let maximum = 64

  /// - Parameter control: a listed tip that is not among these, asked for where none of them comes.
  /// - Returns: those that fail alone; empty when none does, or when too many fail for a conclusion.
  func unreadable(among tips: [ObjectID], atMost most: Int, control: ObjectID?) throws -> [ObjectID] {
    var probes = 0
    var hasSucceeded = false
    func probe(_ part: ArraySlice<ObjectID>) throws -> Bool {
      probes += 1
      let isSent = try canSend(part)
      hasSucceeded = hasSucceeded || isSent
      return isSent
    }
    // A server that can send neither the first nor the last most likely sends nothing at all.
    if tips.count > 2, try !probe(tips.prefix(1)), try !probe(tips.suffix(1)) { return [] }
    var found: [ObjectID] = []
    var pending = Self.halves(tips[...])
    while let part = pending.popLast() {
      guard probes < Self.maximum, found.count <= most else { return [] }
      if try probe(part) { continue }
      if let tip = part.first, part.count == 1 { found.append(tip) } else { pending += Self.halves(part) }
    }
    if !found.isEmpty, !hasSucceeded {
      guard let control, try probe([control]) else { return [] }
    }
    return found
  }

  private static func halves(_ part: ArraySlice<ObjectID>) -> [ArraySlice<ObjectID>] {
    guard part.count > 1 else { return [part] }
    let middle = part.startIndex + part.count / 2
    return [part[..<middle], part[middle...]]
  }
}

/// Breaks a transfer off as soon as a pack begins.
final class FirstByte: PackSink {
  struct Arrived: Error {}

  func receive(_ bytes: UnsafeRawBufferPointer) throws { throw Arrived() }
}
