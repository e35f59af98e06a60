internal import Foundation

/// Finds the lines of a file that hold some bytes, by Horspool's search (1980): it skips most bytes of a file of 32 MB.
enum LineSearch {
  /// Returns the last complete lines that contain the needle, in the file's order; a torn line is left out.
  static func lines(in data: Data, holding needle: [UInt8], last limit: Int) -> [[UInt8]] {
    guard !needle.isEmpty else { return [] }
    var skips = [Int](repeating: needle.count, count: 256)
    for (index, byte) in needle.dropLast().enumerated() { skips[Int(byte)] = needle.count - 1 - index }
    var found: [[UInt8]] = []
    data.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) in
      var start = 0
      while start + needle.count <= buffer.count {
        guard buffer[start..<start + needle.count].elementsEqual(needle) else {
          start += skips[Int(buffer[start + needle.count - 1])]
          continue
        }
        let begin = buffer[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        guard let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) else { return }
        found.append(Array(buffer[begin..<end]))
        if found.count > 2 * limit { found.removeFirst(limit) }
        start = end + 1
      }
    }
    return found.suffix(limit)
  }
}
