/// The state that concurrent users of a log share: its end and its segments.
struct LogState {
  /// The last durable line.
  var durable: LogPosition
  /// The first ids of the segments, growing; the last one is written to.
  var segments: [UInt64]
  /// Marks of segments that were read recently.
  var marks: [UInt64: SegmentMarks] = [:]
  var isClosed = false
  var isPruning = false

  /// Segments whose marks are kept: 24 KiB each.
  static let rememberedSegments = 32

  /// Returns the segment in which the line `id` is or would be; nil when it was pruned.
  func segment(of id: UInt64) -> UInt64? {
    var low = 0
    var high = segments.count
    while low < high {
      let middle = (low + high) / 2
      if segments[middle] <= id { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? segments[low - 1] : nil
  }

  mutating func remember(_ found: SegmentMarks, of segment: UInt64) {
    marks[segment, default: SegmentMarks()].note(found)
    // The oldest first: readers move towards the end.
    while marks.count > Self.rememberedSegments, let oldest = marks.keys.min() { marks[oldest] = nil }
  }
}
