/// Marks in one segment from which reading can start, a few kilobytes apart.
struct SegmentMarks: Sendable {
  /// Growing by id and offset. Empty: the segment was not read yet; reading starts at its header.
  private(set) var marks: [SegmentMark] = []

  /// Adds a mark that is far enough after the last one; ignores any other.
  mutating func note(_ mark: SegmentMark) {
    if let last = marks.last, mark.offset < last.offset + SegmentMark.spacing { return }
    marks.append(mark)
  }

  /// Adds the marks of another reading of the same segment that follow the last mark here.
  mutating func note(_ others: SegmentMarks) {
    for mark in others.marks { note(mark) }
  }

  /// Returns the last mark at the line `id` or before it; nil when there is none.
  func start(for id: UInt64) -> SegmentMark? {
    var low = 0
    var high = marks.count
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].position.id <= id { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? marks[low - 1] : nil
  }
}
