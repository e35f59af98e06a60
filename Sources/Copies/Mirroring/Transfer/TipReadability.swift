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
