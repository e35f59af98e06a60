/// The start of a line in its segment, with the position before it, from which reading can start.
struct SegmentMark: Hashable, Sendable {
  /// The position before the line.
  let position: LogPosition
  /// Bytes from the start of the file to the line.
  let offset: Int

  /// Bytes between two marks. A reader that asks for one event reads half as much in the middle, and the marks of a
  /// segment of 16 MiB take 24 KiB.
  static let spacing = 16 << 10
}
