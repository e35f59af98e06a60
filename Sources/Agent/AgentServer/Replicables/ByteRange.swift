/// The part of a file that the header `Range` requests (RFC 9110 § 14).
enum ByteRange: Hashable, Sendable {
  /// All of it: no range, an invalid one, or several, which a server need not serve.
  case whole
  case part(Range<Int64>)
  /// The range is outside of the file: status 416.
  case unsatisfiable

  /// - Parameters:
  ///   - header: the value; `nil` when there is none.
  ///   - size: of the file.
  init(_ header: String?, size: Int64) {
    guard let header, let equals = header.firstIndex(of: "="), header[..<equals].lowercased() == "bytes" else {
      self = .whole
      return
    }
    let ranges = header[header.index(after: equals)...].split(separator: ",").map { range in
      range.drop { $0 == " " || $0 == "\t" }
    }
    guard ranges.count == 1, let range = ranges.first else {
      self = .whole
      return
    }
    self.init(one: range, size: size)
  }

  private init(one text: Substring, size: Int64) {
    let text = text.last.map { $0 == " " || $0 == "\t" } == true ? text.dropLast() : text
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else {
      self = .whole
      return
    }
    switch (Self.number(ends[0]), Self.number(ends[1])) {
    case (let first?, let last?) where first <= last:
      self = first < size ? .part(first..<(min(last, size - 1) + 1)) : .unsatisfiable
    case (let first?, nil) where ends[1].isEmpty:
      self = first < size ? .part(first..<size) : .unsatisfiable
    case (nil, let count?) where ends[0].isEmpty:
      // A suffix of an empty file is the whole file.
      guard count > 0 else {
        self = .unsatisfiable
        return
      }
      self = size > 0 ? .part((size - min(count, size))..<size) : .whole
    default: self = .whole
    }
  }

  /// Parses digits only; a number that overflows is beyond every end.
  private static func number(_ text: Substring) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return Int64(text) ?? .max
  }
}
