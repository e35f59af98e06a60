/// Searching in bytes.
package enum Bytes {
  /// Returns where `pattern` begins in `bytes`, at or after `start`; nil when it does not occur.
  package static func firstIndex(of pattern: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
    guard let first = pattern.first else { return start }
    guard bytes.count >= pattern.count else { return nil }
    return bytes.withUnsafeBufferPointer { bytes in
      pattern.withUnsafeBufferPointer { pattern in
        var position = start
        while position <= bytes.count - pattern.count {
          if bytes[position] == first, bytes[position..<position + pattern.count].elementsEqual(pattern) {
            return position
          }
          position += 1
        }
        return nil
      }
    }
  }
}
