internal import Replication

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
