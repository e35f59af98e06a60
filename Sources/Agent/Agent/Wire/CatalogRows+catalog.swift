internal import AgentAPI
internal import Replication
internal import TextBytes

extension CatalogEntryRow {
  init(_ row: CatalogRow) {
    self.init(
      id: row.id.text, incarnation: "\(row.incarnation)", generation: row.generation.map { "\($0)" },
      reading: row.reading.map(ReadingRow.init), announcedAt: row.announcedAt.map { "\($0)" })
  }

  func row() throws -> CatalogRow {
    CatalogRow(
      id: try ReplicableID(id),
      incarnation: try WireError.parse(Incarnation(incarnation), "the incarnation '\(incarnation)'"),
      generation: try generation.map { try WireError.parse(Generation(text: $0), "the generation '\($0)'") },
      reading: try reading.map { try WireError.parse($0.reading, "a reading of '\($0.checksum)'") },
      announcedAt: try announcedAt.map { try WireError.parse(Timestamp($0), "the time '\($0)'") })
  }
}

extension CatalogPageRow {
  init(_ page: CatalogPage) {
    self.init(
      rows: page.rows.map(CatalogEntryRow.init), position: "\(page.position)", isComplete: page.isComplete,
      isLast: page.isLast, isEnabled: page.isEnabled)
    if page.leftOut.count > 0 { (leftOutCount, leftOut) = (page.leftOut.count, page.leftOut.examples) }
  }

  /// - Parameter id: the id after which the page was requested.
  /// - Throws: `WireError` also for ids that do not ascend from there: such a listing may be endless or incomplete.
  func page(after id: ReplicableID?) throws -> CatalogPage {
    let rows = try rows.map { try $0.row() }
    var last = id
    for row in rows {
      if let last, row.id <= last { throw WireError("a catalog that names '\(row.id)' behind '\(last)'") }
      last = row.id
    }
    guard isLast || !rows.isEmpty else { throw WireError("a page of a catalog that is empty and not the last") }
    var page = CatalogPage(
      rows: rows,
      position: try WireError.parse(Cursor(position), "the position '\(position)'"), isComplete: isComplete,
      isLast: isLast, isEnabled: isEnabled ?? true)
    page.leftOut.count = max(0, leftOutCount ?? 0)
    page.leftOut.examples = (leftOut ?? []).prefix(10).map { ForeignText.line($0) }
    return page
  }
}

extension ReplicableStatusRow {
  init(_ standing: ReplicableStatus) {
    switch standing {
    case .present(let row): self.init(standing: .present, row: CatalogEntryRow(row))
    case .moved(let row): self.init(standing: .moved, row: CatalogEntryRow(row))
    case .gone: self.init(standing: .gone)
    case .notOffered(let reason):
      self.init(
        standing: .unknown, reason: "the primary does not offer it: \(reason.text)", notOffered: Word(reason.rawValue))
    case .unknown(let reason): self.init(standing: .unknown, reason: reason)
    }
  }

  func value() throws -> ReplicableStatus {
    switch standing.known {
    case .present: .present(try WireError.parse(row, "a standing without a row").row())
    case .moved: .moved(try WireError.parse(row, "a standing without a row").row())
    case .gone: .gone
    case .unknown:
      // An unknown reason of a later version counts as a reason.
      if let notOffered {
        .notOffered(NotOffered(rawValue: notOffered.text) ?? .unavailable)
      } else {
        .unknown(ForeignText.line(reason ?? "no reason given"))
      }
    case nil: throw WireError("the standing '\(standing)'")
    }
  }
}

/// A content listing as lines `VALUE NAME`, in order of names: the form of a primary's fresh listing on the wire.
enum ListingText {
  static func write(_ listing: ContentListing) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in 0..<listing.count {
      bytes += listing.value(index)
      bytes.append(UInt8(ascii: " "))
      bytes += listing.name(index)
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// Parses the output of `write`. A value of HEAD may contain a space (`ref: NAME`), a name never does: the last space
  /// ends the value.
  ///
  /// - Throws: `WireError` for anything else, including truncated text.
  static func read(_ bytes: [UInt8], checksum: Checksum?) throws(WireError) -> ContentListing {
    var listing = ContentListing()
    var start = 0
    var last: ArraySlice<UInt8>?
    while start < bytes.count {
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")),
        let space = bytes[start..<end].lastIndex(of: UInt8(ascii: " ")), space + 1 < end
      else { throw WireError("line \(listing.count + 1) of a listing") }
      let name = bytes[(space + 1)..<end]
      if let last, !last.lexicographicallyPrecedes(name) { throw WireError("a listing that is out of order") }
      listing.append(name: name, value: bytes[start..<space])
      last = name
      start = end + 1
    }
    listing.checksum = checksum
    return listing
  }
}
