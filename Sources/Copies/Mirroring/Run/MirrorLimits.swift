/// Bounds of one run. Those of the conversation itself (connect, silence, advertisement, bytes of pack) belong to
/// `TransportConfiguration`.
package struct MirrorLimits: Sendable {
  /// The whole run, from connecting to the last rename. Default 6 hours: GitLab Geo's largest repositories take 3.
  package var run: Duration = .seconds(6 * 3600)
  /// Bytes that must stay free on the copy's file system while a pack arrives. Default 64 MiB.
  package var freeBytesToKeep: UInt64 = 64 << 20
  /// Objects in one pack. Default 50 million, five times the Linux kernel's.
  package var packObjects: Int = 50_000_000

  package init() {}
}
