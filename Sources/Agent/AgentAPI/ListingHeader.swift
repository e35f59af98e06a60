/// The headers that say what the lines of a listing do not. The body has a line `VALUE NAME` for each ref, HEAD among them.
package enum ListingHeader {
  /// `sha256:HEX` of the whole.
  package static let checksum = "Remora-Checksum"
}
